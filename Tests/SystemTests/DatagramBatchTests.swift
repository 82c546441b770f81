import Glibc
import Testing

@testable import System

@Suite struct DatagramBatchTests {
    /// Takes everything that waits and answers with `respond`, as a server does.
    private func serve(
        _ server: borrowing DatagramSocket, _ batch: inout DatagramBatch,
        _ respond: (Span<UInt8>, inout OutputSpan<UInt8>) -> Void
    ) throws -> (received: Int, oversized: [DatagramBatch.Oversized]) {
        waitToRead(server.descriptor)
        let received = try batch.receive(from: server)
        let oversized = batch.answer(respond)
        #expect(try batch.send(over: server) == true)
        return (received, oversized)
    }

    /// Says what it heard, with a mark.
    private func echo(_ datagram: Span<UInt8>, _ reply: inout OutputSpan<UInt8>) {
        reply.append(UInt8(ascii: ">"))
        for index in datagram.indices { reply.append(datagram[index]) }
    }

    @Test func eachSenderGetsItsOwnReply() throws {
        let server = try server()
        var clients: [DatagramBox] = []
        for number in 0..<40 {
            let client = DatagramBox(try DatagramSocket(connectedTo: try place(of: server)))
            try client.socket.send([UInt8](repeating: UInt8(number), count: number * 100))
            clients.append(client)
        }
        var batch = DatagramBatch(capacity: 64)
        #expect(try serve(server, &batch, echo).received == 40)
        #expect(batch.count == 40)
        #expect(batch.isFull == false)
        for (number, client) in clients.enumerated() {
            let bytes = try client.socket.next().bytes
            #expect(bytes == [UInt8(ascii: ">")] + [UInt8](repeating: UInt8(number), count: number * 100))
            #expect(client.socket.drain().isEqual(0, 0))
        }
    }

    @Test func moreThanABatchIsTakenInTurns() throws {
        let server = try server()
        let client = try DatagramSocket(connectedTo: try place(of: server))
        for number in 0..<10 { try client.send([UInt8(number)]) }
        var batch = DatagramBatch(capacity: 4)
        var counts: [Int] = []
        for _ in 0..<3 {
            counts.append(try serve(server, &batch, echo).received)
            #expect(batch.isFull == (counts.last == 4))
        }
        #expect(counts == [4, 4, 2])
        #expect(try batch.receive(from: server) == 0)
        #expect(batch.count == 0)
        #expect(try batch.send(over: server) == true)
        #expect(client.drain().isEqual(10, 0))
    }

    @Test(arguments: [0, 65_506])
    func theShortestAndTheLongest(length: Int) throws {
        let server = try server()
        let client = try DatagramSocket(connectedTo: try place(of: server))
        try client.send([UInt8](repeating: 3, count: length))
        var batch = DatagramBatch(capacity: 2)
        _ = try serve(server, &batch, echo)
        #expect(try client.next().bytes == [UInt8(ascii: ">")] + [UInt8](repeating: 3, count: length))
    }

    /// IPv6's length does not count its own header of 40 bytes, and IPv4's counts its 20 (RFC 8200 3).
    @Test(.enabled(if: hasIPv6, "needs IPv6")) func theLongestOfIPv6() throws {
        let server = try server(at: "::1")
        let client = try DatagramSocket(connectedTo: try place(of: server))
        try client.send([UInt8](repeating: 3, count: 65_526))
        var batch = DatagramBatch(capacity: 2)
        _ = try serve(server, &batch, echo)
        #expect(try client.next().length == 65_527)
        try client.send([UInt8](repeating: 3, count: 65_527))
        #expect(try serve(server, &batch, echo).oversized.map(\.length) == [65_528])
    }

    @Test func anEmptyReplyIsADatagram() throws {
        let server = try server()
        let client = try DatagramSocket(connectedTo: try place(of: server))
        try client.send([])
        var batch = DatagramBatch(capacity: 2)
        #expect(try serve(server, &batch) { _, _ in }.received == 1)
        #expect(try client.next().bytes.isEmpty)
    }

