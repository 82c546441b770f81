import Foundation
import TestSupport
import Testing

/// The recipes for UDP services whose programs are installed, run as they stand, each on a network of its own.
@Suite(.serialized, .enabled(if: Namespaces.obstacle == nil && Binaries.has("bash") && Binaries.has("python3")))
struct RecipeTests {
    private static let root = Repository.root
    private static let pages: [String] = {
        let folder = root.appending(path: "docs/services").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }.sorted()
    }()

    /// A folder that has moved must not leave the suite without a case.
    @Test func `the recipes are found`() { #expect(Self.pages.contains("monitor") && Self.pages.count > 10) }

    @Test(arguments: pages) func `a recipe does what it says`(page: String) throws {
        let script = Self.root.appendingPathComponent("scripts/recipes").path
        let ending = try Program("python3", [script, "--letterbox", Binaries.letterbox, page]).ending()
        // Its programs are not installed, or it has nothing to run; the monitor needs no program but curl.
        if ending.status == 2, page != "monitor" { try Test.cancel("\(ending.error)") }
        #expect(ending.status == 0, "\(ending.output)\(ending.error)")
    }
}
