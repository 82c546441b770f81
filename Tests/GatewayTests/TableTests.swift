import Glibc
import HTTP
import TestSupport
import Testing

@testable import EventLoop
@testable import Gateway
@testable import System

@Suite struct TableTests {
    @Test(
        arguments: [
            (.unreachable(.refused, .network), 502, "connection_refused"),
            (.unreachable(.unroutable, .local), 502, "destination_ip_unroutable"),
            (.unreachable(.unroutable, .network), 502, "destination_ip_unroutable"),
            (.unreachable(.prohibited, .local), 502, "destination_ip_prohibited"),
            (.unreachable(.prohibited, .network), 502, "destination_ip_prohibited"),
            (.silent(after: .seconds(2), attempts: 1), 504, "http_response_timeout"),
            (.silent(after: .seconds(2), attempts: 1, isHeldBack: true), 504, "http_response_timeout"),
            (.replyTooLong(limit: 9), 502, "http_response_body_size"),
            (.overloaded(limit: 9), 503, "connection_limit_reached"),
            (.blocked(.addressInUse), 503, "connection_limit_reached"),
            (.noSocket(limit: 9), 503, "connection_limit_reached"),
            (.blocked(.noBufferSpace), 503, "connection_limit_reached"),
            (.noRoomForReplies(limit: 9), 503, "proxy_internal_error"),
            (.requestTooLong(limit: 9), 413, "http_request_error"), (.noBackend, 503, "dns_error"),
        ] as [(GatewayError, UInt16, String)])
    func failures(error: GatewayError, status: UInt16, proxyError: String) throws {
        let response = Problem.response(error, service: "/a")
        #expect(response.status.code == status)
        var bytes: [UInt8] = []
        ResponseHead.write(
            response.status, contentLength: response.content.count, contentType: response.contentType,
            response.fields, date: HTTPDate(unixSeconds: 0), into: &bytes)
        bytes += response.content
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\r\nProxy-Status: letterbox; error=\(proxyError)\r\n"))
        #expect(text.contains("\r\nContent-Type: application/problem+json\r\n"))
        #expect(text.contains("\r\nRetry-After: 1\r\n") == (status == 503))
        #expect(response.closes == (status == 413))
        #expect(response.failure?.service == "/a" && response.failure?.error.rawValue == proxyError)
        #expect(text.contains("\"status\":\(status),\"detail\":\"\(error.detail)\"}"))
    }

    /// The table distinguishes this host's refusals from the network's reports, for the operator looks in another place
    /// then.
    @Test func sentencesTellWhoSaidSo() {
        for cause in [.unroutable, .prohibited] as [SendFailure.Cause] {
            let (local, network) = (GatewayError.unreachable(cause, .local), GatewayError.unreachable(cause, .network))
            #expect(local.detail != network.detail && network.detail.contains("ICMP"))
        }
    }

    /// All that the system calls and ICMP can say (ip(7), udp(7), linux/net/ipv4/icmp.c, linux/net/ipv6/icmp.c).
    @Test(
        arguments: [
            (EAGAIN, .wait), (EADDRINUSE, .wait), (EMFILE, .wait), (ENFILE, .wait), (ENOBUFS, .wait), (ENOMEM, .wait),
            (ENOSPC, .wait), (EMSGSIZE, .tooLong), (ECONNREFUSED, .unreachable(.refused)),
            (EACCES, .unreachable(.prohibited)),
            (EPERM, .unreachable(.prohibited)), (EHOSTUNREACH, .unreachable(.unroutable)),
            (ENETUNREACH, .unreachable(.unroutable)), (EHOSTDOWN, .unreachable(.unroutable)),
            (ENONET, .unreachable(.unroutable)), (ENOPROTOOPT, .unreachable(.unroutable)),
            (EOPNOTSUPP, .unreachable(.unroutable)), (EPROTO, .unreachable(.unroutable)),
            (EINVAL, .unreachable(.unroutable)), (EADDRNOTAVAIL, .unreachable(.unroutable)),
            (EAFNOSUPPORT, .unreachable(.unroutable)), (ENETDOWN, .unreachable(.unroutable)),
            (EIO, .unreachable(.unroutable)),
        ] as [(Int32, SendFailure)])
    func sendFailures(code: Int32, failure: SendFailure) {
        #expect(SendFailure(ErrorNumber(code)) == failure)
    }

