import Glibc
import System
import Testing

/// TERM while replies are collected: the caller gets what has come, and the gateway ends well.
@Suite struct CollectionDrainTests {
    private func begin(_ gateway: RunningGateway, accepting type: String) throws -> TCPConnection {
        let connection = try TCPConnection(to: gateway.address)
        connection.send("POST /game HTTP/1.1\r\nHost: localhost\r\nAccept: \(type)\r\nContent-Length: 4\r\n\r\nwho?")
        return connection
    }

    /// It waits for more as long as it would for a reply, and no longer than the drain lets it.
    @Test(arguments: [
        ("application/json", ["--timeout", "100ms"]), ("application/x-ndjson", ["--timeout", "100ms"]),
        ("application/json", ["--timeout", "3600s", "--drain-timeout", "2s", "--linger-timeout", "10ms"]),
    ])
    func `what has come by then is the answer`(type: String, flags: [String]) throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            ["--service", "/game \(peer.address) replies=all wait=3600s"] + flags, upstream: UDPPeer().address)
        let connection = try begin(gateway, accepting: type)
        try peer.reply("one")
        try gateway.metrics { $0["udp_replies_total"] == 1 }
        gateway.program.signal(SIGTERM)
        let response = try connection.receiveToEnd()
        #expect(response.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(response.contains("\"reply\":\"one\"") && response.contains("\"complete\":false"), "\(response)")
        #expect(try gateway.program.ending().status == 0)
    }

    @Test func `a reply that comes meanwhile is one more`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(
            ["--service", "/game \(peer.address) replies=2 wait=3600s timeout=3600s", "--drain-timeout", "3600s"],
            upstream: UDPPeer().address)
        let connection = try begin(gateway, accepting: "application/json")
        let idle = try TCPConnection(to: gateway.address)
        idle.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try idle.receive(until: "ok\n")
        let sender = try peer.receive().sender
        gateway.program.signal(SIGTERM)
        // The end of the idle connection shows that the signal has come through.
        _ = try idle.receiveToEnd()
        for text in ["one", "two"] { peer.send(text, to: sender) }
        #expect(try connection.receiveToEnd().contains("{\"complete\":true,"))
        #expect(try gateway.program.ending().status == 0)
    }
}
