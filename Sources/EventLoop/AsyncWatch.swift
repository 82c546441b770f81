public import System

/// A watched descriptor for one task, which reads in a straight line: it waits, and reads until nothing is left.
public final class AsyncWatch: EventHandler {
    private unowned let loop: EventLoop
    private let suspension: Suspension
    private let kind: WatchKind
    private var watch = Watch(number: -1, generation: 0)
    /// Whether there may be bytes to read, and whether the other side has ended, so that there always are.
    private var (isReadable, hasEnded) = (false, false)
    /// The consecutive waits that ended at once.
    private var shortcuts = 0
    /// After this many of them the other tasks run: a sender that never stops would keep the thread from them.
    private static let maximumShortcuts = 64

    /// Begins to watch a descriptor, which leaves by itself when it is closed.
    public init(_ descriptor: borrowing Descriptor, as kind: WatchKind, on loop: EventLoop) throws(SystemError) {
        self.loop = loop
        self.kind = kind
        suspension = Suspension(on: loop)
        watch = try loop.watch(descriptor, as: kind, handler: self)
    }

    /// Waits until there are bytes to read, the other side has ended, the deadline has passed, or the task is cancelled.
    ///
    /// Where it need not wait, as after ``keepReadable()``, it looks neither at the deadline nor at the task.
    public func readable(until deadline: MonotonicTime = .never) async -> Wake {
        shortcuts = isReadable ? shortcuts + 1 : 0
        if shortcuts > Self.maximumShortcuts {
            shortcuts = 0
            await loop.yield()
        }
        while !isReadable {
            let wake = await suspension.waitOrCancel(until: deadline)
            if wake != .ready { return wake }
        }
        isReadable = hasEnded
        return .ready
    }

    /// Marks the descriptor as still readable after a read that left data: the next wait returns at once.
    public func keepReadable() { isReadable = true }

    /// Stops watching the descriptor, which stays open.
    public func pause() { loop.unwatch(watch) }

    /// Watches the descriptor again; events of the meantime are reported.
    public func resume() throws(SystemError) { try loop.rewatch(watch, as: kind) }

    /// Records the kernel's report and wakes the task.
    public func ready(_ readiness: Readiness) {
        guard readiness.contains(.toRead) else { return }
        hasEnded = hasEnded || readiness.contains(.ended)
        isReadable = true
        suspension.wake()
    }
}
