import EventLoop
import System
import TestSupport
import Testing

@testable import Gateway

/// The end of a connection whose client has said that this is its last request (RFC 9112 9.6).
@Suite(.timeLimit(.minutes(1))) struct LastRequestTests {
    private static let requests = [
        "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /healthz HTTP/1.0\r\n\r\n",
        "HEAD /healthz HTTP/1.0\r\n\r\n", "GET /nowhere HTTP/1.0\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /big.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: application/json\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
    ]
    private static let post = requests[6]

    /// The settings with which a connection in stages stays as long as its client does.
    private static var patient: Configuration {
        let configuration = Configuration.with { $0.lingerTimeout = .seconds(3600) }
        return configuration
    }

    /// Whether the response is there to its last byte.
    private static func isWhole(_ text: String, isHead: Bool = false) -> Bool {
        guard let end = text.firstRange(of: "\r\n\r\n"),
            let length = text[..<end.lowerBound].firstMatch(of: /\r\nContent-Length: (\d+)/).flatMap({ Int($0.1) })
        else { return false }
        return text[end.upperBound...].utf8.count == (isHead ? 0 : length)
    }

    private static func open(_ fixture: GatewayFixture) async -> Int {
        await fixture.gateway.workers[0].counts.http.open
    }

    /// The client does not have to end its side before the gateway forgets the connection.
    @Test(arguments: requests, [1, 20])
    func closesAtOnce(request: String, segment: Int) async throws {
        try await withGateway(Self.patient) { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            let first = request.utf8.count / segment
            try caller.send(Array(request.utf8.prefix(first)))
            _ = await Self.open(fixture)
            if segment > 1 { try caller.send(Array(request.utf8.dropFirst(first))) }
            let text = await caller.readAll()
            #expect(!caller.isReset)
            #expect(text.contains("\r\nConnection: close\r\n"))
            #expect(Self.isWhole(text, isHead: request.hasPrefix("HEAD")), "\(text.prefix(300))")
            #expect(await Self.open(fixture) == 0)
        }
    }

    /// A client that has ended its side is no different.
    @Test(arguments: requests) func aClientThatHasSentItsEnd(request: String) async throws {
        try await withGateway(Self.patient) { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(request)
            caller.socket.shutDownSending()
            let text = await caller.readAll()
            #expect(!caller.isReset)
            #expect(Self.isWhole(text, isHead: request.hasPrefix("HEAD")), "\(text.prefix(300))")
            #expect(await Self.open(fixture) == 0)
        }
    }

    /// Bytes behind the last request would make a close a reset: the connection ends in stages, and the client may send
    /// on.
    @Test(arguments: requests, ["\r\n", "GET / HT", post, String(repeating: "x", count: 10_000)])
    func bytesBehindIt(request: String, following: String) async throws {
        try await withGateway(Self.patient) { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(request + following)
            let text = await caller.readAll()
            #expect(!caller.isReset)
            #expect(Self.isWhole(text, isHead: request.hasPrefix("HEAD")), "\(text.prefix(300))")
            #expect(await Self.open(fixture) == 1)
            for _ in 0..<3 { try caller.send(Self.post) }
            caller.socket.shutDownSending()
            while await Self.open(fixture) > 0 { await loop.sleep(until: loop.now + .milliseconds(1)) }
            #expect(await !caller.receive() && !caller.isReset)
        }
    }

    /// The kernel has reported them while the exchange was under way.
    @Test func bytesThatComeBeforeTheReply() async throws {
        try await onLoop { loop in
            let stage = try ConnectionStage(.last, on: loop)
            try stage.deliver(.request)
            try stage.deliver(.finished)
            while !stage.isAt(.lingering) { await loop.sleep(until: loop.now + .milliseconds(1)) }
            #expect(try await stage.statuses() == [200])
            #expect(stage.isClean)
        }
    }

    /// The gateway's own decision is none of the client's: it may send on.
    @Test(arguments: [
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 70000\r\n\r\n",
        "POST / HTTP/1.0\r\nContent-Length: 70000\r\n\r\n", "no request\r\n",
        "POST /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    ])
    func theGatewaysOwnDecision(request: String) async throws {
        var configuration = Self.patient
        configuration.maxRequestsPerConnection = 1
        try await withGateway(configuration) { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(request)
            let text = await caller.readAll()
            #expect(text.contains("\r\nConnection: close\r\n") && Self.isWhole(text), "\(text.prefix(300))")
            #expect(await Self.open(fixture) == 1)
            for _ in 0..<3 { try caller.send(Self.post) }
            _ = await Self.open(fixture)
            #expect(await !caller.receive() && !caller.isReset)
        }
    }
}
