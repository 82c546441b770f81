package import System

/// Ranges of times that people and machines wait for.
extension ClosedRange<Interval> {
    package static var untilAnHour: ClosedRange<Interval> { .milliseconds(1)...(.seconds(3600)) }
    package static var zeroUntilAnHour: ClosedRange<Interval> { .seconds(0)...(.seconds(3600)) }
    package static var untilADay: ClosedRange<Interval> { .milliseconds(1)...(.seconds(86_400)) }
    package static var zeroUntilADay: ClosedRange<Interval> { .seconds(0)...(.seconds(86_400)) }
    /// The range of repeated actions: a shorter interval would be a load of its own.
    package static var repeating: ClosedRange<Interval> { .milliseconds(100)...(.seconds(86_400)) }
}

/// Ranges that several flags, or a flag and a service's option, share.
extension ClosedRange<Int> {
    package static var attempts: Self { 1...20 }
    package static var datagramLength: Self { 1...DatagramSocket.maximumPayload }
    package static var threads: Self { 1...256 }
}
