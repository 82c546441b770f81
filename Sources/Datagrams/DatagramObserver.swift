internal import System

/// Reports the datagrams of a server's socket one by one.
struct DatagramObserver {
    /// The server's address.
    let address: SocketAddress?
    let report: DatagramEvent.Observer

    /// Reports the datagrams received last.
    func reportReceived(_ batch: borrowing DatagramBatch) {
        batch.forEach { (sender: SocketAddress, bytes: Span<UInt8>) in
            report(DatagramEvent(bytes, from: sender, to: address, "received"))
        }
    }

    /// Reports a reply that no datagram can carry.
    func reportOversized(_ reply: DatagramBatch.Oversized) {
        report(
            DatagramEvent(
                [], ofLength: reply.length, from: address, to: reply.sender, "not sent: it does not fit in a datagram"))
    }

    /// Reports the replies and those that could not be sent.
    func reportSent(_ batch: borrowing DatagramBatch, _ failures: [SystemError]) {
        var failures = failures
        batch.forEachReply(ofAtLeast: 0) { receiver, _, bytes in
            let index = failures.firstIndex { $0.address == receiver }
            let what = index.map { "not sent: \(failures.remove(at: $0))" } ?? "sent"
            report(DatagramEvent(bytes, from: address, to: receiver, what))
        }
    }
}
