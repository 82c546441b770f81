import Glibc
import Testing

@testable import System

@Suite struct DatagramSocketTests {
    @Test(arguments: [0, 1, 1472, 9000, 65_507])
    func everyLengthArrivesWhole(length: Int) throws {
        let server = try server()
        let client = try DatagramSocket(connectedTo: try place(of: server))
        let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try client.send(message)
        let (bytes, received) = try server.next()
        #expect(bytes == message && received == length)
        #expect(server.drain().isEqual(0, 0))
    }

    @Test func aByteTooManyIsRefused() throws {
        let server = try server()
        let client = try DatagramSocket(connectedTo: try place(of: server))
        #expect(throws: SystemError(.send, nil, .messageTooLong)) {
            try client.send([UInt8](repeating: 1, count: DatagramSocket.maximumPayload + 1))
        }
        try client.send([1])
        #expect(try server.next().bytes == [1])
    }

    @Test func nothingThereIsNoFailure() throws {
        let server = try server()
        var bytes = [UInt8](repeating: 0, count: 10)
        #expect(try server.receive(into: &bytes, 0..<10) == nil)
        #expect(server.drain().isEqual(0, 0))
    }

    /// A socket that is bound before it is connected hears every sender in between, as any socket does for a moment.
    @Test(arguments: [0, 1, 3]) func whatStrangersSentBeforeIsThrownAway(count: Int) throws {
        let socket = try server()
        let peer = try server()
        let stranger = try server()
        let here = try place(of: socket)
        for number in 0..<count { _ = try stranger.send([UInt8(number)].span, to: here) }
        let dropped = try socket.dropStrangersOnceConnected(to: try place(of: peer))
        #expect(dropped == count)
        for text in [[7], [8]] as [[UInt8]] { _ = try peer.send(text.span, to: here) }
        waitToRead(socket.descriptor)
        // From now on the socket hears no other sender, and loses nothing of the peer's.
        _ = try stranger.send([9].span, to: here)
        #expect(try socket.dropStrangers() == 0)
        #expect(try socket.next().bytes == [7])
        #expect(try socket.dropStrangers() == 0)
        #expect(socket.drain().isEqual(1, 0))
    }

    /// Where the room ends, the end of the datagram is lost, and the length says so.
    @Test(arguments: [9, 10, 11, 5000])
    func truncation(length: Int) throws {
        let server = try server()
        let client = try DatagramSocket(connectedTo: try place(of: server))
        try client.send([UInt8](repeating: 5, count: length))
        let (bytes, received) = try server.next(room: 10)
        #expect(bytes == [UInt8](repeating: 5, count: min(10, length)))
        #expect(received == length)
    }

    @Test func onlyTheRoomIsWritten() throws {
        let server = try server()
        let client = try DatagramSocket(connectedTo: try place(of: server))
        try client.send([1, 2, 3])
        waitToRead(server.descriptor)
        var bytes = [UInt8](repeating: 9, count: 6)
        #expect(try server.receive(into: &bytes, 2..<4) == 3)
        #expect(bytes == [9, 9, 1, 2, 9, 9])
    }

    @Test func oneIsTakenAndTheRestStays() throws {
        let server = try server()
        let client = try DatagramSocket(connectedTo: try place(of: server))
        for number in 1...5 { try client.send([UInt8(number)]) }
        #expect(try server.next().bytes == [1])
        #expect(try server.next().bytes == [2])
        #expect(server.drain().isEqual(3, 0))
        try client.send([6])
        #expect(try server.next().bytes == [6])
    }

    @Test func aConnectedSocketHearsItsPeerOnly() throws {
        let server = try server()
        let client = try DatagramSocket(connectedTo: try place(of: server))
        let stranger = try DatagramSocket(connectedTo: try client.localAddress())
        let peer = try DatagramSocket(boundTo: try address("127.0.0.2"))
        // The kernel finds no socket for the stranger's datagram and tells it so: it has been looked at by then.
        _ = try stranger.send([6, 6, 6])
        waitToRead(stranger.descriptor)
        #expect(throws: SystemError(.receive, nil, .connectionRefused)) { try stranger.next() }
        #expect(client.drain().isEqual(0, 0))
        _ = peer
    }

    @Test func aRefusalIsReported() throws {
        let gone: SocketAddress
        do { gone = try place(of: try server()) }
        let client = try DatagramSocket(connectedTo: gone)
        try client.send([1])
        waitToRead(client.descriptor)
        #expect(throws: SystemError(.receive, nil, .connectionRefused)) { try client.next() }
        try client.send([1])
        waitToRead(client.descriptor)
        #expect(client.drain().isEqual(0, 1))
        #expect(client.drain().isEqual(0, 0))
    }

    @Test func aTakenPortIsNamed() throws {
        let taken = try place(of: try server())
        let first = try DatagramSocket(boundTo: taken)
        #expect(throws: SystemError(.bind, taken, .addressInUse)) {
            try DatagramSocket(boundTo: taken).descriptor.number
        }
        _ = first
    }

    @Test func aForeignAddressIsNamed() throws {
        let foreign = try address("192.0.2.1", 9)
        #expect(throws: SystemError(.bind, foreign, .addressNotAvailable)) {
            try DatagramSocket(boundTo: foreign).descriptor.number
        }
    }

    @Test func socketsCanShareAPort() throws {
        let first = try DatagramSocket(boundTo: try address("127.0.0.1"))
        try first.sharePort()
        let second = try DatagramSocket(boundTo: try place(of: first), sharingPort: true)
        #expect(try place(of: first) == place(of: second))
        // The sender's port decides which socket gets a datagram, and none is lost.
        for _ in 0..<64 { try DatagramSocket(connectedTo: try place(of: first)).send([1]) }
        let counts = (first.drain().datagrams, second.drain().datagrams)
        #expect(counts.0 + counts.1 == 64 && counts.0 > 0 && counts.1 > 0, "\(counts)")
    }

    /// A socket that was bound first, without the option, is another program's as likely as not.
    @Test(arguments: ["127.0.0.1", "0.0.0.0"])
    func aSharedPortIsNotForOthers(host: String) throws {
        let first = try DatagramSocket(boundTo: try address(host))
        try first.sharePort()
        let second = try DatagramSocket(boundTo: try place(of: first), sharingPort: true)
        let taken = try address("127.0.0.1", place(of: second).port)
        #expect(throws: SystemError(.bind, taken, .addressInUse)) {
            try DatagramSocket(boundTo: taken).descriptor.number
        }
    }

    @Test func systemChoosesThePort() throws {
        let server = try server()
        #expect(try place(of: server).port != 0)
    }
}
