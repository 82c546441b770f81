import CurlClient
import System
import Testing

/// The bad network in front of the embedded server, set over HTTP.
@Suite struct LabTests {
    private func send(
        _ method: String, _ gateway: RunningGateway, _ body: String? = nil, _ fields: CurlFields = [:]
    ) throws -> CurlResponse {
        let body = body.map { CurlRequest.Body.text($0) } ?? .none
        return try CurlClient().perform(CurlRequest("\(gateway.url)/lab", method: method, fields: fields, body: body))
    }

    private func network(loss: Double = 0, duplicate: Double = 0, delay: Double = 0) -> String {
        "{\"loss\":\(loss),\"duplicate\":\(duplicate),\"delay\":\(delay)}"
    }

    @Test func `what is set can be read, and set again as it was read`() throws {
        let gateway = try RunningGateway(["--lab", "--lab-seed", "7"])
        let quiet = "{\"loss\":0,\"duplicate\":0,\"delay\":0,\"seed\":7}\n"
        #expect(try send("GET", gateway).text == quiet)
        let response = try send("PUT", gateway, " { \"delay\" : 2.5e0,\"duplicate\":7, \"loss\":29 }\r\n")
        #expect(response.status == 200)
        #expect(response.fields["Content-Type"] == "application/json")
        let noisy = "{\"loss\":29,\"duplicate\":7,\"delay\":2.5,\"seed\":7}\n"
        #expect(response.text == noisy)
        #expect(try send("GET", gateway).text == noisy)
        #expect(try send("PUT", gateway, quiet).text == quiet)
        #expect(try send("PUT", gateway, noisy).text == noisy)
    }

    /// Each content with the status that it gets and what the sentence names; nothing of it is taken.
    @Test(arguments: [
        ("", 400, "JSON object of numbers"), ("[]", 400, "JSON"), ("{\"loss\":1", 400, "JSON"),
        ("{\"loss\":\"1\",\"duplicate\":0,\"delay\":0}", 400, "JSON"),
        ("{\"loss\":nan,\"duplicate\":0,\"delay\":0}", 400, "JSON"),
        ("{\"loss\":0x1,\"duplicate\":0,\"delay\":0}", 400, "JSON"),
        ("{\"loss\":01,\"duplicate\":0,\"delay\":0}", 400, "JSON"),
        ("{\"loss\":1.,\"duplicate\":0,\"delay\":0}", 400, "JSON"),
        ("{\"loss\":+1,\"duplicate\":0,\"delay\":0}", 400, "JSON"),
        ("{\"loss\":1,\"loss\":2,\"duplicate\":0,\"delay\":0}", 400, "JSON"),
        ("{\"loss\":1,\"duplicate\":0,\"delay\":0,}", 400, "JSON"),
        ("{\"loss\":1,\"duplicate\":0,\"delay\":0} 1", 400, "JSON"),
        ("{}", 422, "\"loss\" is missing"), ("{\"loss\":1,\"delay\":0}", 422, "\"duplicate\" is missing"),
        ("{\"loss\":1,\"duplicate\":0,\"delay\":0,\"jitter\":1}", 422, "no setting \"jitter\""),
        ("{\"loss\":1,\"duplicate\":0,\"delay\":0,\"max_delay 2\":1}", 422, "no setting \"max_delay 2\""),
        ("{\"loss\":1,\"duplicate\":0,\"delay\":0,\"Jitter\u{e9}\":1}", 422, "no setting \"Jitter\u{e9}\""),
        ("{\"loss\":1,\"duplicate\":0,\"delay\":0,\"a\nb\":1}", 400, "JSON"),
        ("{\"loss\":100.1,\"duplicate\":0,\"delay\":0}", 422, "\"loss\" is from 0 to 100 per cent"),
        ("{\"loss\":1,\"duplicate\":-1,\"delay\":0}", 422, "\"duplicate\" is from 0 to 100 per cent"),
        ("{\"loss\":1,\"duplicate\":0,\"delay\":10001}", 422, "\"delay\" is from 0 to 10000 milliseconds"),
        ("{\"loss\":1,\"duplicate\":0,\"delay\":1e999}", 422, "\"delay\" is from 0 to 10000 milliseconds"),
    ])
    func `settings that are none are refused with a sentence`(content: String, status: Int, words: String) throws {
        let gateway = try RunningGateway(["--lab"])
        let before = try send("GET", gateway).text
        let response = try send("PUT", gateway, content)
        #expect(response.status == status)
        #expect(response.fields["Content-Type"] == "application/problem+json")
        // The sentence is a JSON string.
        #expect(response.text?.replacing("\\\"", with: "\"").contains(words) == true)
        #expect(try send("GET", gateway).text == before)
    }

