import Foundation
import TestSupport
import Testing

/// Every link of the project's Markdown leads to a file, a folder or a heading that is there.
@Suite struct LinkTests {
    private static let root = Repository.root

    /// The pages by their paths from the root; build folders and what git does not keep lie in hidden folders.
    private static let found = Result { try readPages() }

    private static func readPages() throws -> [String: MarkdownPage] {
        let files = try #require(
            FileManager.default.enumerator(
                at: root, includingPropertiesForKeys: nil,
                options: [.skipsHiddenFiles, .skipsPackageDescendants]))
        var pages: [String: MarkdownPage] = [:]
        for case let file as URL in files where file.pathExtension == "md" {
            let path = String(file.standardized.path.dropFirst(root.path.count + 1))
            pages[path] = MarkdownPage(try String(contentsOf: file, encoding: .utf8))
        }
        return pages
    }

    /// The fault of a link on a page; nil for a good one and for one out of the project.
    private static func problem(_ link: String, on path: String, _ pages: [String: MarkdownPage]) -> String? {
        guard !link.contains("://"), !link.hasPrefix("mailto:") else { return nil }
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let folder = root.appending(path: path).deletingLastPathComponent()
        let target =
            parts[0].isEmpty ? root.appending(path: path) : folder.appending(path: parts[0]).standardized
        guard FileManager.default.fileExists(atPath: target.path) else { return "there is no such file" }
        guard parts.count > 1 else { return nil }
        guard let page = pages[String(target.standardized.path.dropFirst(root.path.count + 1))] else {
            return "only a page has headings"
        }
        return page.anchors.contains(parts[1]) ? nil : "there is no such heading"
    }

    @Test func everyLinkLeadsSomewhere() throws {
        let pages = try Self.found.get()
        #expect(pages.count > 10)
        #expect(pages.values.reduce(0) { $0 + $1.links.count } > 60)
        for (path, page) in pages {
            for link in page.links {
                let problem = Self.problem(link, on: path, pages)
                #expect(problem == nil, "\(path): \(link)")
            }
        }
    }

    @Test func everyPageOfTheDocumentationIsInItsList() throws {
        let pages = try Self.found.get()
        let list = try #require(pages["docs/README.md"])
        for path in pages.keys where path.hasPrefix("docs/") && path != "docs/README.md" {
            #expect(list.links.contains(String(path.dropFirst("docs/".count))), "\(path)")
        }
    }

    /// The check itself finds what is wrong.
    @Test(arguments: [
        ("nothing.md", "there is no such file"), ("#nothing", "there is no such heading"),
        ("docs/api.md#nothing", "there is no such heading"), ("LICENSE#nothing", "only a page has headings"),
        ("docs", nil), ("docs/api.md#failures", nil), ("https://example.org/nothing", nil),
    ])
    func aWrongLinkIsFound(link: String, problem: String?) throws {
        #expect(try Self.problem(link, on: "README.md", Self.found.get()) == problem)
    }
}

/// The links of a page and the anchors that its headings make, as GitHub makes them.
struct MarkdownPage {
    private(set) var links: [String] = []
    private(set) var anchors: Set<String> = []

    init(_ text: String) {
        var isCode = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isCode.toggle() }
            guard !isCode, !line.hasPrefix("```") else { continue }
            let plain = line.replacing(/`[^`]*`/, with: "")
            links += plain.matches(of: /\]\(([^) ]+)[^)]*\)/).map { String($0.1) }
            links += plain.matches(of: /(?:src|href)="([^"]+)"/).map { String($0.1) }
            if let heading = line.wholeMatch(of: /#{1,6} (.+)/) { insert(Self.anchor(String(heading.1))) }
        }
    }

    /// In small letters, without punctuation, with hyphens in place of spaces.
    private static func anchor(_ heading: String) -> String {
        String(
            heading.lowercased().unicodeScalars.compactMap { scalar -> Character? in
                if scalar == " " { return "-" }
                let isKept = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                return isKept || scalar == "-" || scalar == "_" ? Character(scalar) : nil
            })
    }

    /// The second of two headings of the same words has a number.
    private mutating func insert(_ anchor: String) {
        let number = (1...).first { !anchors.contains("\(anchor)-\($0)") } ?? 1
        anchors.insert(anchors.contains(anchor) ? "\(anchor)-\(number)" : anchor)
    }
}