    @Test(
        arguments: [
            (EMFILE, .shortage), (ENFILE, .shortage), (ENOBUFS, .shortage), (ENOMEM, .shortage),
            (ECONNABORTED, .connection), (EPERM, .connection), (EPROTO, .connection), (ENETDOWN, .connection),
            (EHOSTUNREACH, .connection), (EBADF, .lasting), (EINVAL, .lasting), (ENOTSOCK, .lasting),
        ] as [(Int32, AcceptFailure)])
    func acceptFailures(code: Int32, failure: AcceptFailure) {
        #expect(AcceptFailure(ErrorNumber(code)) == failure)
    }

    @Test(arguments: [
        ("plain", "\"plain\""), ("a\"b\\c", "\"a\\\"b\\\\c\""), ("\n\t\u{0}\u{1F}", "\"\\n\\u0009\\u0000\\u001f\""),
        ("straße \u{1F600}", "\"straße \u{1F600}\""), ("", "\"\""),
    ])
    func quoted(text: String, json: String) {
        #expect(JSONText.quoted(text) == json)
    }

    @Test(arguments: [
        ("&<>\"'", "&amp;&lt;&gt;&quot;&#39;"), ("a\r\nb", "a\nb"), ("&amp;", "&amp;amp;"), ("ß\u{301}", "ß\u{301}"),
        ("OK\rREADY", "OK\nREADY"), ("\r\r\n\r", "\n\n\n"),
    ])
    func escaped(text: String, html: String) {
        #expect(FormTemplate.escaped(text) == html)
    }

    @Test func placesAreFilledOnce() {
        let template = FormTemplate("{{heading}}|{{text}}|{{reply}}|{{other}}|{{text}}|{{")
        let page = template.fill(PostedForm(text: Array("{{reply}}<".utf8)), .success(Array("{{text}}<b>".utf8)))
        #expect(page == "The reply|{{reply}}&lt;|{{text}}&lt;b&gt;|{{other}}|{{reply}}&lt;|{{")
        #expect(template.fill(PostedForm(text: [97]), .failure("why")).hasPrefix("No reply|a|why|"))
        let kind = PostedForm(to: Array("/a\"".utf8), notation: Array("hex".utf8))
        #expect(FormTemplate("{{to}} {{as}}").fill(kind, .success([])) == "/a&quot; hex")
        #expect(FormTemplate("{{to}} {{as}}").fill(PostedForm(to: [], notation: []), .success([])) == "/ ")
    }

    /// HTML has neither NUL nor other controls, and a text area none of the bytes of a file that is no text.
    @Test(
        arguments: [
            ([0xFF, 0x41], "ff 41"), ([0x41, 0], "41 00"), ([0x1B], "1b"), ([0xC2, 0x85], "c2 85"), ([0x7F], "7f"),
        ] as [([UInt8], String)])
    func bytesThatAreNoText(bytes: [UInt8], hex: String) {
        let page = FormTemplate("{{heading}}|{{reply}}|{{text}}|{{as}}").fill(PostedForm(text: bytes), .success(bytes))
        #expect(page == "The reply, which is not text|\(hex)|\(hex)|hex")
    }

    @Test(arguments: ["", "\t\n\u{C}a", "é\u{A0}\u{FFFD}"])
    func textStaysText(text: String) {
        let page = FormTemplate("{{reply}}|{{as}}").fill(PostedForm(), .success(Array(text.utf8)))
        #expect(page == "\(text.isEmpty ? "The reply is empty: a datagram of 0 bytes." : text)|")
    }

