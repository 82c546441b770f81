public import System

/// An object that the loop calls, in the middle of an iteration, when there is something for it to do.
///
/// It is the other way to wait beside `await`: no task is kept, and what the object needs until the next call is what it
/// stores.
public protocol EventHandler: AnyObject {
    /// The kernel has reported the watched descriptor, or the handler's next turn has come, with no readiness.
    func ready(_ readiness: Readiness)
}

/// An object that has a ``Deadline``.
public protocol DeadlineHandler: AnyObject {
    /// The alarm of the deadline has gone off: ask ``Deadline/hasPassed(for:on:)`` whether it was for the present one.
    func alarm()
}

/// A point in time that its owner moves often and reaches seldom.
///
/// The alarm in the loop's timer wheel stays where it is when the deadline moves later or is cleared, and is set anew only
/// when it goes off too early: of the deadlines of a thousand requests on a connection hardly one touches the wheel.
public struct Deadline: ~Copyable {
    private var end = UInt64.max
    private var alarm: (key: TimerWheel<TimerTarget>.Key, tick: UInt64)?

    /// No deadline.
    public init() {}

    /// Moves the deadline; `handler` is told when it may have passed.
    public mutating func set(_ time: MonotonicTime, for handler: some DeadlineHandler, on loop: EventLoop) {
        end = time == .never ? .max : LoopState.tick(after: time)
        if end < alarm?.tick ?? .max { setAlarm(for: handler, on: loop) }
    }

    /// Takes the deadline back.
    public mutating func clear() { end = .max }

    /// Takes the deadline back for good: the loop lets go of the handler.
    public mutating func cancel(on loop: EventLoop) {
        end = .max
        if let alarm { loop.cancel(alarm.key) }
        alarm = nil
    }

    /// After the alarm: whether the deadline has passed, and is cleared; otherwise the alarm is set anew.
    public mutating func hasPassed(for handler: some DeadlineHandler, on loop: EventLoop) -> Bool {
        alarm = nil
        if end <= loop.tick {
            end = .max
            return true
        }
        if end < .max { setAlarm(for: handler, on: loop) }
        return false
    }

    private mutating func setAlarm(for handler: some DeadlineHandler, on loop: EventLoop) {
        if let alarm { loop.cancel(alarm.key) }
        alarm = (loop.insert(.handler(handler), at: end), end)
    }
}
