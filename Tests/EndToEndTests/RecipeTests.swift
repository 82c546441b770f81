import Foundation
import Testing

/// The recipes for UDP services whose programs are installed, run as they stand, each on a network of its own.
@Suite(.serialized, .enabled(if: Namespaces.obstacle == nil && Binaries.has("bash") && Binaries.has("python3")))
struct RecipeTests {
    private static let root = ReadmeTests.root
    private static let pages: [String] = {
        let folder = root.appendingPathComponent("docs/services").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }.sorted()
    }()

    @Test(arguments: pages) func `a recipe does what it says`(page: String) throws {
        let script = Self.root.appendingPathComponent("scripts/recipes").path
        let ending = try Program("python3", [script, "--letterbox", Binaries.letterbox, page]).ending()
        // 2 where its programs are not installed, or where it has nothing to run.
        #expect(ending.status == 0 || ending.status == 2, "\(ending.output)\(ending.error)")
        if page == "monitor" { #expect(ending.status == 0, "this one needs no program but curl") }
    }
}
