import CurlClient
import Testing

/// The bytes of a request on the wire.
@Suite struct RequestTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    /// Makes a request to a server that reads a head and then `bodyLength` bytes; returns what it received.
    private func sent(_ bodyLength: Int = 0, _ edit: (inout CurlRequest) -> Void) throws -> String {
        let received = try withServer({ peer in
            try peer.readHead()
            try peer.read(bodyLength)
            try peer.send(Self.ok)
            peer.readToEnd()
        }) { url in
            var request = CurlRequest(url + "/there")
            edit(&request)
            _ = try CurlClient().perform(request)
        }
        #expect(received.count == 1)
        return String(decoding: received[0], as: UTF8.self)
    }

    /// The lines of a head but for `Host`, whose port differs.
    private func lines(_ text: String) -> [String] {
        text.split(separator: "\r\n").map(String.init).filter { !$0.hasPrefix("Host: ") }
    }

    @Test func `a request has the fields that it names and no others`() throws {
        let text = try sent { $0.fields = ["X-Note": "one", "Accept": "text/plain", "X-Note": "two", "X-Empty": ""] }
        #expect(lines(text) == ["GET /there HTTP/1.1", "X-Note: one", "Accept: text/plain", "X-Note: two", "X-Empty:"])
        #expect(text.contains("\r\nHost: 127.0.0.1:"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test(arguments: [0, 1, 52, 70_000])
    func `a body of bytes arrives exactly`(length: Int) throws {
        let body = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        let received = try withServer({ peer in
            try peer.readHead()
            try peer.read(length)
            try peer.send(Self.ok)
            peer.readToEnd()
        }) { url in
            let response = try CurlClient().post(url, body)
            #expect(response.status == 200)
        }
        let head = String(decoding: received[0].dropLast(length), as: UTF8.self)
        #expect(lines(head) == ["POST / HTTP/1.1", "Content-Length: \(length)"])
        #expect(received[0].suffix(length) == body[...])
    }

    @Test func `the method is the one that is named, with a body or without`() throws {
        #expect(try lines(sent { $0.method = "DELETE" }) == ["DELETE /there HTTP/1.1"])
        #expect(try lines(sent { $0.method = "POST" }) == ["POST /there HTTP/1.1"])
        let put = try sent(2) { ($0.method, $0.body) = ("PUT", .text("hi")) }
        #expect(lines(put) == ["PUT /there HTTP/1.1", "Content-Length: 2", "hi"])
    }

    @Test func `a chunked body is one chunk for each piece`() throws {
        let pieces = ["hello", "", "a\0b"].map { Array($0.utf8) }
        let received = try withServer({ peer in
            try peer.read(through: "\r\n0\r\n\r\n")
            try peer.send(Self.ok)
        }) { url in
            let request = CurlRequest(url, body: .chunked(pieces), expect100: false)
            let response = try CurlClient().perform(request)
            #expect(response.status == 200)
        }
        let text = String(decoding: received[0], as: UTF8.self)
        #expect(
            lines(text) == [
                "POST / HTTP/1.1", "Transfer-Encoding: chunked", "5", "hello", "3", "a\0b", "0",
            ])
    }

    @Test func `a body waits for 100 Continue`() throws {
        try withServer({ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 100 Continue\r\nX-Go: on\r\n\r\n")
            try peer.read(5)
            try peer.send(Self.ok)
        }) { url in
            let response = try CurlClient().perform(CurlRequest(url, body: .text("hello"), expect100: true))
            #expect(response.status == 200)
            #expect(response.interim.map(\.status) == [100])
            #expect(response.interim.first?.fields["x-go"] == "on")
            #expect(response.fields["x-go"] == nil)
        }
    }

    @Test func `a body that is refused beforehand never goes out`() throws {
        let received = try withServer({ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            peer.readToEnd()
        }) { url in
            let response = try CurlClient().perform(CurlRequest(url, body: .text("hello"), expect100: true))
            #expect(response.status == 413)
        }
        let text = String(decoding: received[0], as: UTF8.self)
        #expect(lines(text).sorted() == ["Content-Length: 5", "Expect: 100-continue", "POST / HTTP/1.1"])
    }

    @Test func `a path goes out as it is`() throws {
        #expect(try lines(sent { $0.url += "/a/../b//c?q=%41" }) == ["GET /there/a/../b//c?q=%41 HTTP/1.1"])
    }

    @Test func `HTTP/1.0 is spoken when asked for`() throws {
        #expect(try lines(sent { $0.version = .http10 }) == ["GET /there HTTP/1.0"])
    }
}