    @Test func metrics() throws {
        var (http, upstream) = (HTTPCounts(), UpstreamCounts())
        http.count(.ok)
        http.count(.badGateway)
        var destination = BackendCounts()
        destination.sent = 3
        destination.roundTrips.add(.milliseconds(2))
        let address = try #require(SocketAddress("127.0.0.1", port: 53))
        upstream.backends = [(address, destination)]
        // A removed service has no address, and what was the gateway's stays so.
        var gone = UpstreamCounts()
        upstream.overloads = 5
        gone.add(upstream)
        let entry = Statistics.Entry(http: http, services: [upstream], former: [gone])
        let lines = PrometheusText.page(.of([entry, entry])).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        #expect(lines.contains("letterbox_http_responses_total{code=\"200\"} 2"))
        #expect(lines.contains("letterbox_http_responses_total{code=\"502\"} 2"))
        #expect(lines.contains("letterbox_udp_datagrams_sent_total{upstream=\"127.0.0.1:53\",service=\"/\"} 6"))
        #expect(lines.contains("letterbox_udp_overloads_total 20"))
        // None has come, and each has its 0.
        #expect(
            lines.count { $0.hasPrefix("letterbox_http_failures_total{") && $0.hasSuffix(" 0") }
                == 2 * ProxyError.allCases.count)
        // Every family has its help and its type, once, and counters are called totals.
        let types = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ") }
        #expect(Set(types.map { $0[2] }).count == types.count && types.count == lines.count { $0.hasPrefix("# HELP ") })
        #expect(!types.isEmpty && types.allSatisfy { $0[2].hasSuffix("_total") == ($0[3] == "counter") })
    }

    /// Several workers together: one that ends tells of all, one that is ready is enough, and else the first one's reason
    /// is told.
    @Test(
        arguments: [
            ([], "ready"), ([.ready], "ready"), ([.ending], "ending"), ([.down("/a")], "down /a"),
            ([.unresolved("/a")], "unresolved /a"), ([.down("/a"), .ready], "ready"), ([.ready, .down("/a")], "ready"),
            ([.ready, .ending], "ending"), ([.ending, .ready], "ending"), ([.down("/a"), .ending], "ending"),
            ([.down("/a"), .unresolved("/a")], "down /a"), ([.unresolved("/a"), .down("/a")], "unresolved /a"),
        ] as [([GatewayReadiness], String)])
    func readiness(of all: [GatewayReadiness], joined: String) {
        let words =
            switch GatewayReadiness.joined(all) {
            case .ready: "ready"
            case .ending: "ending"
            case .down(let path): "down \(path)"
            case .unresolved(let path): "unresolved \(path)"
            }
        #expect(words == joined)
    }

    /// The wish for room holds for one second, and a later one begins a second of its own.
    @Test func roomIsAskedForDuringASecond() {
        let limit = SharedLimit(1)
        #expect(!limit.isShort(at: at(0)))
        limit.askForRoom(at: at(500))
        #expect(limit.isShort(at: at(500)) && limit.isShort(at: at(1499)) && !limit.isShort(at: at(1500)))
        limit.askForRoom(at: at(1400))
        #expect(limit.isShort(at: at(2399)) && !limit.isShort(at: at(2400)))
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
                list.enter(watch)
            }
            try #require(list.oldest == model.first?.number, "step \(step)")
        }
    }

    /// Taken as one by all threads, never more than there may be, and in the end all of it is there again.
    @Test func aSharedLimitHolds() async {
        let limit = SharedLimit(3)
        #expect(!limit.take(4) && limit.take(3) && !limit.take())
        // One place is left for all of them, and none for two at a time.
        limit.giveBack()
        await withTaskGroup(of: (most: Int, refusals: Int).self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var (most, refusals) = (0, 0)
                    for step in 0..<50_000 {
                        let count = 1 + step % 2
                        guard limit.take(count) else {
                            refusals += 1
                            continue
                        }
                        most = max(most, limit.used)
                        limit.giveBack(count)
                    }
                    return (most, refusals)
                }
            }
            var refusals = 0
            for await result in group {
                #expect(result.most <= 3 && result.most > 0)
                refusals += result.refusals
            }
            #expect(refusals >= 4 * 25_000)
        }
        #expect(limit.used == 2)
    }
}
