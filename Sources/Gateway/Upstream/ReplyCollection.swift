internal import EventLoop
internal import System

/// What is told of each reply as it comes.
protocol ReplyListener: AnyObject {
    /// A reply has come that is one of those that the caller gets.
    func received(_ reply: ReplyCollection.Item)
}

/// The replies to one datagram, as far as its caller gets them.
///
/// Their bytes count towards the gateway's budget of buffered bytes as long as the exchange is under way.
final class ReplyCollection {
    /// One reply.
    struct Item {
        /// Since the first datagram left.
        let time: Interval
        let sender: SocketAddress
        let bytes: [UInt8]
    }

    let policy: ReplyPolicy
    private let budget: SharedLimit
    private var taken = 0
    /// Those that came, in their order; none where a listener has each of them.
    private(set) var items: [Item] = []
    /// How many the caller gets.
    private(set) var count = 0
    /// How many came and were thrown away, for there were too many of them or they were too long.
    private(set) var dropped = 0
    /// Is told of each at once.
    weak var listener: (any ReplyListener)?
    /// The exchanges that collect: one, or one with each address of the service.
    private(set) var exchanges: [Exchange] = []

    init(policy: ReplyPolicy, budget: SharedLimit) {
        self.policy = policy
        self.budget = budget
    }

    deinit { budget.giveBack(taken) }

    /// Whether there are as many as were asked for.
    var isFull: Bool { policy.count == .some(count) }

    /// Whether it ended before its time, or without one of the addresses.
    private var isPartial = false

    /// Whether nothing that belongs to the answer is missing.
    var isComplete: Bool { dropped == 0 && (isFull || policy.count == .all && !isPartial) }

    /// Whether what has come is the answer, although the exchange may have ended without a reply: none is any number.
    func isAnswer(to outcome: Result<Reply, GatewayError>) -> Bool {
        switch outcome {
        case .success: true
        case .failure(.silent): policy.count == .all || count > 0
        case .failure: false
        }
    }

    /// Takes a reply down; false where the caller does not get it.
    func add(_ bytes: ArraySlice<UInt8>, from sender: SocketAddress, after time: Interval) -> Bool {
        guard count < policy.maxReplies, budget.take(bytes.count) else {
            drop()
            return false
        }
        taken += bytes.count
        count += 1
        let item = Item(time: time, sender: sender, bytes: Array(bytes))
        if let listener { listener.received(item) } else { items.append(item) }
        return true
    }

    /// Takes down that one of the addresses could not be asked.
    func noteMissing() { isPartial = true }

    /// An exchange begins to collect.
    func join(_ exchange: Exchange) { exchanges.append(exchange) }

    /// An exchange has ended.
    func leave(_ exchange: Exchange) { exchanges.removeAll { $0 === exchange } }

    /// No more replies are waited for, from any address, when it has been quiet for so long.
    func awaitMore(quiet: Interval) {
        for exchange in exchanges where exchange.isListening { exchange.awaitMore(quiet: quiet) }
    }

    /// Ends before its time, with what has come.
    func cut() {
        isPartial = true
        // What is told of the last one may begin the next exchange.
        for exchange in exchanges where exchange.isUnderWay(for: self) { exchange.finishCollecting(with: .success(0)) }
    }

    /// Ends, and tells nothing: the caller has left, or has its answer.
    func abandon() {
        for exchange in exchanges { exchange.abandon() }
    }

    /// Takes down that a reply came which the caller does not get.
    func drop() { dropped += 1 }
}
