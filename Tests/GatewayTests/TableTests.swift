import HTTP
import Testing

@testable import EventLoop
@testable import Gateway
@testable import Sockets

@Suite struct TableTests {
    @Test(
        arguments: [
            ("refused", 502, "connection_refused"), ("route", 502, "destination_ip_unroutable"),
            ("silent", 504, "http_response_timeout"),
            ("reply", 502, "http_response_body_size"), ("overload", 503, "connection_limit_reached"),
            ("socket", 503, "connection_limit_reached"), ("request", 413, "http_request_error"),
            ("other", 502, "proxy_internal_error"), ("down", 503, "destination_unavailable"),
        ] as [(String, UInt16, String)])
    func failures(name: String, status: UInt16, proxyError: String) throws {
        let error = error(name)
        let response = Problem.response(error)
        #expect(response.status.code == status)
        var bytes: [UInt8] = []
        response.write(
            into: &bytes, for: nil, withContent: true, connection: .persistent, date: HTTPDate(unixSeconds: 0))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\r\nProxy-Status: letterbox; error=\(proxyError)\r\n"))
        #expect(text.contains("\r\nContent-Type: application/problem+json\r\n"))
        #expect(text.contains("\r\nRetry-After: 1\r\n") == (status == 503))
        #expect(response.closes == (status == 413))
        // The operator's address is not the caller's business.
        #expect(!text.contains("192.0.2.1"))
        #expect(text.contains("\"status\":\(status),\"detail\":\"\(error.detail)\"}"))
    }

    private func error(_ name: String) -> GatewayError {
        switch name {
        case "refused": return GatewayError(SocketError(.receive, nil, .connectionRefused), limit: 9)
        case "route": return GatewayError(SocketError(.send, nil, .networkUnreachable), limit: 9)
        case "request": return GatewayError(SocketError(.send, nil, .messageTooLong), limit: 9)
        case "silent": return .silent(after: .seconds(2), attempts: 1)
        case "reply": return .replyTooLong(limit: 9)
        case "overload": return .overloaded(limit: 9)
        case "down": return .allDown(retryAfter: .milliseconds(300))
        case "socket": return .noSocket(limit: 9)
        default: return GatewayError(SocketError(.open, nil, .permissionDenied), limit: 9)
        }
    }

    @Test(arguments: [
        ("plain", "\"plain\""), ("a\"b\\c", "\"a\\\"b\\\\c\""), ("\n\t\u{0}\u{1F}", "\"\\n\\u0009\\u0000\\u001f\""),
        ("straße \u{1F600}", "\"straße \u{1F600}\""), ("", "\"\""),
    ])
    func quoted(text: String, json: String) {
        #expect(Problem.quoted(text) == json)
    }

    @Test(arguments: [
        ("&<>\"'", "&amp;&lt;&gt;&quot;&#39;"), ("a\r\nb", "a\nb"), ("&amp;", "&amp;amp;"), ("ß\u{301}", "ß\u{301}"),
    ])
    func escaped(text: String, html: String) {
        #expect(FormTemplate.escaped(text) == html)
    }

    @Test func placesAreFilledOnce() {
        let template = FormTemplate("{{heading}}|{{text}}|{{reply}}|{{other}}|{{text}}|{{")
        let page = template.fill(text: "{{reply}}<", .success(Array("{{text}}<b>".utf8)))
        #expect(page == "The reply|{{reply}}&lt;|{{text}}&lt;b&gt;|{{other}}|{{reply}}&lt;|{{")
        #expect(template.fill(text: "a", .failure("why")).hasPrefix("No reply|a|why|"))
        #expect(FormTemplate("{{reply}}").fill(text: "", .success([0xFF])) == "\u{FFFD}")
    }

    @Test func metrics() throws {
        var (http, upstream) = (HTTPCounts(), UpstreamCounts())
        http.count(.ok)
        http.count(.badGateway)
        var destination = DestinationCounts()
        destination.sent = 3
        destination.roundTrips.add(.milliseconds(2))
        let address = try #require(SocketAddress("127.0.0.1", port: 53))
        upstream.destinations = [(address, destination)]
        let entry = Census.Entry(http: http, upstream: upstream)
        let lines = Metrics.text([entry, entry]).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        #expect(lines.contains("letterbox_http_responses_total{code=\"200\"} 2"))
        #expect(lines.contains("letterbox_http_responses_total{code=\"502\"} 2"))
        #expect(lines.contains("letterbox_udp_datagrams_sent_total{upstream=\"127.0.0.1:53\"} 6"))
        // Every family has its help and its type, once, and counters are called totals.
        let types = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ") }
        #expect(Set(types.map { $0[2] }).count == types.count && types.count == lines.count { $0.hasPrefix("# HELP ") })
        #expect(types.allSatisfy { $0[2].hasSuffix("_total") == ($0[3] == "counter") })
    }

