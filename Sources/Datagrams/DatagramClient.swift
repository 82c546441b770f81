package import EventLoop
package import System

/// The reason why an exchange with a UDP server ended without a reply.
package enum DatagramClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No reply came in time from any of the addresses; `attempts` counts the datagrams to all of them.
    case timedOut([SocketAddress], after: Interval, attempts: Int)
    /// The hosts reported that the port is closed (ICMP "port unreachable").
    case refused([SocketAddress])
    /// Fewer replies came than were wanted; without a number, none came.
    case tooFew(Int, of: Int?, after: Interval)
    /// The text is longer than a datagram can be.
    case tooLong(Int)
    /// The system refused to send or to receive.
    case failed(SystemError)

    /// One line with the failure and the thing to check.
    package var description: String {
        switch self {
        case .timedOut(let servers, let time, let attempts):
            "no reply from \(Self.words(servers)) within \(time), \(attempts) \(attempts == 1 ? "attempt" : "attempts")"
        case .refused(let servers):
            "no server listens at \(Self.words(servers)): is it running?"
        case .tooFew(let count, let wanted?, let time):
            "\(count) of \(wanted) \(wanted == 1 ? "reply" : "replies") came within \(time)"
        case .tooFew(_, nil, let time): "no reply came within \(time)"
        case .tooLong(let length):
            "\(length) bytes do not fit in one datagram, which holds \(DatagramSocket.maximumPayload)"
        case .failed(let error): error.description
        }
    }

    private static func words(_ servers: [SocketAddress]) -> String {
        servers.map { "\($0)" }.joined(separator: " or ")
    }

    /// The failure of an exchange by those of each address, at least one: silence outweighs a refusal, and that one an
    /// error of the system, for a silent server may have been reached.
    static func summary(of failures: [DatagramClientError], within timeout: Interval) -> DatagramClientError {
        var (silent, refusing, attempts) = ([] as [SocketAddress], [] as [SocketAddress], 0)
        for failure in failures {
            switch failure {
            case .timedOut(let servers, _, let count): (silent, attempts) = (silent + servers, attempts + count)
            case .refused(let servers): refusing += servers
            default: break
            }
        }
        if !silent.isEmpty { return .timedOut(silent, after: timeout, attempts: attempts) }
        return refusing.isEmpty ? failures[0] : .refused(refusing)
    }
}

