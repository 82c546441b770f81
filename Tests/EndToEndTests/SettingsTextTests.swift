import Foundation
import Testing

/// Settings are UTF-8: other bytes would reach a service as others.
@Suite struct SettingsTextTests {
    private func check(_ script: String, _ arguments: String...) throws -> Program.Ending {
        try Program("/bin/bash", ["-c", "\(script) exec \"$@\"", "bash", Binaries.letterbox, "--check"] + arguments)
            .ending()
    }

    @Test func `a file that is not UTF-8 is refused`() throws {
        let file = try TemporaryFile("")
        try Data("# caf\u{E9}\nprobe-text caf".utf8 + [0xE9]).write(to: URL(filePath: file.path))
        let ending = try check("", "--config", file.path)
        #expect(ending.status == 64)
        #expect(ending.error.hasPrefix("Error: \(file.path):2: it is not UTF-8."), "\(ending)")
    }

    @Test(arguments: ["LETTERBOX_PROBE_TEXT", "LETTERBOX_UPSTREAM", "LETTERBOX_LAB", "LETTERBOX_CONFIG"])
    func `a variable that is not UTF-8 is refused`(name: String) throws {
        let ending = try check("export \(name)=$'caf\\xe9';")
        #expect(ending.status == 64)
        #expect(ending.error.hasPrefix("Error: \(name): it is not UTF-8."), "\(ending)")
    }

    @Test func `other variables may have any bytes`() throws {
        let ending = try check("export LETTERBOX_NOTE=$'caf\\xe9' LANG_NAME=$'\\xff';")
        #expect(ending.status == 0, "\(ending)")
    }
}
