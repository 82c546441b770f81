/// The budget of retransmissions: a share of the requests, so that a struggling service does not drown in them; an
/// infinite share is no limit.
struct RetransmissionBudget {
    /// Retransmissions for each request: 0 to 1, or infinity.
    let share: Double
    /// The most savings: enough for the few requests of a quiet time, too little for a storm.
    private static let most = 100.0
    /// The initial balance, before any request has paid in; a share of 0 means that nothing is sent again.
    private static let initial = 10.0
    private var balance: Double

    init(share: Double) {
        self.share = share
        balance = share > 0 ? Self.initial : 0
    }

    mutating func deposit() {
        balance = min(Self.most, balance + share)
    }

    /// Pays for a retransmission; false when the balance is too small.
    mutating func withdraw() -> Bool {
        guard share < .infinity else { return true }
        guard balance >= 1 else { return false }
        balance -= 1
        return true
    }
}
