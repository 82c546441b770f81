import Foundation
import TestSupport
import Testing

/// The claims of docs/operating.md and docs/sizing.md about themselves: their tests exist, and their arithmetic is
/// right.
@Suite struct OperatingDocumentTests {
    /// The rows of a table, without its head: those lines of a section that begin with a bar.
    private static func rows(_ text: Substring) -> [[String]] {
        text.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2).map { line in
            line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// The text from one mark to the next.
    private static func part(of page: String, from start: String, to end: String) throws -> Substring {
        let text = try ReadmeTests.read(page)
        let from = try #require(text.range(of: start)).upperBound
        return text[from..<(try #require(text.range(of: end, range: from..<text.endIndex)).lowerBound)]
    }

    private static func number(_ text: String) throws -> Double {
        try #require(Double(text.replacing(",", with: "")), "\(text) is no number")
    }

    /// The sources of all tests by the names of their files.
    private static func suites() throws -> [String: String] {
        let folder = Repository.root.appending(path: "Tests")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var suites: [String: String] = [:]
        for case let file as URL in files where file.pathExtension == "swift" {
            let name = file.deletingPathExtension().lastPathComponent
            suites[name, default: ""] += try String(contentsOf: file, encoding: .utf8)
        }
        return suites
    }

    @Test func everyRowOfTheOperatorsTableHasATest() throws {
        let table = try Self.part(of: "docs/operating.md", from: "## Beside what you know", to: "\n## ")
        let rows = Self.rows(table)
        let suites = try Self.suites()
        #expect(rows.count >= 20)
        for row in rows {
            try #require(row.count == 6, "\(row)")
            let parts = try #require(row[5].wholeMatch(of: /`(\w+)`: (.+)/), "\(row[0]) names no test")
            let source = suites[String(parts.1), default: ""]
            let isThere = source.contains("func `\(parts.2)`(") || source.contains("func \(parts.2)(")
            #expect(isThere, "\(row[0]): \(parts.1) has no test of the name \(parts.2)")
        }
    }

    /// `--max-sockets`, `--rest` and so on, as docs/flags.md has them.
    private static func flag(_ name: String) throws -> String {
        let line = try ReadmeTests.read("docs/flags.md").split(separator: "\n").first { $0.hasPrefix("| `--\(name) ") }
        return try #require(line).split(separator: "|")[1].trimmingCharacters(in: .whitespaces)
    }

    @Test func theSizesAreWhatTheFormulasGive() throws {
        let maxSockets = try Self.number(Self.flag("max-sockets"))
        #expect(try Self.flag("rest") == "100ms" && Self.flag("quarantine") == "30s")
        let page = try ReadmeTests.read("docs/sizing.md")
        for figure in [(maxSockets / 0.101), (maxSockets / 0.15)] {
            let text = figure.rounded(.down).formatted(.number.locale(Locale(identifier: "en_US")))
            #expect(page.contains("\(text) "), "\(text) is not in docs/sizing.md")
        }
        #expect(page.contains("= \(Int(maxSockets / 30)) a second"))
        let table = try Self.part(of: "docs/sizing.md", from: "<!-- sizing: begin -->", to: "<!-- sizing: end -->")
        let rows = Self.rows(table)
        #expect(rows.count >= 5)
        for row in rows {
            let cells = try row.map(Self.number)
            let (gateways, each, workers) = (cells[1], cells[2], cells[3])
            #expect(each == cells[0] / (gateways - 1), "\(row)")
            #expect(workers == (each / 40_000).rounded(.up), "\(row)")
            #expect(cells[4] == (each * 101 / 1000).rounded(.up) && cells[4] < maxSockets, "\(row)")
            #expect(cells[5] == gateways * workers, "\(row)")
        }
    }

    @Test func theDescriptorsAreThoseOfTheDoctor() throws {
        let ending = try Program(Binaries.letterbox, ["doctor", "--workers", "2"]).ending()
        let found = try #require(ending.output.firstMatch(of: /(\d+) wanted for --max-connections/), "\(ending)")
        #expect(try ReadmeTests.read("docs/operating.md").contains(" \(found.1) wanted for --max-connections"))
        let text = try Self.number(String(found.1)).formatted(.number.locale(Locale(identifier: "en_US")))
        #expect(try ReadmeTests.read("docs/sizing.md").contains("= \(text). The unit"))
    }

    /// 25 us a request is planned with: what was measured on a busy worker is to be below that.
    @Test func thePlanIsAboveWhatWasMeasured() throws {
        let text = try ReadmeTests.read("docs/performance.md")
        let section = try #require(text.firstRange(of: "#### Bodies of 50 bytes, keep-alive, 64 connections"))
        let rows = text[section.upperBound...].split(separator: "\n").filter { $0.hasPrefix("| letterbox | ") }
        let first = try #require(rows.first).split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(try Self.number(first[8]) < 25, "\(first)")
    }
}
