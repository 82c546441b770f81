package import EventLoop
package import System

/// The signals that a program handles, as events of its loop.
package final class Signals {
    private let signals: SignalDescriptor
    private let watch: AsyncWatch
    private let loop: EventLoop

    /// Begins to read signals, which must be blocked already: ``SignalDescriptor/block()``.
    package init(on loop: EventLoop) throws(SystemError) {
        let signals = try SignalDescriptor()
        watch = try AsyncWatch(signals.descriptor, as: .stream, on: loop)
        self.signals = signals
        self.loop = loop
    }

    /// Waits for the next request; `.end` where the task is cancelled.
    package func next() async -> SignalDescriptor.Request {
        while true {
            // Two signals may have been reported as one: the second is already there.
            if let request = signals.next() { return request }
            if await watch.readable() == .cancelled { return .end }
        }
    }

    /// Waits until a signal asks the program to end.
    package func end() async {
        while await next() != .end {}
    }
}
