import CurlClient
import Testing

/// Which connection a request of a single client takes.
@Suite struct ReuseTests {
    /// Answers each request of a connection, until the client closes it, with the connection's number.
    private static let numbered: Script = { peer in
        while (try? peer.readHead()) != nil {
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(peer.number)")
        }
    }

    @Test func `a connection serves again`() throws {
        let received = try withServer(Self.numbered) { url in
            let client = CurlClient()
            let responses = try (0..<3).map { _ in try client.get(url) }
            #expect(responses.map(\.newConnections) == [1, 0, 0])
            #expect(responses.map(\.text) == ["0", "0", "0"])
        }
        #expect(received.count == 1)
    }

    @Test func `clients share no connection`() throws {
        try withServer(Self.numbered) { url in
            let clients = [CurlClient(), CurlClient()]
            let responses = try clients.map { try $0.get(url) }
            #expect(responses.map(\.text) == ["0", "1"])
        }
    }

    @Test func `nothing of a request is left for the next one`() throws {
        let received = try withServer({ peer in
            try peer.readHead()
            try peer.read(4)
            try peer.send("HTTP/1.1 200 OK\r\nX-First: yes\r\nContent-Length: 5\r\n\r\nfirst")
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond")
        }) { url in
            let client = CurlClient()
            _ = try client.perform(CurlRequest(url, method: "PUT", fields: ["X-Old": "yes"], body: .text("body")))
            let response = try client.get(url)
            #expect(response.text == "second")
            #expect(response.fields["X-First"] == nil)
        }
        let second = String(decoding: received[0], as: UTF8.self).split(separator: "body", maxSplits: 1).last ?? ""
        #expect(second.split(separator: "\r\n").map { $0.prefix(15) } == ["GET / HTTP/1.1", "Host: 127.0.0.1"])
    }

    @Test func `an upload starts over when the old connection has closed`() throws {
        let received = try withServer({ peer in
            if peer.number == 0 {
                try peer.readHead()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
            // The first connection ends here without an answer, the second one answers.
            try peer.read(through: "\r\n0\r\n\r\n")
            if peer.number == 1 { try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
        }) { url in
            let client = CurlClient()
            _ = try client.get(url)
            let upload = CurlRequest(url, body: .chunked([Array("ab".utf8), Array("c".utf8)]), expect100: false)
            #expect(try client.perform(upload).newConnections == 1)
        }
        #expect(received.count == 2)
        let body = Array("\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n".utf8)
        #expect(received.allSatisfy { $0.suffix(body.count) == body[...] })
    }
}
