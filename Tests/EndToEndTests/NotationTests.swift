import CurlClient
import Testing

/// Letters that are written out, and their replies.
@Suite struct NotationTests {
    private func gateway(_ arguments: [String] = []) throws -> (RunningGateway, RunningServer) {
        let echo = try RunningServer(["--service", "echo"])
        return (
            try RunningGateway(
                arguments + ["--service", "/game \(echo.address) type=image/gif"], upstream: echo.address), echo
        )
    }

    private func post(
        _ text: String, at target: String, of gateway: RunningGateway, _ fields: CurlFields = [:],
        isChunked: Bool = false
    ) throws -> CurlResponse {
        let body = isChunked ? CurlRequest.Body.chunked([Array(text.utf8)]) : .text(text)
        return try CurlClient().perform(
            CurlRequest(gateway.url + target, method: "POST", fields: fields, body: body, timeout: Program.timeLimit))
    }

    /// A type that the request, or the service, has does not count: the reply is written in text.
    @Test(arguments: ["/", "/game"]) func `a letter is written out, and so is its reply`(path: String) throws {
        let (gateway, echo) = try gateway()
        defer { withExtendedLifetime(echo) {} }
        for (query, letter, reply) in [
            ("?as=hex", "FF ff 54\n", "ff ff 54\n"), ("?as=hex", "00:01", "00 01\n"), ("?x=1&as=hex", "", "\n"),
            ("?as=base64", "//9U\n", "//9U\n"), ("?as=base64&as=hex", "__9U", "//9U\n"),
            ("?%61s=b%61se64", "/w", "/w==\n"),
        ] {
            for isChunked in [false, true] {
                for type in ["application/x-www-form-urlencoded", "application/octet-stream", "text/plain"] {
                    let response = try post(
                        letter, at: path + query, of: gateway, ["Content-Type": type], isChunked: isChunked)
                    #expect(response.status == 200 && response.text == reply)
                    #expect(response.fields["Content-Type"] == "text/plain; charset=utf-8")
                }
            }
        }
    }

    @Test func `the reply with its trace has the notation, too`() throws {
        let (gateway, echo) = try gateway()
        defer { withExtendedLifetime(echo) {} }
        func told(_ letter: String, _ query: String) throws -> String {
            try #require(try post(letter, at: "/\(query)", of: gateway, ["Accept": "application/json"]).text)
        }
        #expect(try told("41", "?as=hex").hasPrefix("{\"reply\":\"41\",\"hex\":true,\"exchange\":{"))
        #expect(try told("QQ", "?as=base64").hasPrefix("{\"reply\":\"QQ==\",\"base64\":true,\"exchange\":{"))
    }

    /// Each query and body with what the refusal says; a body that waits for leave is not sent where the query decides.
    @Test(arguments: [
        ("?as=hexa", "ff", "takes hex or base64"), ("?as=", "ff", "takes hex or base64"),
        ("?as", "ff", "takes hex or base64"),
        ("?as=HEX", "ff", "takes hex or base64"), ("?as=hex", "ff f", "no hex: the digit at byte 4 stands alone"),
        ("?as=hex", "ff 0x0a", "no hex: 'x' at byte 5"), ("?as=base64", "QQ=", "no base64: it ends within"),
    ])
    func `what is badly written is refused`(query: String, body: String, reason: String) throws {
        let (gateway, echo) = try gateway()
        defer { withExtendedLifetime(echo) {} }
        for path in ["/", "/game"] {
            let response = try post(body, at: path + query, of: gateway)
            #expect(response.status == 400 && response.fields["Content-Type"] == "application/problem+json")
            #expect(try #require(response.text).contains(reason), "\(response.text ?? "")")
        }
        guard reason.hasPrefix("takes") else { return }
        let waiting = try CurlClient().perform(
            CurlRequest(gateway.url + query.replacing("?", with: "/?"), body: .text(body), expect100: true))
        #expect(waiting.status == 400 && waiting.interim.isEmpty)
    }

    /// The bytes must fit in a datagram of the service, and what they are written in may be three times as long and 1,024 bytes.
    @Test(arguments: [
        ("/", 8, 0, 200), ("/", 9, 0, 413), ("/game", 4, 0, 200), ("/game", 5, 0, 413), ("/", 8, 1048 - 23, 200),
        ("/", 8, 1049 - 23, 413), ("/game", 4, 1036 - 11, 200), ("/game", 4, 1037 - 11, 413),
    ])
    func `the bytes must fit in a datagram`(path: String, count: Int, spaces: Int, status: Int) throws {
        let echo = try RunningServer(["--service", "echo"])
        let gateway = try RunningGateway(
            ["--max-datagram", "8", "--service", "/game \(echo.address) max-datagram=4"], upstream: echo.address)
        let reply = Array(repeating: "ff", count: count).joined(separator: " ")
        for isChunked in [false, true] {
            let response = try post(
                String(repeating: " ", count: spaces) + reply, at: "\(path)?as=hex", of: gateway, isChunked: isChunked)
            #expect(response.status == status)
            if status == 200 { #expect(response.text == reply + "\n") }
            if status == 413 { #expect(try #require(response.text).contains("at most \(path == "/" ? 8 : 4) bytes")) }
        }
    }

    @Test func `the longest datagram can be written out`() throws {
        let (gateway, echo) = try gateway()
        defer { withExtendedLifetime(echo) {} }
        let letter = Array(repeating: "a0", count: 65_507).joined(separator: ":")
        #expect(try post(letter, at: "/?as=hex", of: gateway).text == letter.replacing(":", with: " ") + "\n")
    }
}