    @Test func aReplyTooLongIsReportedAndTheOthersGo() throws {
        let server = try server()
        let clients = try (0..<3).map { _ in DatagramBox(try DatagramSocket(connectedTo: try place(of: server))) }
        for (number, client) in clients.enumerated() { try client.socket.send([UInt8(number)]) }
        var batch = DatagramBatch(capacity: 8)
        let (received, oversized) = try serve(server, &batch) { datagram, reply in
            reply.append(repeating: datagram[0], count: datagram[0] == 1 ? 65_508 : 65_507)
        }
        #expect(received == 3)
        #expect(batch.count == 2)
        #expect(oversized.map(\.length) == [65_508])
        #expect(try oversized.map(\.sender) == [clients[1].socket.localAddress()])
        for number in [0, 2] {
            #expect(try clients[number].socket.next().bytes == [UInt8](repeating: UInt8(number), count: 65_507))
        }
        #expect(clients[1].socket.drain().isEqual(0, 0))
    }

    /// Whether the next reply cannot be sent.
    private func fails(_ batch: inout DatagramBatch, over socket: borrowing DatagramSocket) -> Bool {
        do { _ = try batch.send(over: socket) } catch { return true }
        return false
    }

    /// The first error may be a report about an earlier reply, and the second one is the reply's own.
    @Test(.enabled(if: hasIPv6, "needs IPv6")) func aSkippedReplyIsTakenBackOnce() throws {
        let server = try server(at: "::1")
        let client = try DatagramSocket(connectedTo: try place(of: server))
        // A socket of IPv4 cannot send to addresses of IPv6.
        let other = try DatagramSocket(boundTo: try address("127.0.0.1"))
        var batch = DatagramBatch(capacity: 4)
        for _ in 0..<2 {
            for number in 0..<3 { try client.send([UInt8(number)]) }
            waitToRead(server.descriptor)
            #expect(try batch.receive(from: server) == 3)
            _ = batch.answer(echo)
            #expect(batch.restoreSkipped() == false)
            for _ in 0..<2 {
                for isTheFirst in [true, false] {
                    #expect(fails(&batch, over: other))
                    #expect(batch.restoreSkipped() == isTheFirst)
                }
            }
            #expect(fails(&batch, over: other))
            #expect(batch.restoreSkipped() == true)
            #expect(try batch.send(over: server) == true)
            #expect(try client.next().bytes == [UInt8(ascii: ">"), 2])
        }
    }

    /// The client is connected to 127.0.0.2 and would not hear a reply from 127.0.0.1.
    @Test func aReplyComesFromTheAddressThatWasAsked() throws {
        let server = try server(at: "0.0.0.0")
        let client = try DatagramSocket(connectedTo: try address("127.0.0.2", place(of: server).port))
        try client.send([1, 2, 3])
        var batch = DatagramBatch()
        _ = try serve(server, &batch, echo)
        #expect(try client.next().bytes == [UInt8(ascii: ">"), 1, 2, 3])
    }

    @Test(.enabled(if: hasIPv6, "needs IPv6"), arguments: [("::1", "::1"), ("::", "::1"), ("::", "127.0.0.2")])
    func version6(bound: String, asked: String) throws {
        let server = try server(at: bound)
        let client = try DatagramSocket(connectedTo: try address(asked, place(of: server).port))
        try client.send([1, 2, 3])
        var batch = DatagramBatch()
        _ = try serve(server, &batch, echo)
        #expect(try client.next().bytes == [UInt8(ascii: ">"), 1, 2, 3])
    }
}

/// Lets an array hold a socket.
final class DatagramBox {
    let socket: DatagramSocket

    init(_ socket: consuming DatagramSocket) {
        self.socket = socket
    }
}
