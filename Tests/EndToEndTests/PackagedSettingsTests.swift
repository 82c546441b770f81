import Foundation
import TestSupport
import Testing

/// deploy/letterbox.conf, which packages install as /etc/letterbox/letterbox.conf.
@Suite struct PackagedSettingsTests {
    private static let path = Repository.root.appending(path: "deploy/letterbox.conf").path

    @Test func `as it comes it changes nothing`() throws {
        let plain = try Program.letterbox("--check").ending()
        let packaged = try Program.letterbox("--check", "--config", Self.path).ending()
        #expect(packaged.status == 0 && packaged.output == plain.output, "\(packaged)")
    }

    /// A setting follows its "#" at once, a sentence after a space.
    @Test func `each setting in it is one, with its default or an example`() throws {
        let lines = try String(contentsOfFile: Self.path, encoding: .utf8).split(separator: "\n")
        let isSetting = /#[a-z].*/
        let settings = lines.filter { $0.wholeMatch(of: isSetting) != nil }.map { String($0.dropFirst()) }
        let file = try TemporaryFile(settings.joined(separator: "\n") + "\n")
        let ending = try withExtendedLifetime(file) { try Program.letterbox("--check", "--config", file.path).ending() }
        #expect(ending.status == 0, "\(ending.error)")
        #expect(settings.count > 20)
        let inForce = Set(ending.output.split(separator: "\n").map(String.init))
        #expect(Set(settings).isSubset(of: inForce), "\(Set(settings).subtracting(inForce))")
    }
}
