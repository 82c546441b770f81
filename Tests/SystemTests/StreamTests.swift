import CLinux
import Glibc
import Testing

@testable import System

@Suite struct StreamTests {
    /// A connection: the accepted end and the connecting one.
    private func connect(to listener: borrowing StreamListener) throws -> (server: StreamBox, client: StreamBox) {
        let descriptor = try Descriptor(domain: AF_INET, type: SOCK_STREAM)
        // The handshake goes on by itself; the listener tells when it is done.
        let address = try #require(listener.address.socketAddress)
        unsafe address.withSocketAddress { _ = unsafe Glibc.connect(descriptor.number, $0, $1) }
        let client = StreamBox(descriptor.release())
        waitToRead(listener.descriptor)
        let number = try listener.accept()?.release()
        return (StreamBox(try #require(number)), client)
    }

    private func listen() throws -> StreamListener { try StreamListener(on: try address("127.0.0.1")) }

    @Test func nobodyWaits() throws {
        let listener = try listen()
        #expect(try listener.accept()?.release() == nil)
        #expect(listener.address.port != 0)
    }

    /// Connections in the queue are accepted, and a client that tries at the end is refused: none is connected and then
    /// reset.
    @Test func noConnectionBeginsAtTheEnd() throws {
        let listener = try listen()
        let early = try Descriptor(domain: AF_INET, type: SOCK_STREAM)
        let late = try Descriptor(domain: AF_INET, type: SOCK_STREAM)
        let address = try #require(listener.address.socketAddress)
        unsafe address.withSocketAddress { _ = unsafe Glibc.connect(early.number, $0, $1) }
        waitToRead(listener.descriptor)
        listener.ignoreNewConnections()
        unsafe address.withSocketAddress { _ = unsafe Glibc.connect(late.number, $0, $1) }
        let accepted = try #require(try listener.accept()?.release())
        let server = StreamBox(accepted)
        #expect(try server.socket.send([7].span) == 1)
        waitToRead(early)
        #expect(try listener.accept()?.release() == nil)
        listener.stop()
        // It asks again after a second.
        waitToRead(late)
        #expect(socketOption(SO_ERROR, of: late.number) == ECONNREFUSED)
    }

    @Test func acceptedSocketsAreSetUp() throws {
        let (server, client) = try connect(to: try listen())
        let number = server.socket.descriptor.number
        #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
        #expect(fcntl(number, F_GETFL) & O_NONBLOCK != 0)
        #expect(socketOption(Int32(TCP_NODELAY), of: server.socket.descriptor.number, at: Int32(IPPROTO_TCP)) == 1)
        _ = client
    }

    /// A service manager does not set the option.
    @Test func socketsOfAnInheritedListenerSendAtOnce() throws {
        let opened = try Descriptor(domain: AF_INET, type: SOCK_STREAM)
        try #require(Glibc.listen(opened.number, 4) == 0)
        let listener = try StreamListener(inheriting: InheritedListeners.Entry(number: opened.release(), name: ""))
        let (server, client) = try connect(to: listener)
        #expect(socketOption(Int32(TCP_NODELAY), of: server.socket.descriptor.number, at: Int32(IPPROTO_TCP)) == 1)
        _ = client
    }

    @Test func bytesThenTheEnd() throws {
        let (server, client) = try connect(to: try listen())
        var bytes = [UInt8](repeating: 0, count: 8)
        #expect(try server.socket.receive(into: &bytes, 0..<8) == nil)
        #expect(try client.socket.send([1, 2, 3].span) == 3)
        client.socket.shutDownSending()
        waitToRead(server.socket.descriptor)
        #expect(try server.socket.receive(into: &bytes, 4..<6) == 2)
        #expect(bytes == [0, 0, 0, 0, 1, 2, 0, 0])
        #expect(try server.socket.receive(into: &bytes, 0..<8) == 1)
        #expect(try server.socket.receive(into: &bytes, 0..<8) == 0)
        // The other half is still open.
        #expect(try server.socket.send([9].span) == 1)
        waitToRead(client.socket.descriptor)
        #expect(try client.socket.receive(into: &bytes, 0..<8) == 1)
    }

    @Test func aFullBufferIsNoFailure() throws {
        let (server, client) = try connect(to: try listen())
        let chunk = [UInt8](repeating: 1, count: 1 << 20)
        var (sent, received) = (0, 0)
        while let count = try server.socket.send(chunk.span) { sent += count }
        #expect(sent > 0)
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        while received < sent {
            waitToRead(client.socket.descriptor)
            received += try client.socket.receive(into: &bytes, bytes.indices) ?? 0
        }
        #expect(received == sent)
        #expect(try server.socket.send(chunk.span) != nil)
    }

    /// The count stays while the peer does not read, and falls when it does.
    @Test func unsentBytes() throws {
        let (server, client) = try connect(to: try listen())
        #expect(server.socket.unsent == 0)
        let chunk = [UInt8](repeating: 1, count: 1 << 20)
        while try server.socket.send(chunk.span) != nil {}
        let full = server.socket.unsent
        #expect(full > 0)
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        while server.socket.unsent >= full {
            waitToRead(client.socket.descriptor)
            _ = try client.socket.receive(into: &bytes, bytes.indices)
        }
    }

    @Test func writingToNobodyIsAnError() throws {
        let number: Int32
        do {
            let (server, client) = try connect(to: try listen())
            number = fcntl(server.socket.descriptor.number, F_DUPFD_CLOEXEC, 0)
            _ = client
        }
        let server = StreamSocket(owning: number)
        waitToRead(server.descriptor)
        #expect(throws: SystemError.self) {
            for _ in 0..<3 {
                _ = try server.send([1].span)
                waitToRead(server.descriptor)
            }
        }
    }

    @Test func aTakenPortIsNamed() throws {
        let listener = try listen()
        let address = try #require(listener.address.socketAddress)
        #expect(throws: SystemError(.bind, address, .addressInUse)) {
            try StreamListener(on: address).descriptor.number
        }
    }
}

/// Lets a tuple hold a connection.
final class StreamBox {
    let socket: StreamSocket

    init(_ socket: consuming StreamSocket) {
        self.socket = socket
    }

    convenience init(_ number: Int32) {
        self.init(StreamSocket(owning: number))
    }
}
