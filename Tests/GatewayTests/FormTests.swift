import EventLoop
import HTTP
import System
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

    /// A refusal has no reply, and so as much room as twice the longest payload with all its bytes escaped.
    @Test(
        arguments: ["text=a&to", "to=/none&text", "as=hex&text", "as=x&text", "text", "to=/none&other"], [false, true])
    func thePageOfARefusalIsBounded(fields: String, isMultipart: Bool) throws {
        let length = Configuration().limits(of: .form, maxDatagram: 65_507).maxBody
        var body = fields + "="
        if isMultipart {
            let parts = fields.split(separator: "&").map { $0.split(separator: "=") }.map {
                "--b\r\nContent-Disposition: form-data; name=\($0[0])\r\n\r\n\($0.count > 1 ? $0[1] + "\r\n" : "")"
            }
            body = parts.joined()
        }
        body += String(repeating: "\"", count: length - body.utf8.count - 7) + (isMultipart ? "\r\n--b--" : "")
        let type = isMultipart ? "multipart/form-data; boundary=b" : "application/x-www-form-urlencoded"
        let head = "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)"
        let bytes = Array("\(head)\r\n\r\n\(body)".utf8)
        let request = Request(limits: Configuration().limits(of: .form, maxDatagram: 65_507))
        #expect(try request.readHead(bytes.span))
        request.take(bytes[...])
        let page = Page([
            Page.Source(
                name: "form-reply.html", bytes: Array("{{text}} {{reply}} {{to}} {{as}}".utf8), modified: 0)
        ])
        let services = [Service(path: "/", addresses: [], configuration: Configuration())]
        let resource = FormResource(
            page: page, services: ServiceTable(services, on: try EventLoop()), maxDatagram: 65_507)
        guard case .response(let response) = resource.forward(request) else {
            Issue.record("it is not refused")
            return
        }
        #expect(response.status.code >= 400)
        #expect(response.content.count <= 12 * 65_507 + 8192)
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
