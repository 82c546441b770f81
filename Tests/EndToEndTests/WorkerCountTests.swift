import TestSupport
import Testing

/// How many workers a gateway has by itself.
@Suite struct WorkerCountTests {
    @Test func `affinity limits them, and the flag does not mind`() throws {
        let pinned = try ["taskset", "-c", "\(#require(Processors.allowed.first))", Binaries.letterbox, "--check"]
        let one = try Program("/usr/bin/env", pinned).ending()
        #expect(one.output.contains(", 1 worker, "), "\(one)")
        let three = try Program("/usr/bin/env", pinned + ["--workers", "3"]).ending()
        #expect(three.output.contains(", 3 workers, "), "\(three)")
    }
}
