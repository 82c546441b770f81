import CurlClient
import Glibc
import Synchronization
import TestSupport
import Testing

/// Many requests at once.
@Suite struct MultiTests {
    /// Answers each request with its path, less the slash, and counts how many wait for their answer.
    private final class Echo: Sendable {
        private let gathering: Gathering
        private let counts = Mutex((waiting: 0, most: 0))

        init(together: Int) {
            gathering = Gathering(of: together)
        }

        /// The most requests that waited at the same time.
        var most: Int { counts.withLock { $0.most } }

        func serve(_ peer: Peer) throws {
            while let head = try? peer.readHead() {
                counts.withLock { counts in
                    counts.waiting += 1
                    counts.most = max(counts.most, counts.waiting)
                }
                try gathering.meet()
                counts.withLock { $0.waiting -= 1 }
                let path = head.split(separator: " ")[1].dropFirst()
                try peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)")
            }
        }
    }

    private func requests(_ numbers: Range<Int>, _ url: String) -> [CurlRequest] {
        numbers.map { CurlRequest("\(url)/\($0)") }
    }

    @Test(arguments: [1, 4, 12])
    func `as many as allowed are under way, and the outcomes are in order`(width: Int) throws {
        let echo = Echo(together: width)
        let received = try withServer(echo.serve) { url in
            let responses = try CurlMulti().performAll(requests(0..<12, url), concurrency: width).map { try $0.get() }
            #expect(responses.map(\.text) == (0..<12).map { "\($0)" })
            #expect(responses.map(\.newConnections).reduce(0, +) == width)
        }
        #expect(echo.most == width)
        #expect(received.count == width)
    }

    @Test func `connections serve the next call too`() throws {
        let received = try withServer(Echo(together: 10).serve) { url in
            let multi = CurlMulti()
            for expected in [10, 0] {
                let responses = try multi.performAll(requests(0..<10, url), concurrency: 10).map { try $0.get() }
                #expect(responses.map(\.newConnections).reduce(0, +) == expected)
            }
        }
        #expect(received.count == 10)
    }

    @Test func `fewer requests than allowed are no trouble, nor are none`() throws {
        try withServer(Echo(together: 2).serve) { url in
            let multi = CurlMulti()
            #expect(multi.performAll([], concurrency: 8).isEmpty)
            let responses = try multi.performAll(requests(0..<2, url), concurrency: 8).map { try $0.get() }
            #expect(responses.map(\.text) == ["0", "1"])
        }
    }

    @Test func `a request that fails is alone in that`() throws {
        let (silent, port) = boundSocket()
        defer { close(silent) }
        check(listen(silent, 8))
        try withServer(Echo(together: 1).serve) { url in
            let outcomes = CurlMulti().performAll(
                [
                    CurlRequest("http://127.0.0.1:\(port)", timeout: .milliseconds(50)), CurlRequest("\(url)/a"),
                    CurlRequest("gopher://127.0.0.1"), CurlRequest("\(url)/b"),
                ], concurrency: 2)
            #expect(outcomes.map { (try? $0.get())?.text } == [nil, "a", nil, "b"])
            #expect(outcomes.map { $0.failure?.kind } == [.timedOut, nil, .unsupportedProtocol, nil])
        }
    }

    @Test func `bodies go out side by side without mixing`() throws {
        let length = 30_000
        let gathering = Gathering(of: 6)
        let received = try withServer({ peer in
            try peer.readHead()
            try gathering.meet()
            try peer.send(
                Array("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n".utf8) + peer.read(length))
        }) { url in
            let bodies = (0..<6).map { [UInt8](repeating: $0, count: length) }
            let requests = bodies.map { CurlRequest(url, body: .bytes($0)) }
            let responses = try CurlMulti().performAll(requests, concurrency: 6).map { try $0.get() }
            #expect(responses.map(\.body) == bodies)
        }
        #expect(received.count == 6)
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