/// The tutorial's UDP client: sends a datagram to a server and waits for its reply.
package struct DatagramClient: ~Copyable {
    /// A reply and its circumstances.
    package struct Reply: Sendable {
        /// The server's address that has replied.
        package let server: SocketAddress
        /// The datagram's bytes.
        package let bytes: [UInt8]
        /// The time from the first send to the reply.
        package let roundTrip: Interval
        /// The number of datagrams sent, without those that a router dropped and that left again in fragments.
        package let attempts: Int

        /// The circumstances in words.
        var effort: String {
            "\(roundTrip.words), \(attempts) \(attempts == 1 ? "attempt" : "attempts")"
        }
    }

    /// One of the server's addresses, with its socket and its round trips.
    private final class Server {
        let address: SocketAddress
        // RFC 8085 3.1.1 asks for an initial second; this client serves a waiting person, and few round trips are longer
        // than a tenth. A server on the same machine may be slow for once: so the floor.
        var estimator = RoundTripEstimator(floor: .milliseconds(20), initial: .milliseconds(100))
        /// The socket of the last exchange: it stays open until the next one has its own, so that the two never share a
        /// port.
        var former: DatagramSocket?

        init(_ address: SocketAddress) {
            self.address = address
        }
    }

    /// The most times that a path may shrink during a send: each router on it may report once.
    static let mostRepeats = 4

    /// The address for the first attempt, followed by the addresses that replace it while it is silent.
    private var servers: [Server]
    private let timeout: Interval
    private let attempts: Int
    private let onDatagram: DatagramEvent.Observer?

    /// Prepares exchanges with a server at its addresses.
    ///
    /// - `timeout`: the time for a whole exchange, all attempts together.
    /// - `attempts`: the most datagrams to each address, 1 or more; the pauses between them double, and none is shorter
    ///   than a round trip.
    /// - `onDatagram`: gets an event for each datagram.
    package init(
        servers: [SocketAddress], timeout: Interval, attempts: Int, onDatagram: DatagramEvent.Observer? = nil
    ) {
        precondition(attempts >= 1, "an exchange needs an attempt")
        precondition(!servers.isEmpty, "a server has an address")
        self.servers = servers.map(Server.init)
        self.timeout = timeout
        self.attempts = attempts
        self.onDatagram = onDatagram
    }

    /// Sends one datagram and waits for its reply; without one it sends again, and then to the next address.
    ///
    /// Each exchange has a socket of its own, so that a late reply to the last one finds its port closed. The addresses
    /// share the remaining time. The next exchange begins with the address that has replied.
    package mutating func exchange(
        _ message: [UInt8], on loop: EventLoop
    ) async throws(DatagramClientError) -> Reply {
        guard message.count <= DatagramSocket.maximumPayload else { throw .tooLong(message.count) }
        let end = MonotonicTime.now() + timeout
        var failures: [DatagramClientError] = []
        for remaining in (1...servers.count).reversed() {
            // The last address gets all remaining time, to the nanosecond where it is the only one.
            let left = servers.count == 1 ? timeout : end.since(.now())
            do throws(DatagramClientError) {
                let share = Interval(nanoseconds: left.nanoseconds / UInt64(remaining))
                return try await exchange(message, with: servers[0], within: share, on: loop)
            } catch {
                failures.append(error)
                servers.append(servers.removeFirst())
            }
        }
        throw .summary(of: failures, within: timeout)
    }

    private func exchange(
        _ message: [UInt8], with server: Server, within time: Interval, on loop: EventLoop
    ) async throws(DatagramClientError) -> Reply {
        var sent = 0
        do {
            let socket = try DatagramSocket(connectedTo: server.address)
            try socket.allowFragments(towards: server.address)
            let reply = try await exchange(message, with: server, over: socket, within: time, &sent, on: loop)
            server.former = consume socket
            if let reply {
                if sent == 1 {
                    server.estimator.sample(reply.roundTrip)
                } else {
                    server.estimator.noteRepeated(reply.roundTrip)
                }
                return reply
            }
        } catch {
            throw error.reason == .connectionRefused ? .refused([server.address]) : .failed(error)
        }
        throw .timedOut([server.address], after: time, attempts: sent)
    }

    private func exchange(
        _ message: [UInt8], with server: Server, over socket: borrowing DatagramSocket, within time: Interval,
        _ sent: inout Int, on loop: EventLoop
    ) async throws(SystemError) -> Reply? {
        let watch = try AsyncWatch(socket.descriptor, as: .datagrams, on: loop)
        // Longer than any datagram, also over IPv6, so that no reply is cut.
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let start = MonotonicTime.now()
        let end = start + time
        var deadline = start
        var repeats = 0
        while sent < attempts, sent == 0 || deadline < end {
            try await send(
                message, to: server.address, over: socket, sent == 0 ? "sent" : "sent again", until: end, on: loop)
            sent += 1
            // The attempts are spread over the whole time, but never before a round trip is over; the last one has the rest.
            let spread = start + Backoff.elapsed(after: sent, of: attempts, within: time)
            deadline = min(end, max(spread, deadline + server.estimator.timeout(attempt: sent)))
            while await watch.readable(until: deadline) == .ready {
                do {
                    if let reply = try reply(of: server.address, over: socket, &buffer, start, sent) { return reply }
                } catch {
                    // A router dropped the datagram, for the next link takes less (RFC 4443 3.2); now the kernel knows
                    // the length.
                    guard error.reason == .messageTooLong, repeats < Self.mostRepeats else { throw error }
                    repeats += 1
                    // The report comes before a reply that waits already.
                    watch.keepReadable()
                    try await send(
                        message, to: server.address, over: socket, "sent again in fragments", until: end, on: loop)
                }
            }
        }
        return nil
    }

    /// Takes the reply; nil where none waits.
    private func reply(
        of server: SocketAddress, over socket: borrowing DatagramSocket, _ buffer: inout [UInt8],
        _ start: MonotonicTime, _ sent: Int
    ) throws(SystemError) -> Reply? {
        _ = try socket.dropStrangers()
        guard let length = try socket.receive(into: &buffer, buffer.indices) else { return nil }
        let reply = Reply(
            server: server, bytes: Array(buffer[..<length]), roundTrip: MonotonicTime.now().since(start), attempts: sent
        )
        onDatagram?(
            DatagramEvent(
                reply.bytes.span, from: server, to: try? socket.localAddress(), "received \(reply.effort)"))
        return reply
    }

    /// Sends a datagram as soon as this host has room for it.
    private func send(
        _ message: [UInt8], to server: SocketAddress, over socket: borrowing DatagramSocket, _ what: String,
        until end: MonotonicTime, on loop: EventLoop
    ) async throws(SystemError) {
        try await whenThereIsRoom(until: end, on: loop) { () throws(SystemError) in try socket.send(message.span) }
        onDatagram?(DatagramEvent(message.span, from: try? socket.localAddress(), to: server, what))
    }
}
