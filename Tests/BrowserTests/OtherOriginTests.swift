import CurlClient
import Foundation
import TestSupport
import Testing

extension InTheBrowser {
    /// The gateway's failures in a page of another origin, where the operator allows that origin.
    @Suite struct OtherOriginTests {
        /// A request as the page makes it, and the status that it sees; the page's own words, for a name.
        struct Case: Sendable {
            let status: Int
            let fetch: String

            init(_ status: Int, _ fetch: String) { (self.status, self.fetch) = (status, fetch) }
        }

        private static let anyService: [Case] = [
            Case(400, "fetch(url + '/form', {method: 'POST', body: new URLSearchParams({word: 'hello'})})"),
            Case(400, "fetch(url + '/%zz')"),
            Case(404, "fetch(url + '/none')"),
            Case(404, "fetch(url + '/lab')"),
            Case(405, "fetch(url + '/healthz', {method: 'POST'})"),
            Case(413, "fetch(url, {method: 'POST', body: 'a'.repeat(65508)})"),
            // So long that the answer comes while the browser still sends.
            Case(413, "fetch(url, {method: 'POST', body: 'a'.repeat(5000000)})"),
            Case(414, "fetch(url + '/' + 'a'.repeat(9000))"),
            Case(431, "fetch(url, {method: 'POST', headers: {Accept: 'a'.repeat(17000)}})"),
            Case(415, "fetch(url, {method: 'POST', body: new FormData()})"),
            Case(416, "fetch(url + '/style.css', {headers: {Range: 'bytes=9999999-'}})"),
        ]

        private static let post = "fetch(url, {method: 'POST', body: 'hello'})"

        @Test(arguments: anyService)
        func aRefusal(_ one: Case) throws {
            try see([one], ["--upstream", "127.0.0.1:\(UDPPeer.closedPort())"])
        }

        @Test func theServiceFails() throws {
            try see([Case(502, Self.post)], ["--upstream", "127.0.0.1:\(UDPPeer.closedPort())"])
            let silence = UDPPeer.silent()
            defer { silence.end() }
            // The only socket is set aside after the first letter.
            try see(
                [Case(504, Self.post), Case(503, Self.post)],
                ["--upstream", silence.address, "--timeout", "20ms", "--max-sockets", "1"])
        }

        /// Pages of other origins may post letters, and no more.
        @Test func noPageOfAnotherOriginSetsTheLab() throws {
            try see([Case(0, "fetch(url + '/lab', {method: 'PUT', body: '{}'})")], ["--lab"])
        }

        /// The document's tables name no failure that is not tried here but those of `PUT /lab`, of pages that are not
        /// allowed and of callers without a token, and those that no page of another origin can cause: it cannot send so slowly, or such a method, condition,
        /// expectation or version, and it finds no name that points here.
        @Test func everyFailureOfTheDocumentIsTried() throws {
            let file = Repository.root.appendingPathComponent("docs/api.md")
            let text = try String(contentsOf: file, encoding: .utf8)
            let named = text.matches(of: /(?m)^\| ([45]\d\d) \|/).compactMap { Int($0.1) }
            let tried = Set(Self.anyService.map(\.status) + [502, 503, 504])
            #expect(Set(named).subtracting(tried) == [401, 403, 421, 422, 408, 412, 417, 501, 505])
        }

        /// A page that is not allowed sends nothing, neither with a fetch that needs no permission nor in a query.
        @Test func noPayloadOfAForbiddenPageLeaves() throws {
            let requests = [
                "fetch(url, {method: 'POST', body: 'hello', mode: 'no-cors'})",
                "fetch(url + '/?q=aGVsbG8', {mode: 'no-cors'})",
                "fetch(url + '/form', {method: 'POST', body: new URLSearchParams({text: 'a'}), mode: 'no-cors'})",
                "fetch(url + '/metrics', {mode: 'no-cors'})",
            ]
            try TestGateway.run { home in
                let browser = try #require(Browser.shared)
                try browser.pretend(Reader())
                try browser.open(home.url + "/healthz")
                try TestGateway.run(["--service", "/ 127.0.0.1:\(UDPPeer.closedPort()) get=q"]) { gateway in
                    for request in requests {
                        // The page sees neither status nor content.
                        let fetch = "\(request).then(response => response.status, () => -1)"
                        #expect(try browser.run("const url = '\(gateway.url)'; return \(fetch);").integer == 0)
                    }
                    let metrics = try CurlClient().get(gateway.url + "/metrics").text ?? ""
                    #expect(metrics.contains("error=\"http_request_denied\"} 3\n"))
                    #expect(metrics.contains(/letterbox_udp_datagrams_sent_total{.*} 0\n/))
                }
            }
        }

        /// Opens a page of one gateway and makes its requests to another; status 0 for one that the browser refuses.
        private func see(_ cases: [Case], _ arguments: [String]) throws {
            try TestGateway.run { home in
                // A text has no policy that keeps its scripts from other servers.
                let browser = try #require(Browser.shared)
                try browser.pretend(Reader())
                try browser.open(home.url + "/healthz")
                try TestGateway.run(["--allow-origin", home.url] + arguments) { gateway in
                    for one in cases {
                        let fetch = "\(one.fetch).then(response => response.status, () => 0)"
                        let status = try browser.run("const url = '\(gateway.url)'; return \(fetch);").integer
                        #expect(status == one.status, "\(one.fetch)")
                    }
                }
            }
        }
    }
}
