import System
import Testing

@testable import EventLoop

/// What the loop knows of all descriptors together.
@Suite(.timeLimit(.minutes(1))) struct ReportedTests {
    /// What had come before the loop looked, however much it was, has been reported by `reported`; also where the kernel
    /// would go on reporting it, for nobody reads.
    @Test(arguments: [1, 255, 256, 257, 600], [WatchKind.datagrams, .singleDatagrams])
    func nothingThatCameBeforeIsOverlooked(count: Int, kind: WatchKind) async throws {
        try await onLoop { loop in
            let strays = Strays(on: loop)
            var pipes: [PipeBox] = []
            var watches: [Watch] = []
            for _ in 0..<count {
                let pipe = PipeBox(try Pipe())
                watches.append(try loop.watch(pipe.pipe.reading, as: kind, strays: strays))
                pipes.append(pipe)
            }
            let before = MonotonicTime.now()
            for pipe in pipes { pipe.pipe.write([1]) }
            let after = MonotonicTime.now()
            while loop.reported < after { await Task.yield() }
            #expect(watches.count { loop.takeReadable($0) } == count)
            #expect(loop.reported > before && loop.reported <= loop.now)
        }
    }
}

/// Lets an array hold a pipe.
private final class PipeBox {
    let pipe: Pipe

    init(_ pipe: consuming Pipe) { self.pipe = pipe }
}
