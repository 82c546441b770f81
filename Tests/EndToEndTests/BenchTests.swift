import Foundation
import TestSupport
import Testing

/// The tests that `scripts/bench` has of itself: what is repeated, how results become a page, and that docs/performance.md is whole.
@Suite struct BenchTests {
    @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func theMeasuringScriptTestsItself() throws {
        let script = Repository.root.appending(path: "scripts/bench").path
        let ending = try Program(script, ["--self-test"]).ending()
        #expect(ending.status == 0, "\(ending.error)")
        #expect(ending.error.contains("\nOK"), "\(ending.error)")
    }
}
