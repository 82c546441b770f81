import System
import TestSupport
import Testing

@testable import EventLoop

/// The loop's knowledge of all descriptors together.
@Suite(.timeLimit(.minutes(1))) struct ReportedTests {
    /// All events before the loop's poll, however many, have been reported by `reported`; also where the kernel would
    /// go on reporting an event, because no task reads.
    @Test(arguments: [1, 255, 256, 257, 600], [WatchKind.datagrams, .singleDatagrams])
    func nothingThatCameBeforeIsOverlooked(count: Int, kind: WatchKind) async throws {
        try await onLoop { loop in
            var pipes: [PipeBox] = []
            var told: [Told] = []
            for _ in 0..<count {
                let pipe = PipeBox(try Pipe())
                told.append(Told())
                _ = try loop.watch(pipe.pipe.reading, as: kind, handler: told[told.count - 1])
                pipes.append(pipe)
            }
            let before = MonotonicTime.now()
            for pipe in pipes { pipe.pipe.write([1]) }
            let after = MonotonicTime.now()
            while loop.reported < after { await Task.yield() }
            #expect(told.count { $0.isTold } == count)
            #expect(loop.reported > before && loop.reported <= loop.now)
        }
    }
}

/// Notes that it was called.
private final class Told: EventHandler {
    private(set) var isTold = false

    func ready(_ readiness: Readiness) { isTold = readiness.contains(.toRead) }
}

/// Lets an array hold a pipe.
private final class PipeBox {
    let pipe: Pipe

    init(_ pipe: consuming Pipe) { self.pipe = pipe }
}
