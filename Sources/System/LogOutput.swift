internal import CLinux
internal import Glibc
internal import Synchronization

/// Lines for people, on a descriptor whose reader may be slow or gone: a line that would have to wait is dropped.
///
/// The program serves strangers, and another program reads its log from a pipe, a terminal or journald's socket.
/// Neither may stop the other. The shared description of standard error stays blocking, for O_NONBLOCK would change it
/// for every program that has it (open(2), "Open file descriptions").
public final class LogOutput: Sendable {
    /// Standard error, which carries the log.
    public static let standardError = LogOutput(to: STDERR_FILENO)
    /// Standard output, for commands that print while they serve.
    public static let standardOutput = LogOutput(to: STDOUT_FILENO)

    private struct State {
        var dropped = 0
        /// The dropped lines that no notice has counted yet.
        var untold = 0
        /// The end of a line whose beginning the kernel has taken, and lines behind it.
        var rest: [UInt8] = []
        var style = LogStyle()
    }

    private let descriptor: Descriptor
    /// Whether a write might wait: other programs share the open file description.
    private let isShared: Bool
    private let isSocket: Bool
    private let isFile: Bool
    private let state = Mutex(State())

    /// Writes to an open descriptor, which stays the caller's.
    public init(to number: Int32) {
        let own = Self.reopen(number)
        isShared = own == nil
        isSocket = socketOption(SO_TYPE, of: number) != nil
        isFile = Self.mode(of: number) & S_IFMT == S_IFREG
        descriptor = Descriptor(owning: own ?? fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1))
    }

    /// The number of dropped lines.
    public var dropped: Int { state.withLock { $0.dropped } }

    /// The format of its lines.
    public var style: LogStyle {
        get { state.withLock { $0.style } }
        set { state.withLock { $0.style = newValue } }
    }

    /// Writes a whole line, or drops it.
    ///
    /// - `waiting`: waits for a slow reader instead of dropping the line; for a program that does not serve meanwhile.
    public func write(_ line: String, waiting: Bool = false) {
        state.withLock { state in
            _ = finishLine(&state, waiting)
            guard state.rest.isEmpty else { return drop(&state) }
            let notice = state.untold == 0 ? "" : "\(state.style.notice(ofDropped: state.untold))\n"
            let bytes = Array("\(notice)\(line)\n".utf8)
            guard let taken = transmit(bytes, waiting), taken > 0 else { return drop(&state) }
            state.untold = 0
            state.rest = Array(bytes[taken...])
        }
    }

    /// The outcome of offered lines.
    public enum Offer {
        /// The kernel has them, or will have the end of the last line before anything else.
        case taken
        /// The reader has to read first.
        case busy
        /// The reader is gone, or the disk is full.
        case gone
    }

    /// Writes whole lines, without a wait and without dropping any.
    public func offer(_ lines: ArraySlice<UInt8>) -> Offer {
        state.withLock { state in
            guard finishLine(&state, false) else { return .gone }
            guard state.rest.isEmpty else { return .busy }
            let lines = Array(lines)
            guard let taken = transmit(lines, false) else { return .gone }
            if taken == 0 { return .busy }
            state.rest = Array(lines[taken...])
            return .taken
        }
    }

    /// Waits until the reader has read, at most this long.
    public func waitForRoom(atMost milliseconds: Int32) { _ = isReady(milliseconds) }

    /// Writes the end of a line whose beginning the kernel has taken; false where the reader is gone, or a disk is full,
    /// which has the line's beginning still.
    private func finishLine(_ state: inout State, _ waiting: Bool) -> Bool {
        if state.rest.isEmpty { return true }
        let taken = transmit(state.rest, waiting)
        state.rest.removeFirst(taken ?? (isFile ? 0 : state.rest.count))
        return taken != nil
    }

    private func drop(_ state: inout State) {
        state.dropped += 1
        state.untold += 1
    }

    /// Writes as much as the kernel takes without a wait; nil where the reader is gone or the disk full from the start.
    private func transmit(_ bytes: [UInt8], _ waiting: Bool) -> Int? {
        var start = 0
        while start < bytes.count {
            // A pipe with room has room for PIPE_BUF bytes (pipe(7)): a write of that many does not wait.
            let end = min(bytes.count, start + Int(PIPE_BUF))
            if isShared || waiting, !isReady(waiting ? -1 : 0) { break }
            do {
                let count = try callUnlessBlocked {
                    unsafe bytes.span.extracting(start..<end).withUnsafeBytes {
                        // MSG_NOSIGNAL and MSG_DONTWAIT hold for one call and change nothing for others (send(2)).
                        unsafe isSocket
                            ? send(
                                descriptor.number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
                            : Glibc.write(descriptor.number, $0.baseAddress, $0.count)
                    }
                }
                if let count { start += count } else if !waiting { break }
            } catch {
                return start == 0 ? nil : start
            }
        }
        return start
    }

    /// Whether a write returns at once, also with an error (poll(2)).
    private func isReady(_ milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)
        return (try? call { unsafe poll(&entry, 1, milliseconds) }) == 1
    }

    /// Whether journald reads this program's standard error (systemd.exec(5), JOURNAL_STREAM).
    public static var isJournal: Bool {
        var status = stat()
        guard let stream = Environment.value(of: "JOURNAL_STREAM"), unsafe fstat(STDERR_FILENO, &status) == 0 else {
            return false
        }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// Opens a pipe or a terminal once more (proc(5), /proc/pid/fd): the new description has flags of its own.
    ///
    /// nil where the descriptor cannot be reopened; poll(2) then tells whether there is room.
    private static func reopen(_ number: Int32) -> Int32? {
        guard mode(of: number) & S_IFMT == S_IFIFO || isatty(number) == 1 else { return nil }
        let copy = unsafe open("/proc/self/fd/\(number)", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        return copy < 0 ? nil : copy
    }

    /// The kind and the permissions of the file (fstat(2)); 0 where the descriptor is closed.
    private static func mode(of number: Int32) -> mode_t {
        var status = stat()
        return unsafe fstat(number, &status) == 0 ? status.st_mode : 0
    }
}

extension LogStyle {
    /// The line in place of dropped lines.
    func notice(ofDropped count: Int) -> String { sentence(.warning, Self.words(ofDropped: count)) }

    static func words(ofDropped count: Int) -> String {
        "\(count) \(count == 1 ? "line was" : "lines were") dropped here: the reader is slow, or the disk is full"
    }
}