    /// Each origin, with "HOST" for the gateway's own, and whether its pages may set the network.
    @Test(arguments: [
        ("http://HOST", true), ("https://HOST", true), ("http://evil.example", false), ("http://HOST.evil", false),
        ("http://evil.example#HOST", false), ("HOST", false), ("null", false), ("", false), ("http://127.0.0.1", false),
    ])
    func `only the gateway's own page may set the network`(origin: String, isTaken: Bool) throws {
        // An origin that may post letters may not do this.
        let gateway = try RunningGateway(["--lab", "--allow-origin", "*"])
        let fields: CurlFields = ["Origin": origin.replacing("HOST", with: gateway.url.dropFirst("http://".count))]
        #expect(try send("PUT", gateway, network(loss: 5), fields).status == (isTaken ? 200 : 403))
        #expect(try send("GET", gateway).text?.contains("\"loss\":\(isTaken ? 5 : 0),") == true)
    }

    /// RFC 9112 3.2.2: the authority of an absolute target is the request's, and Host says nothing beside it.
    @Test(arguments: [("a.example", "b.example", 200), ("b.example", "a.example", 403), ("b.example:80", "", 403)])
    func `the authority of the target is the gateway's own`(authority: String, host: String, status: Int) throws {
        let gateway = try RunningGateway(["--lab", "--allow-host", "a.example", "--allow-host", "b.example"])
        let connection = try TCPConnection(to: gateway.address)
        let content = network(loss: 5)
        connection.send(
            """
            PUT http://\(authority)/lab HTTP/1.1\r
            Host: \(host)\r
            Origin: http://a.example\r
            Connection: close\r
            Content-Length: \(content.utf8.count)\r
            \r
            \(content)
            """)
        #expect(try connection.receiveToEnd().hasPrefix("HTTP/1.1 \(status) "))
    }

