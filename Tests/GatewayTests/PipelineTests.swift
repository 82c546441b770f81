import System
import EventLoop
import Gateway
import Testing

/// Requests that come close together, in part, or after the last one that is answered.
@Suite struct PipelineTests {
    private static let letters = "GET /letters.txt HTTP/1.1\r\nHost: a\r\n\r\n"

    /// RFC 9112 9.3.2.
    @Test func responsesComeInOrder() async throws {
        try await withGatewayPort(files: Page.Source.few, hasUpstream: true) { port in
            let caller = try Caller(port: port)
            let bodies = (0..<50).map { "letter \($0)" }
            for body in bodies {
                caller.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
            caller.finishSending()
            var rest = try caller.receiveAll()
            for body in bodies {
                let answer = try Answer(rest, hasContent: true)
                #expect(answer.content == body)
                rest = answer.rest
            }
            #expect(rest.isEmpty)
        }
    }

    /// A client may wait for the first response before it finishes its second request, and an old one ends its first
    /// with an empty line too many (RFC 9112 2.2).
    @Test(arguments: ["\r\n", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12"])
    func aResponseDoesNotWaitForTheRestOfTheNextRequest(beginning: String) async throws {
        try await withGatewayPort(files: Page.Source.few) { port in
            let caller = try Caller(port: port)
            caller.send(Self.letters + beginning)
            let received = try caller.receive(until: "abcdefghij")
            #expect(try Answer(received, hasContent: true).rest.isEmpty)
        }
    }

    @Test func aRequestCutShortLosesNoResponse() async throws {
        try await withGatewayPort(files: Page.Source.few) { port in
            let caller = try Caller(port: port)
            caller.send(Self.letters + "GET / HT")
            caller.finishSending()
            #expect(try Answer(caller.receiveAll(), hasContent: true).content == "abcdefghij")
        }
    }

    /// RFC 9112 9.6: a reset would take the last response with it.
    @Test func whatComesAfterTheLastResponseDoesNotResetTheConnection() async throws {
        let configuration = Configuration.with { $0.maxRequestsPerConnection = 1 }
        try await withGatewayPort(configuration, files: Page.Source.few) { port in
            let caller = try Caller(port: port)
            caller.send(Self.letters)
            let first = try caller.receive(until: "abcdefghij")
            #expect(try Answer(first, hasContent: true).fields.contains("Connection: close"))
            // The end of the stream is here, but this one did not know.
            #expect(try caller.receiveAll().isEmpty)
            // A reset in answer to one of these fails those behind it.
            for _ in 0..<3 {
                let isTaken = caller.send(Self.letters)
                #expect(isTaken)
            }
        }
    }

    /// RFC 9112 9.3: a client that waits for nothing but the end of the body has `100 Continue` before it.
    @Test func continueComesBeforeTheContent() async throws {
        try await withGatewayPort(hasUpstream: true) { port in
            let caller = try Caller(port: port)
            caller.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try caller.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            caller.send("hello")
            let answer = try Answer(caller.receive(until: "hello"), hasContent: true)
            #expect(answer.status == 200)
            #expect(answer.rest.isEmpty)
        }
    }

    @Test func contentThatIsHereNeedsNoContinue() async throws {
        try await withGatewayPort(hasUpstream: true) { port in
            let caller = try Caller(port: port)
            caller.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
            #expect(try Answer(caller.receive(until: "hello"), hasContent: true).status == 200)
        }
    }

    /// RFC 9110 8.8.2.1.
    @Test func nothingWasModifiedInTheFuture() async throws {
        try await withGatewayPort(files: Page.Source.few) { port in
            let caller = try Caller(port: port)
            caller.send("GET /future.txt HTTP/1.0\r\n\r\n")
            let answer = try Answer(caller.receiveAll(), hasContent: true)
            #expect(answer.content == "soon")
            #expect(!answer.fields.contains { $0.hasPrefix("Last-Modified: ") && $0.contains(" 3000 ") })
        }
    }

    /// 408 for a request that was begun, silence otherwise (RFC 9110 15.5.9).
    @Test(arguments: [
        ("GET / HT", 408), ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12", 408), ("", nil),
        ("\r\n\r\n", nil),
    ])
    func slowClients(beginning: String, status: Int?) async throws {
        var configuration = Configuration()
        configuration.headerTimeout = .milliseconds(20)
        configuration.bodyTimeout = .milliseconds(20)
        // A client that is held up before its first word is not slow with it.
        if status == nil { configuration.idleTimeout = .milliseconds(20) }
        try await withGatewayPort(configuration) { port in
            let caller = try Caller(port: port)
            caller.send(beginning)
            let received = try caller.receiveAll()
            guard let status else {
                #expect(received.isEmpty)
                return
            }
            let answer = try Answer(received, hasContent: true)
            #expect(answer.status == status)
            #expect(answer.fields.contains("Connection: close"))
        }
    }
}
