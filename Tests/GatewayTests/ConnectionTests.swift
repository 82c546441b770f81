import EventLoop
import System
import TestSupport
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
    private static func post(_ body: String, fields: String = "") -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func oneAfterTheOther() async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            for word in ["alpha", "beta", "gamma"] {
                try caller.send(Self.post(word))
                #expect(await caller.wait(for: word.uppercased()))
            }
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(
                Self.post("one") + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
                    + Self.post("two", fields: "Connection: close\r\n"))
            let text = await caller.readAll()
            let order = ["\r\n\r\nONE", "<p>page", "\r\n\r\nTWO"].map { text.firstRange(of: $0)?.lowerBound }
            #expect(!order.contains(nil))
            #expect(order.compactMap(\.self) == order.compactMap(\.self).sorted())
            #expect(text.split(separator: "HTTP/1.1 200").count == 3)
        }
    }

    /// The rest of the second request comes only once the first is answered.
    @Test func halfARequestDoesNotHoldBackAResponse() async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(Self.post("one") + "POST / HTTP/1.1\r\nHo")
            #expect(await caller.wait(for: "ONE"))
            try caller.send("st: a\r\nContent-Length: 3\r\n\r\ntwo")
            #expect(await caller.wait(for: "TWO"))
        }
    }

    @Test func chunksCutAnywhere() async throws {
        let request =
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nA: b\r\n\r\n"
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            for cut in stride(from: 1, to: request.utf8.count, by: 3) {
                let bytes = Array(request.utf8)
                try caller.send(Array(bytes[..<cut]))
                await loop.sleep(until: loop.now + .milliseconds(1))
                try caller.send(Array(bytes[cut...]))
                #expect(await caller.wait(for: "ABCDE", count: cut / 3 + 1))
            }
        }
    }

    /// Each begins with its first chunk, whatever the last one ended with.
    @Test func chunkedRequestsInOneSegment() async throws {
        let request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(request + "3\r\nabc\r\n0\r\n\r\n" + request + "2\r\nde\r\n0\r\n\r\n" + Self.post("f"))
            for reply in ["ABC", "DE", "\r\n\r\nF"] { #expect(await caller.wait(for: reply)) }
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "\r\nConnection: close\r\n"),
        ("GET / HTTP/1.0\r\n\r\n", "\r\nConnection: close\r\n"),
    ])
    func closes(request: String, field: String) async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(request)
            let text = await caller.readAll()
            #expect(text.contains(field) && text.hasSuffix("<p>page") && !caller.isReset)
        }
    }

    @Test func oldClientsMayKeepTheConnection() async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            for count in 1...2 {
                try caller.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(await caller.wait(for: "Connection: keep-alive", count: count))
                #expect(await caller.wait(for: "<p>page", count: count))
            }
        }
    }

    /// RFC 9110 5.3: the lines of a list field are one list, whatever stands between them.
    @Test(arguments: [
        ("Accept: text/html\r\n", false), ("Accept: text/html\r\naccept: application/json\r\n", true),
        ("Accept: application/json;q=0.5\r\nX: y\r\nAccept: text/plain\r\n", false),
        ("Accept:\r\nAccept: application/json\r\nAccept: text/html\r\n", true),
    ])
    func acceptAndPreferMayComeInSeveralLines(accept: String, wantsTrace: Bool) async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            let prefer = "Prefer: return=minimal\r\nPrefer: wait=1\r\nConnection: close\r\n"
            try caller.send(Self.post("ask", fields: accept + prefer))
            let text = await caller.readAll()
            #expect(text.contains("\r\nPreference-Applied: wait=1\r\n"))
            #expect(text.contains("\r\nContent-Type: application/json\r\n") == wantsTrace)
        }
    }

    @Test func expectation() async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            #expect(await caller.wait(for: "HTTP/1.1 100 Continue\r\n\r\n"))
            try caller.send("abc")
            #expect(await caller.wait(for: "ABC"))
            // Content that is there already needs no invitation.
            try caller.send(Self.post("xyz", fields: "Expect: 100-continue\r\n"))
            #expect(await caller.wait(for: "XYZ"))
            #expect(caller.text.split(separator: "100 Continue").count == 2)
        }
    }

    @Test func aSlowHeadIsToldSo() async throws {
        let configuration = Configuration.with { $0.headerTimeout = .milliseconds(5) }
        try await withGateway(configuration) { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send("GET / HT")
            #expect(await caller.readAll().hasPrefix("HTTP/1.1 408 "))
            #expect(!caller.isReset)
        }
    }

    /// The request fills the buffer to the last byte, so that the gateway looks once more and finds nothing: the
    /// connection is idle all the same.
    @Test(arguments: [0, 16_384])
    func idleConnectionsEndInSilence(size: Int) async throws {
        try await onLoop { loop in
            let stage = try ConnectionStage(.idle, on: loop)
            let frame = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16000\r\nX: \r\n\r\n".utf8.count
            let filling = String(repeating: "x", count: max(0, size - frame - 16_000))
            if size > 0 {
                stage.arrive(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16000\r\nX: \(filling)\r\n\r\n"
                        + String(repeating: "a", count: 16_000))
                try await stage.settle()
            }
            #expect(stage.isAt(.idle), "\(stage.connection.state)")
            stage.passDeadline()
            #expect(!stage.isAt(.idle))
            #expect(try await stage.statuses() == (size == 0 ? [] : [200]))
        }
    }

    /// A connection that was idle between its requests is served as before, and its requests are counted on.
    @Test func idleConnectionsGoOn() async throws {
        let configuration = Configuration.with { $0.maxRequestsPerConnection = 3 }
        try await withGateway(configuration) { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            for text in ["one", "two"] {
                try caller.send(Self.post(text))
                #expect(await caller.wait(for: text.uppercased()))
                #expect(!caller.text.contains("Connection: close"))
                await loop.sleep(until: loop.now + .milliseconds(20))
            }
            try caller.send(Self.post("three"))
            #expect(await caller.wait(for: "THREE"))
            #expect(caller.text.contains("Connection: close"))
        }
    }

    /// An idle connection ends when it has been idle for too long, or when the gateway ends.
    @Test(arguments: [true, false])
    func idleConnectionsEnd(isDrained: Bool) async throws {
        try await onLoop { loop in
            let stage = try ConnectionStage(.exchanging, on: loop)
            try await stage.settle()
            #expect(stage.isAt(.idle), "\(stage.connection.state)")
            if isDrained { try stage.deliver(.drain) } else { stage.passDeadline() }
            #expect(!stage.isAt(.idle))
            #expect(try await stage.statuses() == [200])
        }
    }

    /// The gateway hears of a connection too many and of a request at once.
    @Test func aConnectionWithANewRequestIsNotEvicted() async throws {
        let configuration = Configuration.with { ($0.workers, $0.maxConnections) = (1, 1) }
        try await withGateway(configuration) { fixture, loop in
            let first = try LoopCaller(fixture.address, on: loop)
            try first.send(Self.post("one"))
            #expect(await first.wait(for: "ONE"))
            let second = try await fixture.whileHeldUp(by: loop) {
                let second = try LoopCaller(fixture.address, on: loop)
                try second.send(Self.post("three"))
                try first.send(Self.post("two"))
                return second
            }
            #expect(await first.wait(for: "TWO"))
            let refusal = await second.readAll()
            #expect(refusal.hasPrefix("HTTP/1.1 503 ") && refusal.contains("All connections are in use."))
        }
    }

    /// A client that still sends what is not wanted can read why, and is not cut off.
    @Test func theErrorCanBeRead() async throws {
        try await withGateway { fixture, loop in
            let (caller, other) = (try LoopCaller(fixture.address, on: loop), try LoopCaller(fixture.address, on: loop))
            try caller.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n")
            let text = await caller.readAll()
            #expect(text.hasPrefix("HTTP/1.1 413 ") && text.contains("Connection: close"))
            for count in 1...3 {
                try caller.send([UInt8](repeating: 97, count: 16_384))
                // The other connection's round trip shows that the gateway has looked.
                try other.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await other.wait(for: "ok\n", count: count))
            }
            await caller.receive()
            #expect(!caller.isReset)
        }
    }

    /// A client that has sent everything and does not read keeps no other client from the worker.
    @Test func aClientThatDoesNotReadIsNoBurden() async throws {
        try await withGateway { fixture, loop in
            let (mute, other) = (try LoopCaller(fixture.address, on: loop), try LoopCaller(fixture.address, on: loop))
            try mute.send(String(repeating: "GET /big.txt HTTP/1.1\r\nHost: a\r\n\r\n", count: 300))
            mute.socket.shutDownSending()
            for count in 1...20 {
                try other.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await other.wait(for: "ok\n", count: count))
            }
            let text = await mute.readAll()
            #expect(text.split(separator: "HTTP/1.1 200").count == 300)
        }
    }

    @Test(
        arguments: [
            ("PUT /", 405, "GET, HEAD, POST, OPTIONS"), ("GET /form", 405, "POST, OPTIONS"),
            ("POST /healthz", 405, "GET, HEAD, OPTIONS"), ("DELETE /index.html", 405, "GET, HEAD, OPTIONS"),
            ("OPTIONS /", 204, "GET, HEAD, POST, OPTIONS"), ("OPTIONS *", 204, "GET, HEAD, POST, OPTIONS"),
            ("OPTIONS /metrics", 204, "GET, HEAD, OPTIONS"), ("OPTIONS /none", 404, nil), ("GET /none", 404, nil),
            ("POST /none", 404, nil), ("BREW /", 501, nil), ("GET /healthz", 200, nil), ("GET /metrics", 200, nil),
            ("GET /index.html", 200, nil), ("HEAD /", 200, nil), ("GET /../index.html", 404, nil),
            ("POST /form", 415, nil),
        ] as [(String, Int, String?)])
    func routes(line: String, status: Int, allow: String?) async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send("\(line) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let text = await caller.readAll()
            #expect(text.hasPrefix("HTTP/1.1 \(status) "))
            #expect(text.contains("\r\nAllow: ") == (allow != nil))
            if let allow { #expect(text.contains("\r\nAllow: \(allow)\r\n")) }
            // Browsers show what comes from the route of forms.
            let isPage = line == "GET /form" || line == "POST /form"
            if isPage {
                #expect(text.contains("\r\nContent-Type: text/html; charset=utf-8\r\n") && text.contains("No reply"))
            }
            if status >= 400 { #expect(text.contains("application/problem+json") != isPage) }
            if line.hasPrefix("HEAD") { #expect(text.hasSuffix("\r\n\r\n")) }
        }
    }
}
