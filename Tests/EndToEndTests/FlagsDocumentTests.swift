import Foundation
import TestSupport
import Testing

/// docs/flags.md is what the declarations of the flags say; `scripts/flags` writes it anew.
@Suite struct FlagsDocumentTests {
    private static let path = Repository.root.appending(path: "docs/flags.md")

    @Test func theDocumentIsWhatTheProgramsSay() throws {
        let text = try FlagsDocument.text(of: [
            Program.letterbox("--experimental-dump-help"), Program(Binaries.probe, ["--experimental-dump-help"]),
        ])
        if ProcessInfo.processInfo.environment["LETTERBOX_WRITE_FLAGS"] != nil {
            try text.write(to: Self.path, atomically: true, encoding: .utf8)
        }
        let document = try String(contentsOf: Self.path, encoding: .utf8)
        #expect(text.components(separatedBy: "\n").count > 80)
        for line in text.split(separator: "\n") where !document.contains("\(line)\n") {
            Issue.record("docs/flags.md lacks this line, run scripts/flags: \(line)")
        }
        #expect(document == text, "docs/flags.md is not what the programs say: run scripts/flags")
    }

    @Test func bothProgramsAreInIt() throws {
        let text = try String(contentsOf: Self.path, encoding: .utf8)
        for title in ["letterbox gateway", "letterbox doctor", "letterbox-probe"] {
            #expect(text.contains("\n## `\(title)`\n"), "\(title)")
        }
    }

    /// The client refuses `--host` with a sentence, for its address is an argument.
    @Test func hiddenFlagsAreNotInIt() throws {
        let text = try String(contentsOf: Self.path, encoding: .utf8)
        let start = try #require(text.firstRange(of: "## `letterbox client"))
        let client = text[start.upperBound...].prefix { $0 != "#" }
        #expect(client.contains("--timeout") && !client.contains("--host"))
    }
}

/// Writes the flags of programs as Markdown.
private enum FlagsDocument {
    /// The part of `--experimental-dump-help` that the document uses.
    private struct Help: Decodable {
        let command: Command
    }

    private struct Command: Decodable {
        let commandName: String
        let abstract: String?
        let discussion: String?
        let shouldDisplay: Bool
        let superCommands: [String]?
        let subcommands: [Command]?
        let arguments: [Argument]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            let name: String
        }

        let kind: String
        let abstract: String?
        let preferredName: Name?
        let valueName: String?
        let defaultValue: String?
        let sectionTitle: String?
        let shouldDisplay: Bool
        let isRepeating: Bool
    }

    private static let introduction = """
        # Every flag

        *Written by `scripts/flags` from the declarations in the programs; a test compares the two.*

        Times take a unit: `ns`, `us`, `ms`, `s` or `m`. `letterbox` without a subcommand is `letterbox gateway`. Every command has \
        `--help` and `--version`. How commands end and what they write: [running.md](running.md).

        """

    static func text(of programs: [Program]) throws -> String {
        let commands = try programs.flatMap { program in
            let help = try JSONDecoder().decode(Help.self, from: Data(program.ending().output.utf8)).command
            // A command without subcommands of its own has "help" alone.
            let subcommands = help.subcommands?.filter { $0.shouldDisplay && $0.commandName != "help" } ?? []
            return subcommands.isEmpty ? [help] : subcommands
        }
        return ([introduction] + commands.map(section)).joined(separator: "\n")
    }

    private static func section(_ command: Command) -> String {
        let name = ((command.superCommands ?? []) + [command.commandName]).joined(separator: " ")
        let arguments = (command.arguments ?? []).filter {
            $0.shouldDisplay && !["help", "version"].contains($0.preferredName?.name)
        }
        let words = arguments.filter { $0.kind == "positional" }.map { argument in
            " [\(argument.valueName?.uppercased() ?? "")\(argument.isRepeating ? "..." : "")]"
        }
        var lines = ["## `\(name)\(words.joined())`", "", command.abstract ?? "", ""]
        if let discussion = command.discussion { lines += [discussion, ""] }
        // Flags of no section first, or they would seem to be of the last.
        let titles = arguments.map(\.sectionTitle).uniqued()
        for title in titles.filter({ $0 == nil }) + titles.filter({ $0 != nil }) {
            if let title { lines += ["### \(title)", ""] }
            lines += ["| flag | default | takes | what |", "|---|---|---|---|"]
            lines += arguments.filter { $0.sectionTitle == title }.map(row) + [""]
        }
        return lines.joined(separator: "\n")
    }

    private static func row(_ argument: Argument) -> String {
        let value = argument.valueName ?? ""
        let flag =
            switch argument.kind {
            case "positional": value.uppercased()
            case "flag": "--\(argument.preferredName?.name ?? "")"
            default: "--\(argument.preferredName?.name ?? "") \(value.uppercased())"
            }
        // The range and the default stand at the end of the help text, see CommandLineSupport.
        let pattern = /(?s)(.*?)(?: \((?:(\S+ to \S+?)(?:; )?)?(?:default: (.*))?\))?/
        let parts = (argument.abstract ?? "").wholeMatch(of: pattern)
        let usual = parts?.3.map(String.init) ?? argument.defaultValue ?? (argument.kind == "flag" ? "off" : "-")
        let takes = parts?.2.map(String.init) ?? ""
        return "| `\(flag)` | \(usual) | \(takes) | \(parts.map { String($0.1) } ?? "") |".replacing("<", with: "&lt;")
    }
}

extension [String?] {
    /// Each element once, in the order of its first place.
    fileprivate func uniqued() -> [String?] {
        reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
