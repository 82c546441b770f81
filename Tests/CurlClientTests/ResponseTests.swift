import CurlClient
import Testing

/// The parsed form of a response.
@Suite struct ResponseTests {
    /// Makes a request and answers it with these bytes; then the server closes the connection.
    private func answer(_ bytes: String, to edit: (inout CurlRequest) -> Void = { _ in }) throws -> CurlResponse {
        var answer: CurlResponse?
        try withServer({ peer in
            try peer.readHead()
            try peer.send(bytes)
        }) { url in
            var request = CurlRequest(url)
            edit(&request)
            answer = try CurlClient().perform(request)
        }
        return try #require(answer)
    }

    @Test func `status line and fields are told as they came`() throws {
        let response = try answer(
            "HTTP/1.1 404 Not at home\r\nContent-Length: 2\r\nX-Note: one\r\nx-note: \t two \t\r\nX-Empty:\r\n\r\nhi")
        #expect(response.head.version == "1.1")
        #expect(response.status == 404)
        #expect(response.head.reason == "Not at home")
        #expect(response.fields.map(\.name) == ["Content-Length", "X-Note", "x-note", "X-Empty"])
        #expect(response.fields["x-NOTE"] == "one")
        #expect(response.fields.map(\.value) == ["2", "one", "two", ""])
        #expect(response.fields["X-Empty"] == "")
        #expect(response.fields["Not"] == nil)
        #expect(response.text == "hi")
        #expect(response.interim.isEmpty)
        #expect(response.newConnections == 1)
    }

    @Test func `an old response without a reason ends with its connection`() throws {
        let response = try answer("HTTP/1.0 200\r\n\r\nall of it")
        #expect(response.head.version == "1.0")
        #expect(response.head.reason == "")
        #expect(response.text == "all of it")
    }

    @Test func `HEAD has the fields and no body`() throws {
        let response = try answer("HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n") { $0.method = "HEAD" }
        #expect(response.fields["content-length"] == "70000")
        #expect(response.body.isEmpty)
    }

    @Test(arguments: [0, 1, 70_000, 1 << 20])
    func `a body comes back exactly`(length: Int) throws {
        let body = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        try withServer({ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n")
            try peer.send(body)
        }) { url in
            let response = try CurlClient().get(url)
            #expect(response.body == body)
        }
    }

    @Test func `text is nil where the body is not UTF-8`() throws {
        try withServer({ peer in
            try peer.readHead()
            try peer.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n".utf8) + [0xFF])
        }) { url in
            let response = try CurlClient().get(url)
            #expect(response.body == [0xFF])
            #expect(response.text == nil)
        }
    }

    @Test func `chunks are put together and trailers left out`() throws {
        let response = try answer(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n")
        #expect(response.text == "abcde")
        #expect(response.fields["x-sum"] == nil)
    }

    @Test func `a redirect is not followed`() throws {
        try withServer({ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 302 Found\r\nLocation: /next\r\nX-First: yes\r\nContent-Length: 3\r\n\r\nnot")
            guard try peer.readHead().hasPrefix("GET /next ") else { return }
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nthis")
        }) { url in
            let client = CurlClient()
            var request = CurlRequest(url)
            let first = try client.perform(request)
            #expect(first.status == 302)
            #expect(first.fields["Location"] == "/next")
            request.url += "/next"
            #expect(try client.perform(request).status == 200)
        }
    }

    @Test func `a transfer is timed`() throws {
        let time = try answer("HTTP/1.1 204 No Content\r\n\r\n").time
        #expect(.zero < time && time < .seconds(10))
    }
}
