import Foundation
import Testing

/// docs/http.md names cases that exist, and at least one in every row that claims something.
@Suite struct DocumentTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    private static func read(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static func rows() throws -> [[String]] {
        let lines = try read("docs/http.md").split(separator: "\n").filter { $0.hasPrefix("|") }
        let rows = lines.map { line in
            line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
        return rows.filter { $0.first != "section" && $0.first != "---" }
    }

    private static func references() throws -> [String] {
        try rows().flatMap { row in row.last?.matches(of: /`([^`]+)`/).map { String($0.1) } ?? [] }
    }

    @Test func everyRowNamesAProofOrSaysWhyThereIsNone() throws {
        let rows = try Self.rows()
        #expect(rows.count > 100)
        for row in rows {
            try #require(row.count == 4, "\(row)")
            let isOpen = row[2].hasPrefix("Not here: ") || row[2].hasPrefix("Deviates: ")
            #expect(isOpen == (row[3] == "-"), "\(row)")
            #expect(isOpen || row[3].wholeMatch(of: /(`(fixture|case|test):[^`]+` ?)+/) != nil, "\(row)")
        }
    }

    @Test func everyFixtureExists() throws {
        let known = Set(try Fixture.all().map { "fixture:\($0.file)#\($0.title)" })
        let named = try Self.references().filter { $0.hasPrefix("fixture:") }
        #expect(named.count > 100)
        for name in named { #expect(known.contains(name), "\(name)") }
    }

    @Test func everyCaseExists() throws {
        let source = try Self.read("Tests/GatewayTests/ConformanceCase.swift")
        let known = Set(source.matches(of: /\.init\(\s*"([^"]+)"/).map { "case:\($0.1)" })
        let named = try Self.references().filter { $0.hasPrefix("case:") }
        #expect(named.count > 50)
        for name in named { #expect(known.contains(name), "\(name)") }
    }

    @Test func everyTestExists() throws {
        let named = try Self.references().filter { $0.hasPrefix("test:") }
        #expect(named.count > 30)
        for name in named {
            let parts = try #require(name.wholeMatch(of: /test:(\w+\/\w+)\.(\w+)/), "\(name)")
            let source = try Self.read("Tests/\(parts.1).swift")
            #expect(source.contains("@Test") && source.contains("func \(parts.2)("), "\(name)")
        }
    }
}
