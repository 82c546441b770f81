public import EventLoop
public import Sockets

/// Why an exchange with a UDP server ended without a reply.
public enum DatagramClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nobody answered in time.
    case timedOut(SocketAddress, after: Interval, attempts: Int)
    /// The host reported that nobody listens at the port (ICMP "port unreachable").
    case refused(SocketAddress)
    /// The text is longer than a datagram can be.
    case tooLong(Int)
    /// The system refused to send or to receive.
    case failed(SocketError)

    /// One line that says what happened and what to look at.
    public var description: String {
        switch self {
        case .timedOut(let server, let time, let attempts):
            "no reply from \(server) within \(time), \(attempts) \(attempts == 1 ? "attempt" : "attempts")"
        case .refused(let server):
            "nobody listens at \(server): is the server running?"
        case .tooLong(let length):
            "\(length) bytes do not fit in one datagram, which holds \(DatagramSocket.maximumPayload)"
        case .failed(let error): error.description
        }
    }
}

/// The tutorial's UDP client: sends a datagram to a server and waits for its reply.
public struct DatagramClient: ~Copyable {
    /// A reply and how it was come by.
    public struct Reply: Sendable {
        /// The datagram's bytes.
        public let bytes: [UInt8]
        /// From the first send to the reply.
        public let roundTrip: Interval
        /// How many datagrams were sent.
        public let attempts: Int
    }

    /// Where the server is.
    public let server: SocketAddress
    private let timeout: Interval
    private let attempts: Int
    /// The socket of the exchange before: open until the next has its own, so that the two never share a port.
    private var former: DatagramSocket?

    /// Prepares to talk to one server.
    ///
    /// - `timeout`: for a whole exchange, all attempts together.
    /// - `attempts`: how often a datagram is sent at most, 1 or more; the pauses between them double.
    public init(server: SocketAddress, timeout: Interval, attempts: Int) {
        precondition(attempts >= 1, "an exchange needs an attempt")
        self.server = server
        self.timeout = timeout
        self.attempts = attempts
    }

    /// Sends one datagram and waits for the reply; sends it again while none comes.
    ///
    /// Each exchange has a socket of its own: a late reply to the one before finds its door closed.
    public mutating func exchange(
        _ message: [UInt8], on loop: EventLoop
    ) async throws(DatagramClientError) -> Reply {
        guard message.count <= DatagramSocket.maximumPayload else { throw .tooLong(message.count) }
        do {
            let socket = try DatagramSocket(connectedTo: server)
            try socket.allowFragments(towards: server)
            let reply = try await exchange(message, over: socket, on: loop)
            former = consume socket
            if let reply { return reply }
        } catch {
            throw error.reason == .connectionRefused ? .refused(server) : .failed(error)
        }
        throw .timedOut(server, after: timeout, attempts: attempts)
    }

    private func exchange(
        _ message: [UInt8], over socket: borrowing DatagramSocket, on loop: EventLoop
    ) async throws(SocketError) -> Reply? {
        let watch = try loop.watch(socket.descriptor, as: .datagrams)
        // More than any datagram can hold, also over IPv6, so that no reply is cut.
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let start = MonotonicTime.now()
        for attempt in 1...attempts {
            _ = try socket.send(message.span)
            let deadline = start + Backoff.elapsed(after: attempt, of: attempts, within: timeout)
            while await loop.readable(watch, until: deadline) == .ready {
                _ = try socket.dropStrangers()
                guard let length = try socket.receive(into: &buffer, buffer.indices) else { continue }
                return Reply(
                    bytes: Array(buffer[..<length]), roundTrip: MonotonicTime.now().since(start),
                    attempts: attempt)
            }
        }
        return nil
    }
}
