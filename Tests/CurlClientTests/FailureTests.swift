import CurlClient
import Glibc
import TestSupport
import Testing

/// The errors of transfers that fail, by their numbers in libcurl-errors(3).
@Suite struct FailureTests {
    /// The error that a request ends with.
    private func failure(_ request: CurlRequest) throws -> CurlError {
        try #require(throws: CurlError.self) { try CurlClient().perform(request) }
    }

    /// The error that a GET ends with when the server does this after its head.
    private func failure(_ script: @escaping Script, edit: (inout CurlRequest) -> Void = { _ in }) throws -> CurlError {
        var error: CurlError?
        try withServer({ peer in
            try peer.readHead()
            try script(peer)
        }) { url in
            var request = CurlRequest(url)
            edit(&request)
            error = try failure(request)
        }
        return try #require(error)
    }

    @Test func `a closed port refuses`() throws {
        let (socket, port) = boundSocket()
        defer { close(socket) }
        let error = try failure(CurlRequest("http://127.0.0.1:\(port)"))
        #expect(error.code == 7)
        #expect(error.message.contains("127.0.0.1 port \(port)"))
        #expect(error.description == "\(error.message) (curl 7)")
    }

    @Test func `a label that no name may have does not resolve`() throws {
        let label = String(repeating: "a", count: 64)
        #expect(try failure(CurlRequest("http://\(label).invalid")).code == 6)
    }

    @Test(arguments: [Duration.milliseconds(50), .zero])
    func `silence times out`(timeout: Duration) throws {
        // The test accepts no connection: the kernel takes it, and nothing ever answers.
        let (socket, port) = boundSocket()
        defer { close(socket) }
        check(listen(socket, 1))
        let clock = ContinuousClock()
        let start = clock.now
        let error = try failure(CurlRequest("http://127.0.0.1:\(port)", timeout: timeout))
        #expect(error.code == 28)
        #expect(clock.now - start >= timeout)
    }

    @Test func `a response that stops half way times out`() throws {
        let script: Script = { peer in
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            peer.readToEnd()
        }
        #expect(try failure(script, edit: { $0.timeout = .milliseconds(500) }).code == 28)
    }

    @Test func `a connection that closes without a word is an empty reply`() throws {
        #expect(try failure({ _ in }).code == 52)
    }

    @Test(arguments: [
        "Content-Length: 10\r\n\r\nhalf",
        "Transfer-Encoding: chunked\r\n\r\nA\r\nhalf",
    ])
    func `a body that is cut short is partial`(response: String) throws {
        #expect(try failure({ try $0.send("HTTP/1.1 200 OK\r\n\(response)") }).code == 18)
    }

    @Test(arguments: ["Content-Length: 10\r\n\r\n0123456789", "\r\n0123456789"])
    func `a body that is longer than allowed is an error`(response: String) throws {
        let script: Script = { try $0.send("HTTP/1.1 200 OK\r\n\(response)") }
        #expect(try failure(script, edit: { $0.maxResponseBody = 9 }).code == 23)
        try withServer({ peer in
            try peer.readHead()
            try script(peer)
        }) { url in
            var request = CurlRequest(url)
            request.maxResponseBody = 10
            let response = try CurlClient().perform(request)
            #expect(response.body.count == 10)
        }
    }

    @Test func `an answer that is not HTTP is an error`() throws {
        #expect(try failure({ try $0.send("Who is there?\r\n") }).code == 1)
    }

    @Test func `other protocols and no URLs at all are errors`() throws {
        #expect(try failure(CurlRequest("file:///etc/hostname")).code == 1)
        #expect(try failure(CurlRequest("ftp://127.0.0.1/")).code == 1)
        #expect(try failure(CurlRequest("http://127.0.0.1:99999/")).code == 3)
        #expect(try failure(CurlRequest("")).code == 3)
    }

    @Test func `a client can go on after a failure`() throws {
        let client = CurlClient()
        #expect(throws: CurlError.self) { try client.get("http://127.0.0.1:99999/") }
        try withServer({ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        }) { url in
            let response = try client.get(url)
            #expect(response.text == "hi")
        }
    }
}
