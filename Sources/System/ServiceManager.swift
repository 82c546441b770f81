internal import CLinux
internal import Glibc
internal import Synchronization

/// The program that has started this one and supervises it: systemd, or another that speaks its protocol
/// (sd_notify(3)).
public final class ServiceManager: Sendable {
    private let descriptor: Descriptor
    private let path: [UInt8]
    /// The messages that its queue had no room for, in their order.
    private let waiting = Mutex<[[UInt8]]>([])
    /// The most messages that wait for a manager that does not read; then the two oldest go, whose states are over.
    static let mostWaiting = 16
    /// The interval at which it expects a sign of life; nil where it expects none.
    public let watchdogInterval: Interval?

    /// The manager that the environment names; nil where it names none, or one that cannot be reached.
    ///
    /// It removes the variables, so that no child of this program speaks in its place. Call it before other threads
    /// exist (unsetenv(3)).
    public static func fromEnvironment() -> ServiceManager? {
        defer { for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { Environment.remove(name) } }
        guard let path = Environment.value(of: "NOTIFY_SOCKET") else { return nil }
        let isForOther = Environment.value(of: "WATCHDOG_PID").map { $0 != "\(getpid())" } ?? false
        let period = isForOther ? nil : Environment.value(of: "WATCHDOG_USEC").flatMap(watchdogInterval)
        return ServiceManager(path: path, watchdogInterval: period)
    }

    /// The longest interval with a watchdog: a year.
    private static let longestWatchdog: UInt64 = 365 * 86_400 * 1_000_000

    /// Reads an interval in microseconds; 0 and the greatest number mean that there is no watchdog
    /// (sd_watchdog_enabled(3)), and so do numbers beyond any use.
    static func watchdogInterval(_ text: String) -> Interval? {
        guard let period = UInt64(text), (1...longestWatchdog).contains(period) else { return nil }
        return Interval(nanoseconds: period * 1000)
    }

    /// Opens a socket to a path, or to an abstract name that begins with `@` (unix(7)).
    init?(path: String, watchdogInterval: Interval?) {
        var path = Array(path.utf8)
        guard let first = path.first, [UInt8(ascii: "/"), UInt8(ascii: "@")].contains(first),
            path.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path),
            let descriptor = try? Descriptor(domain: AF_UNIX, type: SOCK_DGRAM)
        else { return nil }
        if first == UInt8(ascii: "@") { path[0] = 0 }
        self.path = path
        self.watchdogInterval = watchdogInterval
        self.descriptor = descriptor
    }

    /// The states that a manager distinguishes.
    public enum State {
        /// The start is complete.
        case ready
        /// The program reads its settings anew; `ready` follows.
        case reloading
        /// The program begins to end, and takes at most this long.
        case stopping(within: Interval)
        /// A sign of life.
        case alive
    }

    /// Sends a state and a sentence for people, without waiting for a manager that does not read.
    ///
    /// - Returns: false where the manager's queue is full: the message waits for ``resend()``, unless it is a sign of
    ///   life, which counts for its moment alone.
    @discardableResult
    public func notify(_ state: State, _ status: String? = nil) -> Bool {
        var lines =
            switch state {
            case .ready: ["READY=1"]
            case .reloading: ["RELOADING=1", "MONOTONIC_USEC=\(MonotonicTime.now().nanoseconds / 1000)"]
            case .stopping(let time): ["STOPPING=1", "EXTEND_TIMEOUT_USEC=\(time.nanoseconds / 1000)"]
            case .alive: ["WATCHDOG=1"]
            }
        // A line feed would begin another assignment.
        if let status { lines.append("STATUS=\(status.replacing("\n", with: " "))") }
        let message = Array(lines.joined(separator: "\n").utf8)
        if case .alive = state { return resend() && send(message) }
        waiting.withLock { waiting in
            if waiting.count == Self.mostWaiting { waiting.removeFirst(2) }
            waiting.append(message)
        }
        return resend()
    }

    /// Whether messages wait.
    public var hasWaiting: Bool { waiting.withLock { !$0.isEmpty } }

    /// Sends the messages that wait; false where the manager's queue is full again.
    public func resend() -> Bool {
        waiting.withLock { waiting in
            while let first = waiting.first, send(first) { waiting.removeFirst() }
            return waiting.isEmpty
        }
    }

    /// Sends a message; false where the manager's queue is full.
    ///
    /// A manager that cannot be reached gets nothing later either.
    private func send(_ bytes: [UInt8]) -> Bool {
        do {
            return try callUnlessBlocked {
                unsafe withUnixAddress(path) { address, length in
                    unsafe sendto(descriptor.number, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, length)
                }
            } != nil
        } catch {
            return true
        }
    }
}
