import Foundation
import Testing

/// The recipes for UDP services whose programs the tests install, run as they stand on a host of their own; `scripts/recipes` runs
/// all of them.
@Suite struct RecipeTests {
    @Test(.enabled(if: PrivateHost.obstacle == nil && Binaries.has("curl") && Binaries.has("bash")))
    func everyRecipeThatCanRunDoesWhatItSays() throws {
        let root = ReadmeTests.root.path
        let ending = try PrivateHost.start(
            "exec python3 \"$1/scripts/recipes\" --letterbox \"$2\" coap monitor wake-on-lan",
            [root, Binaries.letterbox]
        ).ending()
        #expect(ending.status == 0, "\(ending.output)\(ending.error)")
        #expect(ending.output.contains("| monitor |"), "this one needs no program but curl")
    }
}
