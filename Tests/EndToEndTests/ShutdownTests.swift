import CurlClient
import Glibc
import Sockets
import Testing

/// How programs end when they are told to.
@Suite struct ShutdownTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `a server ends`(signal: Int32) throws {
        let server = try RunningServer()
        let ending = try server.program.ending(after: signal)
        #expect(ending.status == 0)
        #expect(ending.errorLines.count == 1)
        // Its port is free again.
        _ = try RunningServer(port: server.address.port)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a gateway ends with all its connections`(signal: Int32) throws {
        let gateway = try RunningGateway()
        let idle = try TCPConnection(to: gateway.address)
        idle.send("GET /healthz HTTP/1.1\r\nHost: letterbox\r\n\r\n")
        _ = try idle.receive(until: "ok\n")
        let silent = try TCPConnection(to: gateway.address)
        let ending = try gateway.program.ending(after: signal)
        #expect(ending.status == 0)
        #expect(ending.errorLines.count == 1)
        #expect(try idle.receiveToEnd().isEmpty)
        _ = try? silent.receiveToEnd()
        #expect(throws: TCPConnection.Refused(errno: ECONNREFUSED)) { try TCPConnection(to: gateway.address) }
        #expect(throws: (any Error).self) { try exchange("hello", with: gateway.upstream) }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `what is in flight is answered first`(signal: Int32) throws {
        let peer = UDPPeer()
        let options = ["--workers", "1", "--timeout", "60s", "--drain-timeout", "60s"]
        let gateway = try RunningGateway(options, upstream: peer.address)
        let idle = try TCPConnection(to: gateway.address)
        idle.send("GET /healthz HTTP/1.1\r\nHost: letterbox\r\n\r\n")
        _ = try idle.receive(until: "ok\n")
        let busy = try TCPConnection(to: gateway.address)
        busy.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 5\r\n\r\nhello")
        let sender = try peer.receive().sender
        gateway.program.signal(signal)
        // The end of the idle connection shows that the signal has come through.
        #expect(try idle.receiveToEnd().isEmpty)
        peer.send("HELLO", to: sender)
        let response = try busy.receiveToEnd()
        #expect(response.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(response.contains("\r\nConnection: close\r\n"))
        #expect(response.hasSuffix("\r\n\r\nHELLO"))
        #expect(try gateway.program.ending().status == 0)
    }

    @Test func `what does not end in time is cut`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(["--timeout", "3600s", "--drain-timeout", "10ms"], upstream: peer.address)
        let busy = try TCPConnection(to: gateway.address)
        busy.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 5\r\n\r\nhello")
        _ = try peer.receive()
        let ending = try gateway.program.ending(after: SIGTERM)
        #expect(ending.status == 0)
        #expect(ending.error.contains("--drain-timeout 10ms"))
    }
}
