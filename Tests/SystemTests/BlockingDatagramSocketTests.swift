import Glibc
import Testing

@testable import System

@Suite struct BlockingDatagramSocketTests {
    private func server(_ family: BlockingDatagramSocket.Family = .ipv4) throws -> BlockingDatagramSocket {
        let socket = try BlockingDatagramSocket(family)
        try socket.bind(to: try address(family == .ipv4 ? "127.0.0.1" : "::1"))
        return socket
    }

    /// One exchange, as the tutorial has it: the sender of the datagram gets the reply.
    private func exchange(_ message: [UInt8], _ family: BlockingDatagramSocket.Family) throws -> [UInt8] {
        let server = try server(family)
        let client = try BlockingDatagramSocket(family)
        let place = try server.localAddress()
        try client.send(message, to: place)
        let (received, sender) = try server.receive(upTo: 65_507)
        #expect(sender.host == place.host && sender.port != place.port)
        try server.send(received + [0xFF], to: sender)
        let (reply, source) = try client.receive(upTo: 65_507)
        #expect(source == place)
        return reply
    }

    @Test(arguments: [0, 1, 1472, 65_506])
    func aReplyFindsTheSender(length: Int) throws {
        let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try exchange(message, .ipv4) == message + [0xFF])
    }

    @Test(.enabled(if: hasIPv6)) func overIPv6() throws {
        #expect(try exchange([1, 2, 3], .ipv6) == [1, 2, 3, 0xFF])
    }

    @Test(arguments: [9, 10, 11, 5000])
    func theRestOfALongerOneIsLost(length: Int) throws {
        let server = try server()
        let client = try BlockingDatagramSocket(.ipv4)
        let place = try server.localAddress()
        try client.send([UInt8](repeating: 5, count: length), to: place)
        try client.send([7], to: place)
        #expect(try server.receive(upTo: 10).datagram == [UInt8](repeating: 5, count: min(10, length)))
        #expect(try server.receive(upTo: 10).datagram == [7])
    }

    /// Neither a flag of the socket nor one of the calls makes them return at once (open(2), O_NONBLOCK).
    @Test func callsWait() throws {
        let server = try server()
        #expect(fcntl(server.descriptor.number, F_GETFL) & O_NONBLOCK == 0)
        #expect(fcntl(server.descriptor.number, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test func whatFailsNamesTheAddress() throws {
        let server = try server()
        let place = try server.localAddress()
        let other = try BlockingDatagramSocket(.ipv4)
        #expect(throws: SystemError(.bind, place, .addressInUse)) { try other.bind(to: place) }
        #expect(throws: SystemError(.send, place, .messageTooLong)) {
            try other.send([UInt8](repeating: 1, count: 65_508), to: place)
        }
    }
}
