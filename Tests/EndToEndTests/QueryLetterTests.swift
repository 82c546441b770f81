import CurlClient
import Testing

/// Letters in the query of a GET.
@Suite struct QueryLetterTests {
    private func gateway(_ options: String = "get=q", root: Bool = false) throws -> (RunningGateway, RunningServer) {
        let echo = try RunningServer(["--service", "echo"])
        let services = ["--service", "/e \(echo.address) max-datagram=6 \(options)"]
        if root {
            return (
                try RunningGateway(
                    Program(
                        Binaries.letterbox, ["gateway", "--port", "0", "--service", "/ \(echo.address) \(options)"])),
                echo
            )
        }
        return (try RunningGateway(services, upstream: echo.address), echo)
    }

    private func ask(
        _ target: String, of gateway: RunningGateway, _ fields: CurlFields = [:], method: String = "GET"
    ) throws -> CurlResponse {
        try CurlClient().perform(
            CurlRequest(gateway.url + target, method: method, fields: fields, timeout: Program.timeLimit))
    }

    /// Each query with the reply's bytes.
    @Test(
        arguments: [
            ("q=aGVsbG8", Array("hello".utf8)), ("q=", []), ("q", []), ("x=1&q=_-8", [0xFF, 0xEF]),
            ("%71=_%2D8", [0xFF, 0xEF]),
            ("q=QQ&q=Qg", Array("A".utf8)), ("q=h%C3%A9+a&as=text", Array("h\u{E9} a".utf8)),
            ("q=QUJDREVG", Array("ABCDEF".utf8)),
            ("q=41+42&as=hex", Array("41 42\n".utf8)), ("q=QQ&as=base64", Array("QQ==\n".utf8)),
        ] as [(String, [UInt8])])
    func `the query carries the letter`(query: String, reply: [UInt8]) throws {
        let (gateway, echo) = try gateway()
        defer { withExtendedLifetime(echo) {} }
        let response = try ask("/e?\(query)", of: gateway)
        #expect(response.status == 200 && response.body == reply)
        #expect(response.fields["Cache-Control"] == "no-store")
        let head = try ask("/e?\(query)", of: gateway, method: "HEAD")
        #expect(head.status == 200 && head.body.isEmpty && head.fields["Content-Length"] == "\(reply.count)")
        #expect(try gateway.metrics()["udp_datagrams_sent_total"] == 2)
    }

    /// Each query with the status and what its sentence says.
    @Test(arguments: [
        ("", 400, "no parameter \\\"q\\\""), ("?Q=QQ", 400, "no parameter \\\"q\\\""),
        ("?q=Q", 400, "no base64url: it ends within"),
        ("?q=QQ%3D%3D", 400, "no base64url: '=' at byte 3"), ("?q=Pz8/", 400, "no base64url: '/' at byte 4"),
        ("?q=Pz8+", 400, "no base64url: the value 0x20 at byte 4"), ("?q=QR", 400, "no base64url: its last character"),
        ("?q=4&as=hex", 400, "no hex: the digit at byte 1"), ("?q=QQ&as=octal", 400, "takes base64, hex or text"),
        ("?q=Pz8%2B&as=base64", 400, "no base64url: '+' at byte 4"), ("?q=QUJDREVGRw", 414, "at most 6 bytes"),
    ])
    func `a query without a letter says why`(query: String, status: Int, reason: String) throws {
        let (gateway, echo) = try gateway()
        defer { withExtendedLifetime(echo) {} }
        let response = try ask("/e\(query)", of: gateway)
        #expect(response.status == status)
        #expect(try #require(response.text).contains(reason), "\(response.text ?? "")")
        #expect(try gateway.metrics()["udp_datagrams_sent_total"] == 0)
    }

    @Test func `a page stays where there is no letter`() throws {
        let (gateway, echo) = try gateway(root: true)
        defer { withExtendedLifetime(echo) {} }
        for target in ["/", "/?x=1", "/?as=text"] {
            #expect(try ask(target, of: gateway).fields["Content-Type"] == "text/html; charset=utf-8")
        }
        #expect(try ask("/?q=QQ", of: gateway).text == "A")
        let told = try ask("/?q=QQ", of: gateway, ["Accept": "application/json"])
        #expect(
            try #require(told.text).hasPrefix("{\"reply\":\"A\",\"exchange\":{")
                && told.fields["Cache-Control"] == "no-store")
        #expect(try ask("/?q=QQ", of: gateway, method: "POST").text == "")
        #expect(try ask("/", of: gateway, method: "OPTIONS").fields["Allow"] == "GET, HEAD, POST, OPTIONS")
    }

    @Test func `the methods of a path are told`() throws {
        let (gateway, echo) = try gateway()
        defer { withExtendedLifetime(echo) {} }
        #expect(try ask("/e", of: gateway, method: "OPTIONS").fields["Allow"] == "GET, HEAD, POST, OPTIONS")
        #expect(try ask("/e", of: gateway, method: "PUT").fields["Allow"] == "GET, HEAD, POST, OPTIONS")
        #expect(try ask("/e?q=QQ", of: gateway, ["If-Match": "\"a\""]).status == 412)
        let services = try #require(try ask("/services", of: gateway).text)
        #expect(services.contains("\"from\":\"peer\",\"get\":\"q\",\"backends\":["))
    }

    @Test func `a failure is not kept by a cache either`() throws {
        let silent = UDPPeer()
        let gateway = try RunningGateway(
            ["--service", "/e \(silent.address) get=q timeout=20ms"], upstream: silent.address)
        let response = try ask("/e?q=QQ", of: gateway)
        #expect(response.status == 504 && response.fields["Cache-Control"] == "no-store")
    }
}
