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

    /// Waits until a signal asks a program without settings to end; HUP does so, too, unless the program was started to
    /// ignore it.
    package func end() async {
        while await next() == .hangup, SignalDescriptor.ignoresHangup {}
    }
}
