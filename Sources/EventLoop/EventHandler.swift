public import System

/// An object that the loop calls for events, in the middle of an iteration.
///
/// It is the alternative to `await`: there is no task, and the object stores the values for its next call.
public protocol EventHandler: AnyObject {
    /// The kernel has reported the watched descriptor, or the handler asked for this call, which then has no readiness.
    func ready(_ readiness: Readiness)
}

/// An object that has a ``Deadline``.
public protocol DeadlineHandler: AnyObject {
    /// The deadline's timer has fired: ask ``Deadline/hasPassed(for:on:)`` whether the present deadline has passed.
    func alarm()
}

/// A point in time that its owner moves often and reaches seldom.
///
/// The timer in the loop's wheel stays when the deadline moves later or is cleared, and is set anew only when it fires
/// too early: of the deadlines of a thousand requests on a connection hardly one touches the wheel.
public struct Deadline: ~Copyable {
    private var end = UInt64.max
    private var alarm: (key: TimerWheel<any DeadlineHandler>.Key, tick: UInt64)?

    /// No deadline.
    public init() {}

    /// Moves the deadline; `handler` is called when it may have passed.
    public mutating func set(_ time: MonotonicTime, for handler: some DeadlineHandler, on loop: EventLoop) {
        end = time == .never ? .max : LoopState.tick(after: time)
        if end < alarm?.tick ?? .max { setAlarm(for: handler, on: loop) }
    }

    /// Brings the deadline forward; a later time changes nothing.
    public mutating func shorten(to time: MonotonicTime, for handler: some DeadlineHandler, on loop: EventLoop) {
        if LoopState.tick(after: time) < end { set(time, for: handler, on: loop) }
    }

    /// Clears the deadline.
    public mutating func clear() { end = .max }

    /// Clears the deadline for good: the loop releases the handler.
    public mutating func cancel(on loop: EventLoop) {
        end = .max
        if let alarm { loop.confined.timers.cancel(alarm.key) }
        alarm = nil
    }

    /// Whether the deadline has passed, after its timer fired; if so it is cleared, otherwise the timer is set anew.
    public mutating func hasPassed(for handler: some DeadlineHandler, on loop: EventLoop) -> Bool {
        alarm = nil
        if end <= loop.confined.timers.present {
            end = .max
            return true
        }
        if end < .max { setAlarm(for: handler, on: loop) }
        return false
    }

    private mutating func setAlarm(for handler: some DeadlineHandler, on loop: EventLoop) {
        if let alarm { loop.confined.timers.cancel(alarm.key) }
        alarm = (loop.confined.timers.insert(at: end, handler), end)
    }
}
