package import System

/// Receives each reply as it comes.
protocol ReplyListener: AnyObject {
    /// A reply for the caller has come.
    func received(_ reply: ReplyCollection.Item)
}

/// The replies to one datagram that its caller gets.
///
/// Their bytes count towards the gateway's budget of buffered bytes until they have left, one by one or with the
/// response, at the longest as long as the collection is there.
final class ReplyCollection {
    struct Item {
        /// The time since the first datagram left.
        let time: Interval
        let sender: SocketAddress
        let bytes: [UInt8]
    }

    let policy: ReplyPolicy
    private let showsAddresses: Bool
    private let budget: SharedLimit
    private var taken = 0
    /// The replies in their order; none where a listener gets each of them.
    private(set) var items: [Item] = []
    /// The number of replies for the caller.
    private(set) var count = 0
    /// The number of dropped replies: there were too many of them, or they were too long.
    private(set) var dropped = 0
    /// Whether each reply found room in the budget.
    private var hasHadRoom = true
    /// The receiver of each reply as it comes.
    weak var listener: (any ReplyListener)?
    /// The exchanges that collect: one, or one with each address of the service.
    private(set) var exchanges: [Exchange] = []
    /// The datagrams that the ended ones have sent, and the time of the first.
    private var formerAttempts = 0
    private var formerFirstSent = MonotonicTime.never

    /// - `showsAddresses`: whether callers see the addresses of services.
    init(policy: ReplyPolicy, showsAddresses: Bool, budget: SharedLimit) {
        self.policy = policy
        self.showsAddresses = showsAddresses
        self.budget = budget
    }

    deinit { budget.giveBack(taken) }

    /// The failure where replies came and the caller gets none of them.
    ///
    /// - `maxDatagram`: the longest reply.
    func failure(maxDatagram: Int) -> GatewayError {
        hasHadRoom ? .replyTooLong(limit: maxDatagram) : .noRoomForReplies(limit: budget.most)
    }

    /// Whether all requested replies have come.
    var isFull: Bool { policy.count == .some(count) }

    /// Whether the collection ended early, or without one of the addresses.
    private var isPartial = false

    /// Whether no part of the answer is missing.
    var isComplete: Bool { dropped == 0 && (isFull || policy.count == .all && !isPartial) }

    /// Whether the replies are the answer, although the exchange may have ended without one: "all" includes none.
    func isAnswer(to outcome: Result<Reply, GatewayError>) -> Bool {
        switch outcome {
        case .success: true
        case .failure(.silent): policy.count == .all || count > 0
        case .failure: false
        }
    }

    /// Whether the caller sees the sender of a reply, which is part of a group's answer; for another service the operator
    /// decides.
    func shows(_ sender: SocketAddress) -> Bool { policy.source == .any || sender.isShown(showsAddresses) }

    /// Adds a reply; false where the caller does not get it.
    func add(_ bytes: ArraySlice<UInt8>, from sender: SocketAddress, after time: Interval) -> Bool {
        guard count < policy.maxReplies else {
            drop()
            return false
        }
        guard budget.take(bytes.count) else {
            hasHadRoom = false
            drop()
            return false
        }
        taken += bytes.count
        count += 1
        let item = Item(time: time, sender: sender, bytes: Array(bytes))
        if let listener { listener.received(item) } else { items.append(item) }
        return true
    }

    /// Gives back the room of the replies so far, which have left one by one.
    func releaseSent() {
        budget.giveBack(taken)
        taken = 0
    }

    /// Drops the replies themselves, which still count towards the budget.
    func dropItems() { items = [] }

    /// Records that one of the addresses was not reached.
    func noteMissing() { isPartial = true }

    /// Adds an exchange that is about to begin: its answer is not one reply from the address itself.
    func join(_ exchange: Exchange) {
        exchange.collection = self
        exchanges.append(exchange)
    }

    /// Removes an exchange that has ended.
    func leave(_ exchange: Exchange) {
        formerAttempts += exchange.plan.attempts
        formerFirstSent = min(formerFirstSent, exchange.firstSent)
        exchanges.removeAll { $0 === exchange }
    }

    /// The datagrams that all exchanges have sent.
    var attempts: Int { exchanges.reduce(formerAttempts) { $0 + $1.plan.attempts } }

    /// The time when the first datagram left.
    var firstSent: MonotonicTime { exchanges.reduce(formerFirstSent) { min($0, $1.firstSent) } }

    /// Makes the exchanges end after this time without another reply.
    func awaitMore(quiet: Interval) {
        for exchange in exchanges where exchange.isListening { exchange.awaitMore(quiet: quiet) }
    }

    /// Ends the collection early, with the replies so far.
    func cut() {
        isPartial = true
        // The handler of the last one may begin the next exchange.
        for exchange in exchanges where exchange.isUnderWay(for: self) { exchange.cut(of: self) }
    }

    /// Ends the collection without a result: the caller has left, or has its answer.
    func abandon() {
        for exchange in exchanges { exchange.abandon() }
    }

    /// Counts replies that the caller does not get.
    func drop(_ count: Int = 1) { dropped += count }
}

/// The replies that the callers of a service get: their number, their senders, and the time for them.
package struct ReplyPolicy: Equatable, Sendable {
    /// The number of replies to a datagram.
    package enum Count: Equatable, Sendable {
        /// None: the request is answered when the datagram has left.
        case none
        /// This many, 1 or more.
        case some(Int)
        /// All that come in time.
        case all
    }

    /// The permitted senders of a reply.
    package enum Source: String, Sendable {
        /// The address that the datagram went to.
        case peer
        /// Any port of the host that the datagram went to.
        case host
        /// Any host.
        case any
    }

    /// The number of replies.
    package var count = Count.some(1)
    /// The permitted senders.
    package var source = Source.peer
    /// The time for several replies; nil for the service's timeout.
    package var wait: Interval?
    /// The time without another reply that ends the collection; nil for no such end.
    package var quiet: Interval?
    /// The most replies to one datagram that a caller gets.
    package var maxReplies = 64
    /// The time to live of a datagram; nil for the kernel's default, with which one to a group passes no router.
    package var hops: Int?
    /// The name of the interface by which datagrams leave; nil leaves it to routing.
    ///
    /// Each socket looks its number up: an interface that goes and comes back has another one.
    package var interface: String?

    /// One reply, from the address that the datagram went to.
    package init() {}

    /// Whether sockets are connected to the service's address.
    var isConnected: Bool { source == .peer && count != .none }

    /// Whether the service's address may be that of many hosts.
    package var allowsMany: Bool { source == .any || count == .none }

    package var isSingle: Bool { count == .some(1) }

    /// Opens a socket that sends to an address and is not connected to it.
    func openSocket(towards address: SocketAddress) throws(SystemError) -> DatagramSocket {
        let socket = try DatagramSocket(towards: address, hops: hops, interface: interface)
        if !address.isForMany { try socket.enableReports(about: address) }
        return socket
    }
}
