internal import EventLoop
internal import System

/// A backend's socket for datagrams that expect no reply.
///
/// One socket carries all of them, for no reply has to find its request. Received datagrams are dropped; a report that
/// a datagram did not arrive waits a second for the next caller, as in the kernel (udp(7)).
final class OneWaySocket: EventHandler {
    private let address: SocketAddress
    private let policy: ReplyPolicy
    private let share: SocketShare
    private let loop: EventLoop
    private var socket: DatagramSocket?
    private var watch: Watch?
    /// The first report since the last one that a caller got, and the time when it came.
    private var report: (report: NetworkReport, time: MonotonicTime)?
    /// The send time of the first datagram since the last report or sign of life, and that of the latest of all.
    private var unconfirmed = MonotonicTime.never
    private var lastSend = MonotonicTime.never
    /// Received datagrams.
    var unasked = 0

    /// The longest time of a report: an older one says nothing of the next datagram.
    private static let reportTime = Interval.seconds(1)
    /// The time without a report after which datagrams have reached a port: a host may report once a second only (icmp(7),
    /// icmp_ratelimit).
    private static let deliveryTime = Interval.seconds(2)

    init(to address: SocketAddress, policy: ReplyPolicy, share: SocketShare, loop: EventLoop) {
        self.address = address
        self.policy = policy
        self.share = share
        self.loop = loop
    }

    /// The result of a datagram.
    enum Outcome {
        /// It has left.
        ///
        /// - `afterDelivery`: whether those before have reached a port, by the absence of a report.
        /// - `late`: the report about one before that is too old to refuse this one.
        case sent(afterDelivery: Bool, late: NetworkReport?)
        /// It has not left, because an earlier one did not arrive.
        case refused(NetworkReport)
        /// The kernel has no room.
        case blocked
        /// The gateway has no socket left.
        case noSocket
    }

    /// Sends a datagram.
    func send(_ payload: Span<UInt8>) throws(SystemError) -> Outcome {
        if let (report, time) = report, loop.now < time + Self.reportTime {
            self.report = nil
            return .refused(report)
        }
        guard try open() else { return .noSocket }
        do {
            guard try socket?.send(payload, to: address) == true else { return .blocked }
        } catch {
            if let report = socket?.takeReport() {
                unconfirmed = .never
                socket?.dropReports()
                return .refused(report)
            }
            // A socket keeps the number of its interface, which is another one after the interface has come back.
            guard policy.interface != nil, SendFailure(error.reason) == .unreachable(.unroutable) else { throw error }
            close()
            guard try open() else { return .noSocket }
            guard try socket?.send(payload, to: address) == true else { return .blocked }
        }
        lastSend = loop.now
        let isDelivered = unconfirmed != .never && lastSend >= unconfirmed + Self.deliveryTime
        if unconfirmed == .never || isDelivered { unconfirmed = lastSend }
        return .sent(afterDelivery: isDelivered, late: report.take()?.report)
    }

    /// The address of the socket; nil while it is not open.
    var localAddress: SocketAddress? { try? socket?.localAddress() }

    /// Opens the socket if it is not open; false where the gateway has no socket left.
    private func open() throws(SystemError) -> Bool {
        if watch != nil { return true }
        guard share.take() else { return false }
        do {
            let socket = try policy.openSocket(towards: address)
            // Only the next datagram would profit from a report that the path takes less.
            try socket.allowFragments(towards: address)
            watch = try loop.watch(socket.descriptor, as: .singleDatagrams, handler: self)
            self.socket = .some(socket)
            // One through which no datagram ever leaves is closed, too.
            lastSend = loop.now
        } catch {
            share.giveBack()
            throw error
        }
        return true
    }

    func ready(_ readiness: Readiness) {
        if let report = socket?.takeReport() {
            unconfirmed = .never
            if self.report == nil { self.report = (report, loop.now) }
        }
        unasked += socket?.drain().datagrams ?? 0
    }

    /// Closes a socket that no datagram has needed for `idle`, which is long enough for any reply to come: the kernel may
    /// give the port to the socket of an exchange, which must not hear it.
    func retire(idle: Interval) {
        if watch != nil, lastSend + idle <= loop.now { close() }
    }

    func close() {
        guard let watch else { return }
        loop.release(watch)
        self.watch = nil
        socket = nil
        share.giveBack()
    }
}
