import Foundation
import HTTP
import TestSupport
import Testing

@testable import Gateway

/// A proxy with a file of deploy/ takes all content that the gateway behind it takes.
@Suite struct ProxyFilesTests {
    private static func file(_ path: String) throws -> String {
        try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
    }

    /// The content that may be longest, with the flags' defaults.
    private static let longest: Int = {
        let configuration = Configuration()
        let kinds: [ContentKind] = [.payload, .encoded, .form]
        return kinds.map { configuration.limits(of: $0, maxDatagram: configuration.maxDatagram).maxBody }.max() ?? 0
    }()

    /// Each setting with the bytes of its unit; docs/operating.md shows the same line.
    @Test(arguments: [
        ("nginx.conf", "client_max_body_size", 1024), ("nginx.conf", "client_body_buffer_size", 1024),
        ("Caddyfile", "max_size", 1),
    ])
    func theLongestContentPasses(name: String, setting: String, unit: Int) throws {
        let text = try Self.file("deploy/\(name)")
        let pattern = try Regex("\(setting) (\\d+)", as: (Substring, Substring).self)
        let match = try #require(text.firstMatch(of: pattern), "\(name) has no \(setting)")
        let limit = try #require(Int(match.1)) * unit
        #expect(limit >= Self.longest && limit < Self.longest + 1024, "\(setting) in \(name)")
        #expect(try Self.file("docs/operating.md").contains(match.0), "docs/operating.md on \(setting)")
    }

    /// The file takes the place of the distribution's, which says so; nginx and Caddy have their user elsewhere.
    @Test(arguments: ["user haproxy", "group haproxy"])
    func haproxyGivesUpRoot(line: String) throws {
        let global = try #require(try Self.file("deploy/haproxy.cfg").components(separatedBy: "\nglobal\n").last)
        #expect(global.components(separatedBy: "\n\n")[0].contains("    \(line)\n"))
    }
}