    /// A browser's fields about the requesting page, with and without the gateway's own origin, and whether that page
    /// may set the network.
    @Test(arguments: [
        ("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false), ("Same-Origin", false),
        ("same-origin, none", false), ("", false),
    ])
    func `a browser that says whose page asks is believed`(site: String, isTaken: Bool) throws {
        let gateway = try RunningGateway(["--lab", "--allow-origin", "*"])
        for other: CurlFields in [[:], ["Origin": gateway.url]] {
            var fields = other
            fields.append("Sec-Fetch-Site", site)
            #expect(try send("PUT", gateway, network(loss: 5), fields).status == (isTaken ? 200 : 403))
            #expect(try send("GET", gateway).text?.contains("\"loss\":\(isTaken ? 5 : 0),") == true)
        }
    }

    /// RFC 9110 13.2.1: the settings have no tag, so that only "*" is true of them.
    @Test(arguments: [
        ("If-Match", "*", 200), ("If-Match", "\"a\"", 412), ("If-None-Match", "*", 412),
        ("If-None-Match", "\"a\"", 200),
    ])
    func `settings are replaced on the caller's condition`(name: String, value: String, status: Int) throws {
        let gateway = try RunningGateway(["--lab"])
        let fields: CurlFields = [name: value]
        #expect(try send("PUT", gateway, network(loss: 5), fields).status == status)
        let isReplaced = try #require(try send("GET", gateway).text).contains("\"loss\":5,")
        #expect(isReplaced == (status == 200))
    }

    @Test func `a browser is not told that other origins may PUT`() throws {
        let gateway = try RunningGateway(["--lab", "--allow-origin", "*"])
        let fields: CurlFields = ["Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"]
        let methods = try send("OPTIONS", gateway, nil, fields).fields["Access-Control-Allow-Methods"]
        #expect(methods == "GET, HEAD, POST")
    }

    @Test(arguments: ["POST", "DELETE", "PATCH"])
    func `other methods are refused`(method: String) throws {
        let response = try send(method, try RunningGateway(["--lab"]))
        #expect(response.status == 405)
        #expect(response.fields["Allow"] == "GET, HEAD, PUT, OPTIONS")
    }

    @Test(arguments: ["GET", "PUT", "POST", "OPTIONS"])
    func `without --lab there is none`(method: String) throws {
        #expect(try send(method, try RunningGateway(), method == "PUT" ? network() : nil).status == 404)
    }

    @Test func `all is lost, and then nothing`() throws {
        let gateway = try RunningGateway(["--lab", "--timeout", "60s"])
        #expect(try gateway.post("hello").text == "HELLO")
        #expect(try send("PUT", gateway, network(loss: 100)).status == 200)
        // Only who will surely get nothing has no time to wait.
        let hasty = CurlRequest("\(gateway.url)/", fields: ["Prefer": "wait=1"], body: .text("hello"))
        #expect(try CurlClient().perform(hasty).status == 504)
        #expect(try send("PUT", gateway, network()).status == 200)
        #expect(try gateway.post("hello").text == "HELLO")
    }

    @Test func `with some loss a letter goes out again, and arrives`() throws {
        let gateway = try RunningGateway(["--lab", "--lab-seed", "7", "--attempts", "20"])
        #expect(try send("PUT", gateway, network(loss: 30)).status == 200)
        let trace = CurlRequest("\(gateway.url)/", fields: ["Accept": "application/json"], body: .text("hello"))
        let isSentAgain = try (0..<40).contains { _ in
            let text = try CurlClient().perform(trace).text ?? ""
            return text.contains("\"reply\":\"HELLO\"") && text.contains("\"kind\":\"retransmitted\"")
        }
        #expect(isSentAgain)
    }

    @Test func `with duplication a reply comes more than once`() throws {
        let gateway = try RunningGateway(["--lab"])
        #expect(try send("PUT", gateway, network(duplicate: 100)).status == 200)
        #expect(try gateway.post("hello").text == "HELLO")
        let names = ["udp_doubled_replies_total", "udp_late_replies_total"]
        try gateway.metrics { metrics in names.contains { (metrics[$0] ?? 0) > 0 } }
    }

    @Test func `with a delay a letter takes as long both ways`() throws {
        let gateway = try RunningGateway(["--lab"])
        #expect(try send("PUT", gateway, network(delay: 40)).status == 200)
        let timing = try #require(try gateway.post("hello").fields["Server-Timing"])
        let milliseconds = try #require(timing.split(separator: "dur=").last.flatMap { Double($0) })
        // A datagram is never early; its delay has no upper bound.
        #expect(milliseconds >= 80)
    }

    @Test func `straight over UDP nothing is lost`() throws {
        let gateway = try RunningGateway(["--lab"])
        #expect(try send("PUT", gateway, network(loss: 100)).status == 200)
        let page = try #require(try CurlClient().get(gateway.url).text)
        let match = try #require(page.firstMatch(of: /name="letterbox-udp" content="127\.0\.0\.1 (\d+)"/))
        #expect(UInt16(match.1) != gateway.upstream.port)
        let ending = try Program.letterbox("client", "127.0.0.1", "hello", "--port", String(match.1)).ending()
        #expect(ending.output == "HELLO\n")
    }

    /// Each command line with what the message names.
    @Test(arguments: [
        (["--lab", "--upstream", "127.0.0.1:9"], "--lab is for the embedded server"),
        (["--lab-seed", "1"], "--lab-seed needs --lab"),
    ])
    func `where there is nothing to impair, it says so`(arguments: [String], reason: String) throws {
        let ending = try Program(Binaries.letterbox, arguments).ending()
        #expect(ending.status == 64)
        #expect(ending.error.contains(reason))
    }
}
