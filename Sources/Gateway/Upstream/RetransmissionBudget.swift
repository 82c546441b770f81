/// How many datagrams may be sent again: a share of the requests, so that a service that struggles is not buried.
struct RetransmissionBudget {
    /// Retransmissions for each request, 0 to 1.
    let share: Double
    /// So much may be saved up: enough for the few requests of a quiet time, too little for a storm.
    private static let most = 100.0
    /// What there is at the beginning, when no request has paid in yet.
    private var balance = 10.0

    init(share: Double) {
        self.share = share
    }

    /// Pays in for a request.
    mutating func deposit() {
        balance = min(Self.most, balance + share)
    }

    /// Pays for a retransmission; false when there is not enough.
    mutating func withdraw() -> Bool {
        guard balance >= 1 else { return false }
        balance -= 1
        return true
    }
}
