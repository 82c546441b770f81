import CurlClient
import Testing

/// DNS queries over HTTP (RFC 8484) with `preset=dns`.
///
/// The service echoes, so that what is sent is what comes back: a response to a query, whose address lives for five minutes.
@Suite struct DNSTests {
    private static let message: [UInt8] =
        [
            0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1, 0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4,
            192, 0, 2, 7,
        ]
    private static let encoded = "AACBgAABAAEAAAAAAWEAAAEAAcAMAAEAAQAAASwABMAAAgc"

    private func withGateway(_ path: String = "/dns-query", _ body: (_ url: String) throws -> Void) throws {
        let echo = try RunningServer(["--service", "echo"])
        let services = path == "/" ? [] : ["--service", "/ \(UDPPeer().address)"]
        let gateway = try RunningGateway(
            Program(
                Binaries.letterbox,
                ["gateway", "--port", "0", "--service", "\(path) \(echo.address) preset=dns"] + services))
        try body(gateway.url + path)
        withExtendedLifetime(echo) {}
    }

    private func ask(
        _ url: String, _ method: String = "GET", _ fields: CurlFields = [:], _ body: [UInt8]? = nil
    ) throws -> CurlResponse {
        try CurlClient().perform(
            CurlRequest(
                url, method: method, fields: fields, body: body.map { .bytes($0) } ?? .none, timeout: Program.timeLimit)
        )
    }

    @Test(arguments: ["/dns-query", "/"]) func `both methods get the reply and how long it lives`(path: String) throws {
        try withGateway(path) { url in
            let type: CurlFields = ["Content-Type": "application/dns-message"]
            let asked = try ask("\(url)?dns=\(Self.encoded)", "GET", ["Accept": "application/dns-message"])
            for response in [
                asked, try ask(url, "POST", type, Self.message), try ask("\(url)?dns=\(Self.encoded)&x=1"),
            ] {
                #expect(response.status == 200 && response.body == Self.message)
                #expect(response.fields["Content-Type"] == "application/dns-message")
                #expect(response.fields["Cache-Control"] == "max-age=300" && response.fields["Vary"] == "Accept")
            }
            let head = try ask("\(url)?dns=\(Self.encoded)", "HEAD")
            #expect(head.status == 200 && head.body.isEmpty && head.fields["Cache-Control"] == "max-age=300")
        }
    }

    /// Whatever the code of the response is, HTTP's is 200 (RFC 8484 4.2.1).
    @Test func `a failure of the name is none of the gateway`() throws {
        try withGateway { url in
            var failed = Self.message
            failed[3] |= 2
            let response = try ask(url, "POST", ["Content-Type": "Application/DNS-Message; a=b"], failed)
            #expect(response.status == 200 && response.body == failed)
            #expect(response.fields["Cache-Control"] == "no-store")
        }
    }

    /// Other forms of the reply are for people, and not for caches.
    @Test func `a message may be written out, and shown with its trace`() throws {
        try withGateway { url in
            let text = Self.message.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            let written = try ask("\(url)?as=hex", "POST", [:], Array(text.utf8))
            #expect(written.status == 200 && written.text == text + "\n")
            #expect(written.fields["Content-Type"] == "text/plain; charset=utf-8")
            let told = try ask("\(url)?dns=\(Self.encoded)", "GET", ["Accept": "application/json"])
            #expect(told.fields["Content-Type"] == "application/json" && told.fields["Cache-Control"] == "no-store")
            let type: CurlFields = ["Content-Type": "application/dns-message", "Accept": "application/json"]
            #expect(try ask(url, "POST", type, Self.message).fields["Content-Type"] == "application/json")
        }
    }

    /// Each type and body of a POST, or query of a GET, with the status and what its sentence says.
    @Test(
        arguments: [
            ("application/dns-message", 12, "", 200, ""), ("application/dns-message", 11, "", 400, "and this one 11."),
            ("application/dns-message", 0, "", 400, "and this one 0."),
            (nil, 12, "", 415, "takes application/dns-message"),
            ("application/dns", 12, "", 415, "takes application/dns-message"),
            ("application/dns-message-x", 12, "", 415, "takes application/dns-message"),
            ("application/dns-json", 12, "", 415, "takes application/dns-message"),
            ("", nil, "?dns=AAAAAAAAAAAAAAAA", 200, ""),
            ("", nil, "?dns=AAAAAAAAAAAAAAA", 400, "and this one 11."), ("", nil, "", 400, "no parameter"),
            ("", nil, "?dns=AAAAAAAAAAAAAAAA%3D", 400, "no base64url: '=' at byte 17"),
            ("", nil, "?dns=", 400, "this one 0."),
        ] as [(String?, Int?, String, Int, String)])
    func `what is no query is refused`(type: String?, count: Int?, query: String, status: Int, reason: String) throws {
        for path in ["/dns-query", "/"] where path != "/" || count != nil {
            try withGateway(path) { url in
                let fields: CurlFields = count == nil ? [:] : ["Content-Type": type ?? ""]
                let body = count.map { [UInt8](repeating: 0, count: $0) }
                let response = try ask(url + query, count == nil ? "GET" : "POST", fields, body)
                #expect(response.status == status)
                #expect(status == 200 || response.text?.contains(reason) == true, "\(response.text ?? "")")
            }
        }
    }

    @Test func `the service says what it is`() throws {
        try withGateway { url in
            let services = try #require(try ask(url.replacing("/dns-query", with: "/services")).text)
            #expect(services.contains(",\"preset\":\"dns\",\"get\":\"dns\",\"type\":\"application/dns-message\","))
            #expect(try ask(url, "OPTIONS").fields["Allow"] == "GET, HEAD, POST, OPTIONS")
        }
    }
}