    @Test func idleListKeepsTheOrder() throws {
        var generator = SeededGenerator(state: 5)
        var list = IdleList()
        var model: [Watch] = []
        let watches = (0..<20 as Range<Int32>).map { Watch(number: $0 * 3, generation: 1) }
        for step in 0..<100_000 {
            let watch = try #require(watches.randomElement(using: &generator))
            if model.contains(watch) {
                model.removeAll { $0 == watch }
                list.leave(watch)
            } else if Bool.random(using: &generator) {
                list.leave(watch)
            } else {
                model.append(watch)
                list.enter(watch, at: MonotonicTime(nanoseconds: UInt64(step)))
            }
            try #require(list.oldest?.watch == model.first, "step \(step)")
        }
    }

    /// Those that wait are handed out by age until one is too young; those that are parked are older than all of them.
    @Test func idleConnectionsAreParkedByAge() {
        var list = IdleList()
        let watches = (0..<5 as Range<Int32>).map { Watch(number: $0 + 3, generation: 1) }
        for (index, watch) in watches.enumerated() { list.enter(watch, at: MonotonicTime(nanoseconds: UInt64(index))) }
        let due = list.waiting(since: MonotonicTime(nanoseconds: 2))
        #expect(due == Array(watches[..<3]) && list.waiting(since: MonotonicTime(nanoseconds: 9)) == watches)
        #expect(list.waiting(since: .never, most: 3) == due && list.waiting(since: .never, most: 0).isEmpty)
        for watch in due { list.park(watch, served: Int(watch.number)) }
        #expect(list.waiting(since: MonotonicTime(nanoseconds: 2)).isEmpty)
        #expect(list.parked(4)?.parked == 4 && list.parked(7) == nil)
        for watch in watches[3...] { list.leave(watch) }
        #expect(list.waiting(since: .never).isEmpty && list.oldest?.watch == watches[0])
        for watch in due { list.leave(watch) }
        #expect(list.oldest == nil)
    }

    @Test func buffersComeBack() {
        let pool = BufferPool(smallSize: 100, largeSize: 200)
        var small = pool.rentSmall()
        small[0] = 7
        pool.giveBack(&small)
        #expect(small.isEmpty)
        #expect(pool.rentSmall()[0] == 7)
        #expect(pool.rentSmall() == [UInt8](repeating: 0, count: 100))
        var large = pool.rentLarge()
        #expect(large.count == 200)
        large[1] = 8
        pool.giveBack(&large)
        #expect(pool.rentLarge()[1] == 8)
        var stranger = [UInt8](repeating: 9, count: 150)
        pool.giveBack(&stranger)
        #expect(stranger.isEmpty)
        #expect(pool.rentSmall().count == 100 && pool.rentLarge().count == 200)
    }

    /// A pool is as large as the load of a moment ago, and never smaller than a few buffers.
    @Test func poolsFollowTheLoad() {
        let pool = BufferPool(smallSize: 10, largeSize: 3000)
        func counts() -> [Int] {
            Mirror(reflecting: pool).children.compactMap { ($0.value as? BufferPool.Shelf)?.buffers.count }
        }
        func lend(_ count: Int) {
            var small = (0..<count).map { _ in pool.rentSmall() }
            var large = (0..<count).map { _ in pool.rentLarge() }
            var outputs = (0..<count).map { _ in pool.rentOutput() }
            for index in 0..<count {
                pool.giveBack(&small[index])
                pool.giveBack(&large[index])
                pool.giveBackOutput(&outputs[index])
            }
        }
        lend(200)
        #expect(counts() == [200, 200, 200])
        // All of them were in use since the last time.
        pool.trim()
        #expect(counts() == [200, 200, 200])
        lend(150)
        pool.trim()
        #expect(counts() == [150, 150, 150])
        lend(3)
        pool.trim()
        #expect(counts() == [64, 64, 64])
        pool.trim()
        #expect(counts() == [64, 64, 64])
    }

    /// What was given back last is still in the caches, and stays; many go in several steps.
    @Test func theColdestBuffersGo() {
        var shelf = BufferPool.Shelf()
        for number in 0..<200 { shelf.put([UInt8(number)]) }
        for _ in 0..<200 { shelf.put([200]) }
        shelf.trim()
        #expect(shelf.buffers.count == 400)
        shelf.trim()
        #expect(shelf.buffers.count == 144 && shelf.buffers.allSatisfy { $0 == [200] })
        shelf.trim()
        #expect(shelf.buffers.count == 64)
        for number in 0..<6 { shelf.put([UInt8(number)]) }
        _ = shelf.take()
        shelf.trim()
        #expect(shelf.buffers.count == 64 && shelf.buffers.suffix(5).map { $0[0] } == [0, 1, 2, 3, 4])
    }
}
