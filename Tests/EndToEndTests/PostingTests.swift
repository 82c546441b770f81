import CurlClient
import Testing

/// The ways in which curl posts, and what comes back.
@Suite struct PostingTests {
    /// Each length with the status that it gets.
    @Test(arguments: [
        (0, 200), (1, 200), (1_400, 200), (60_000, 200), (65_507, 200), (65_508, 413), (70_000, 413),
    ])
    func `a body comes back whole, or is refused as too long for a datagram`(length: Int, status: Int) throws {
        let gateway = try RunningGateway()
        let body = (0..<length).map { UInt8(ascii: "a") + UInt8($0 % 23) }
        let response = try CurlClient().post(gateway.url, body)
        #expect(response.status == status)
        if status == 200 {
            #expect(response.body == body.map { $0 - 0x20 })
            #expect(response.fields["Content-Type"] == "text/plain; charset=utf-8")
        } else {
            #expect(response.fields["Content-Type"] == "application/problem+json")
            #expect(response.fields["Connection"] == "close")
        }
        #expect(try gateway.post("next").text == "NEXT")
    }

    @Test func `every byte may be in a body`() throws {
        let server = try RunningServer(["--service", "echo"])
        let gateway = try RunningGateway(upstream: server.address)
        let bytes = (0..<2048).map { UInt8(truncatingIfNeeded: $0) }
        let response = try CurlClient().post(gateway.url, bytes)
        #expect(response.body == bytes)
    }

    @Test func `a chunked upload is one datagram`() throws {
        // A datagram that is sent again, since the machine is slow, would count.
        let gateway = try RunningGateway(["--attempts", "1"])
        let pieces = ["one ", "two ", String(repeating: "x", count: 20_000), " three"].map { Array($0.utf8) }
        let request = CurlRequest(gateway.url, body: .chunked(pieces), expect100: false)
        let response = try CurlClient().perform(request)
        #expect(response.text == "ONE TWO " + String(repeating: "X", count: 20_000) + " THREE")
        #expect(try gateway.metrics()["udp_datagrams_sent_total"] == 1)
    }

    @Test(arguments: [CurlRequest.Body.text("hello"), .chunked([Array("hello".utf8)])])
    func `a body that waits for leave gets it`(body: CurlRequest.Body) throws {
        let gateway = try RunningGateway()
        let request = CurlRequest(gateway.url, body: body, expect100: true)
        let response = try CurlClient().perform(request)
        #expect(response.interim.map(\.status) == [100])
        #expect(response.text == "HELLO")
    }

    @Test func `a body too long that waits for leave is not asked for`() throws {
        let gateway = try RunningGateway()
        let body = [UInt8](repeating: 0x61, count: 70_000)
        let response = try CurlClient().perform(CurlRequest(gateway.url, body: .bytes(body), expect100: true))
        #expect(response.status == 413)
        #expect(response.interim.isEmpty)
    }

    @Test func `HEAD is GET without the body`() throws {
        let gateway = try RunningGateway()
        let client = CurlClient()
        let get = try client.get(gateway.url)
        let head = try client.perform(CurlRequest(gateway.url, method: "HEAD"))
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head.fields["Content-Length"] == "\(get.body.count)")
        #expect(head.fields["Content-Type"] == get.fields["Content-Type"])
        #expect(head.newConnections == 0)
    }

    @Test func `a connection serves one request after the other`() throws {
        let gateway = try RunningGateway()
        let client = CurlClient()
        let responses = try (0..<20).map { try client.post(gateway.url, Array("letter \($0)".utf8)) }
        #expect(responses.map(\.text) == (0..<20).map { "LETTER \($0)" })
        #expect(responses.map(\.newConnections) == [1] + Array(repeating: 0, count: 19))
    }

    @Test func `HTTP/1.0 is answered, and its connection ends`() throws {
        let gateway = try RunningGateway()
        let client = CurlClient()
        var request = CurlRequest(gateway.url, body: .text("old"))
        request.version = .http10
        for _ in 0..<2 {
            let response = try client.perform(request)
            #expect(response.text == "OLD")
            #expect(response.newConnections == 1)
        }
    }

    /// The type of a request and that of its response.
    @Test(arguments: [
        ("application/octet-stream", "application/octet-stream"),
        ("application/dns-message", "application/dns-message"),
        ("application/x-www-form-urlencoded", "text/plain; charset=utf-8"),
        ("application/x-www-form-urlencodedX", "application/x-www-form-urlencodedX"),
        ("application/json; a=\"b, c\"", "application/json; a=\"b, c\""),
        // A malformed media type must not be sent on (RFC 9110 2.2).
        ("application/", "text/plain; charset=utf-8"), ("application/ json", "text/plain; charset=utf-8"),
        ("text/html", "text/plain; charset=utf-8"),
    ])
    func `a reply has the type of the request where a program asks`(sent: String, received: String) throws {
        let gateway = try RunningGateway()
        let request = CurlRequest(gateway.url, fields: ["Content-Type": sent], body: .text("abc"))
        let response = try CurlClient().perform(request)
        #expect(response.text == "ABC")
        #expect(response.fields["Content-Type"] == received)
    }

    /// A reply of no named type, whether its connection goes on or not.
    @Test(
        arguments: [
            ([], true), (Array("plain text, of more than eight bytes".utf8), true), (Array("Grüße".utf8), true),
            ([0, 1, 2, 127], true), ([0xFF], false), ([0xC0, 0x80], false), ([0xED, 0xA0, 0x80], false),
            (Array("twelve bytes".utf8) + [0xE2, 0x82], false),
            (Array("twelve bytes".utf8) + [0xE2, 0x82, 0xAC], true),
        ] as [([UInt8], Bool)])
    func `a reply is text where it is valid UTF-8`(bytes: [UInt8], isText: Bool) throws {
        let echo = try RunningServer(["--service", "echo"])
        let gateway = try RunningGateway(["--service", "/e \(echo.address)"], upstream: echo.address)
        for fields in [[:], ["Connection": "close"], ["Connection": "keep-alive"]] as [CurlFields] {
            for path in ["/", "/e"] {
                let response = try CurlClient().perform(
                    CurlRequest(gateway.url + path, fields: fields, body: .bytes(bytes)))
                #expect(response.body == bytes)
                let type = isText ? "text/plain; charset=utf-8" : "application/octet-stream"
                #expect(response.fields["Content-Type"] == type)
            }
        }
    }

    @Test func `a reply says how long the UDP leg took`() throws {
        // With several attempts it says how many there were, too.
        let gateway = try RunningGateway(["--attempts", "1"])
        let timing = try #require(try gateway.post("how long").fields["Server-Timing"])
        let duration = try #require(timing.wholeMatch(of: /udp;dur=([0-9]+(\.[0-9]+)?)/)?.1)
        #expect(try #require(Double(duration)) > 0)
    }

    @Test func `many at once each get their own reply`() throws {
        let gateway = try RunningGateway()
        let count = 3_000
        let requests = (0..<count).map {
            CurlRequest(gateway.url, body: .text("letter number \($0)"), timeout: Program.timeLimit)
        }
        let outcomes = performAll(requests, concurrency: 64)
        let texts = try outcomes.map { try $0.get().text }
        #expect(texts == (0..<count).map { "LETTER NUMBER \($0)" })
        let metrics = try gateway.metrics()
        #expect(metrics["udp_replies_total"] == count)
        #expect(metrics["http_responses_total{code=\"200\"}"] == count)
        #expect(metrics["http_connections_accepted_total"] == 65)
    }
}
