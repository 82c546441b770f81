import System
import HTTP
import Testing

@testable import Gateway

/// Forms in parts, as browsers and `curl -F` post them (RFC 7578).
@Suite(.timeLimit(.minutes(1))) struct FormTests {
    private static func form(
        _ disposition: String, _ content: String, to path: String = "/form", _ parameters: String = "; boundary=b"
    ) -> String {
        let body = "--b\r\nContent-Disposition: form-data; \(disposition)\r\n\r\n\(content)\r\n--b--\r\n"
        return """
            POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: multipart/form-data\(parameters)\r
            Content-Length: \(body.utf8.count)\r\n\r\n\(body)
            """
    }

    /// The ends of lines of a text are those of the text area; a file is the letter byte for byte.
    @Test(
        arguments: [
            ("name=text", "one\r\ntwo", 200, "ONE\nTWO"),
            ("name=file; filename=letter.txt", "one\r\ntwo", 200, "ONE\r\nTWO"),
            ("name=other", "one", 400, nil),
        ] as [(String, String, Int, String?)])
    func partsAreRead(disposition: String, content: String, status: Int, reply: String?) async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(Self.form(disposition, content))
            let text = await caller.readAll()
            #expect(text.hasPrefix("HTTP/1.1 \(status) "))
            // The service takes a bit away from every byte that has it, and so makes capitals of letters.
            if let reply {
                let sent = reply.utf8.map { $0 & 0xDF }
                #expect(text.contains(FormTemplate.escaped(String(decoding: sent, as: UTF8.self))))
            }
        }
    }

    /// The field that names the service was not read, so that the metrics count the refusal for none.
    @Test func aFormThatIsTooLongIsOfNoService() async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send("POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 65508000\r\n\r\n")
            #expect(await caller.readAll().hasPrefix("HTTP/1.1 413 "))
            var failures: [ServiceFailure] = []
            for worker in fixture.gateway.workers { failures += await worker.counts.http.failures.keys }
            #expect(failures == [ServiceFailure(service: "", error: .requestError)])
        }
    }

    /// Only a whole CRLF is the form's line end.
    @Test(arguments: [
        ("", ""), ("a\r\nb", "a\nb"), ("a\rb", "a\rb"), ("a\r", "a\r"), ("\r\r\n\r\n", "\r\n\n"), ("\n\r", "\n\r"),
    ])
    func lineEnds(text: String, payload: String) {
        #expect(PostedForm.lines(of: Array(text.utf8)) == Array(payload.utf8))
    }

    /// A datagram with boundaries in it is not what the caller meant.
    @Test(arguments: [
        "; boundary=b", "", "; boundary=----=_Part_0_1.2", "; boundary=a;b", "; x", " x", ", a/b", "; boundary=\"",
    ])
    func partsAreNoPayload(parameters: String) async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(Self.form("name=text", "one", to: "/", parameters))
            let text = await caller.readAll()
            #expect(text.hasPrefix("HTTP/1.1 415 ") && text.contains("A form in parts goes to /form"))
        }
    }

    @Test(arguments: ["; boundary=----=_Part_0_1.2", "; x", " x"])
    func aMalformedTypeIsNoForm(parameters: String) async throws {
        try await withGateway { fixture, loop in
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(Self.form("name=text", "one", to: "/form", parameters))
            #expect(await caller.readAll().hasPrefix("HTTP/1.1 415 "))
        }
    }
}
