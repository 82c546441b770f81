import Foundation
import HTTP
import Testing

/// One case of a fixture file; `Fixtures/README.md` explains the notation.
struct Fixture: Sendable, CustomTestStringConvertible {
    enum Kind: String { case request, chunked }

    var file: String
    var title: String
    var kind: Kind
    var limits: Limits
    var bytes: [UInt8]
    var result: String

    var testDescription: String { "\(file): \(title)" }

    /// A file that cannot be read as fixtures.
    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    static func files() throws -> [URL] {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures")
        let all = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let names = all.filter { $0.pathExtension == "md" && $0.lastPathComponent != "README.md" }
        return names.sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    static func all() throws -> [Fixture] {
        try files().flatMap { url in
            try read(String(contentsOf: url, encoding: .utf8), file: url.deletingPathExtension().lastPathComponent)
        }
    }

    /// Reads a file, and refuses one that holds no case or anything that is not one.
    static func read(_ text: String, file: String) throws -> [Fixture] {
        var reader = FixtureReader(file: file)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            try reader.take(String(line))
        }
        return try reader.finish()
    }
}

/// Reads a fixture file line by line.
private struct FixtureReader {
    let file: String
    private var cases: [Fixture] = []
    private var title: String?
    private var hasReason = false
    private var open: Fixture?
    private var fence: [String]?
    private var isResult = false

    init(file: String) { self.file = file }

    mutating func take(_ line: String) throws {
        if fence != nil {
            guard line == "```" else {
                fence?.append(line)
                return
            }
            return try closeFence()
        }
        if line.hasPrefix("## ") {
            guard title == nil else { throw bad("has no result") }
            (title, hasReason) = (String(line.dropFirst(3)), false)
        } else if line.hasPrefix("```") {
            try openFence(String(line.dropFirst(3)))
        } else if title != nil, !line.isEmpty {
            hasReason = true
        }
    }

    private mutating func openFence(_ info: String) throws {
        var words = info.split(separator: " ")
        guard let title, hasReason, !words.isEmpty else { throw bad("has a block without title, sentence or kind") }
        let kind = String(words.removeFirst())
        isResult = kind == "result"
        if isResult {
            guard open != nil else { throw bad("has a result without bytes") }
        } else {
            guard open == nil, let kind = Fixture.Kind(rawValue: kind) else {
                throw bad("has an unknown block \(kind)")
            }
            let limits = try limits(words)
            open = Fixture(file: file, title: title, kind: kind, limits: limits, bytes: [], result: "")
        }
        fence = []
    }

    private mutating func closeFence() throws {
        guard let lines = fence, var fixture = open else { throw bad("closes a block that is not open") }
        fence = nil
        if !isResult {
            fixture.bytes = try Escapes.bytes(of: lines)
            guard !fixture.bytes.isEmpty else { throw bad("has no bytes") }
            open = fixture
            return
        }
        fixture.result = lines.joined(separator: "\n")
        guard !fixture.result.isEmpty else { throw bad("has an empty result") }
        cases.append(fixture)
        (open, title) = (nil, nil)
    }

    private func limits(_ words: [Substring]) throws -> Limits {
        var limits = Limits()
        for word in words {
            let parts = word.split(separator: "=")
            guard parts.count == 2, let number = Int(parts[1]) else { throw bad("has a malformed limit \(word)") }
            switch parts[0] {
            case "maxRequestLine": limits.maxRequestLine = number
            case "maxHead": limits.maxHead = number
            case "maxFields": limits.maxFields = number
            case "maxBody": limits.maxBody = number
            case "maxEmptyLines": limits.maxEmptyLines = number
            case "maxChunkLine": limits.maxChunkLine = number
            case "maxChunkExtensions": limits.maxChunkExtensions = number
            case "maxTrailers": limits.maxTrailers = number
            default: throw bad("has an unknown limit \(word)")
            }
        }
        return limits
    }

    func finish() throws -> [Fixture] {
        guard fence == nil, open == nil, title == nil else { throw bad("ends in the middle") }
        guard !cases.isEmpty else { throw bad("holds no case") }
        return cases
    }

    private func bad(_ what: String) -> Fixture.Malformed {
        Fixture.Malformed(description: "\(file).md, case \(title ?? "-"), \(what)")
    }
}
