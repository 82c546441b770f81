package import System

/// A datagram that came or left, or a report about one, as `--verbose` prints it.
package struct DatagramEvent: Sendable, CustomStringConvertible {
    /// The receiver of each event.
    package typealias Observer = @Sendable (DatagramEvent) -> Void

    private let sender: SocketAddress?
    private let receiver: SocketAddress?
    private let length: Int?
    private let beginning: [UInt8]
    private let what: String

    /// The most bytes that the line shows of a datagram.
    package static let shown = 32

    /// An event of a datagram, or of the beginning of a longer one.
    package init(
        _ bytes: Span<UInt8>, ofLength length: Int? = nil, from sender: SocketAddress?, to receiver: SocketAddress?,
        _ what: String
    ) {
        var end = min(bytes.count, Self.shown)
        // The cut does not split a character, whose first byte tells its length (RFC 3629 3).
        if end < bytes.count, bytes[end] & 0xC0 == 0x80,
            let first = (end - 3..<end).last(where: { bytes[$0] & 0xC0 != 0x80 })
        {
            let length = [0xC0, 0xE0, 0xF0].count { bytes[first] >= $0 } + 1
            if length > 1, first + length > end { end = first }
        }
        self.init((0..<end).map { bytes[$0] }, ofLength: length ?? bytes.count, from: sender, to: receiver, what)
    }

    /// An event with the datagram's first bytes; without a length there is no datagram, as with a refusal.
    package init(
        _ beginning: [UInt8], ofLength length: Int?, from sender: SocketAddress?, to receiver: SocketAddress?,
        _ what: String
    ) {
        self.beginning = beginning
        self.length = length
        self.sender = sender
        self.receiver = receiver
        self.what = what
    }

    /// One line without its time, such as "127.0.0.1:40000 -> 127.0.0.1:12000, 5 bytes "hello": received".
    package var description: String {
        let way = "\(words(for: sender)) -> \(words(for: receiver))"
        guard let length else { return "\(way): \(what)" }
        let bytes = "\(length) \(length == 1 ? "byte" : "bytes")"
        let more = length > beginning.count ? "..." : ""
        // As in the access log, so that an escape and the same letters in the datagram look different.
        let escaped = beginning.flatMap { "\\\"".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
        let text = length == 0 ? "" : " \"\(String(showing: escaped))\"\(more)"
        return "\(way), \(bytes)\(text): \(what)"
    }

    private func words(for address: SocketAddress?) -> String { address.map { "\($0)" } ?? "?" }
}

/// Reports the datagrams of a server's socket one by one.
struct DatagramObserver {
    /// The server's address, which may be every address of the machine.
    let address: SocketAddress?
    let report: DatagramEvent.Observer

    /// Reports the datagrams received last.
    func reportReceived(_ batch: borrowing DatagramBatch) {
        batch.forEach(at: address?.port ?? 0) { sender, receiver, bytes in
            report(DatagramEvent(bytes, from: sender, to: receiver ?? address, "received"))
        }
    }

    /// Reports a reply that no datagram can carry.
    func reportOversized(_ reply: DatagramBatch.Oversized) {
        report(
            DatagramEvent(
                [], ofLength: reply.length, from: address, to: reply.sender, "not sent: it does not fit in a datagram"))
    }

    /// Reports the replies; `failures` has the place in the batch of each that could not be sent.
    func reportSent(_ batch: borrowing DatagramBatch, _ failures: [Int: SystemError]) {
        batch.forEachReply(ofAtLeast: 0) { place, receiver, source, bytes in
            let failure = failures[place].map { "\($0)" } ?? (place < batch.sent ? nil : "the server ends")
            reportReply(bytes, from: source, to: receiver, failure.map { "not sent: \($0)" } ?? "sent")
        }
    }

    /// Reports a reply that a router had dropped, and the reason if it could not be sent again.
    func reportSentAgain(_ reply: RecentReplies.Reply, _ failure: SystemError?) {
        let what = failure.map { "not sent again: \($0)" } ?? "sent again in fragments"
        reportReply(reply.bytes.span, from: reply.source, to: reply.receiver, what)
    }

    private func reportReply(
        _ bytes: Span<UInt8>, from source: ReplySource?, to receiver: SocketAddress, _ what: String
    ) {
        let sender = source?.address(towards: receiver, port: address?.port ?? 0)
        report(DatagramEvent(bytes, from: sender ?? address, to: receiver, what))
    }
}
