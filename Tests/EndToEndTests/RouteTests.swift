import CurlClient
import Testing

/// The form, the page, and everything else that has an address.
@Suite struct RouteTests {
    private func respond(_ method: String, _ path: String) throws -> CurlResponse {
        let gateway = try RunningGateway()
        return try CurlClient().perform(CurlRequest(gateway.url + path, method: method))
    }

    private func postForm(_ body: String, type: String = "application/x-www-form-urlencoded") throws -> CurlResponse {
        let gateway = try RunningGateway()
        return try CurlClient().perform(
            CurlRequest("\(gateway.url)/form", fields: ["Content-Type": type], body: .text(body)))
    }

    @Test func `a form gets a page with the reply`() throws {
        let response = try postForm("text=stra%C3%9Fe+nach+Ulm")
        #expect(response.status == 200)
        #expect(response.fields["Content-Type"] == "text/html; charset=utf-8")
        #expect(try #require(response.text).contains(/<output id="reply"[^>]*>STRASSE NACH ULM<\/output>/))
    }

    @Test func `what is posted cannot become part of the page`() throws {
        let response = try postForm("text=%3Cscript%3E%22%26%27")
        let page = try #require(response.text)
        #expect(page.contains(/<output id="reply"[^>]*>&lt;SCRIPT&gt;&quot;&amp;&#39;<\/output>/))
        #expect(!page.lowercased().contains("<script>"))
    }

    @Test(arguments: [
        ("note=hello", "application/x-www-form-urlencoded", 400), ("text=hello", "text/plain", 415),
        ("text=hello", "application/x-www-form-urlencodedX", 415),
        ("text=hello", "application/x-www-form-urlencoded X", 415),
        ("text=hello", "Application/X-WWW-Form-URLEncoded; charset=utf-8", 200),
    ])
    func `a form needs its field and its type`(body: String, type: String, status: Int) throws {
        #expect(try postForm(body, type: type).status == status)
    }

    @Test func `a form whose service is gone gets a page that says so`() throws {
        let gateway = try RunningGateway(UDPPeer.persistently, upstream: UDPPeer.closedAddress())
        let fields: CurlFields = ["Content-Type": "application/x-www-form-urlencoded"]
        let response = try CurlClient().perform(
            CurlRequest("\(gateway.url)/form", fields: fields, body: .text("text=hello")))
        #expect(response.status == 502)
        #expect(try #require(response.text).contains("no program listens"))
    }

    /// Each letter as a form has it, again and again, with how long it is then and what becomes of it.
    ///
    /// The first of each pair just fits in a datagram.
    @Test(arguments: [
        ("%C3%A9", "é", 600, 200, true), ("%C3%A9", "é", 601, 413, true), ("a", "a", 1200, 200, true),
        ("a", "a", 1201, 413, true), ("%0D%0A", "\n", 1200, 200, true), ("%0D%0A", "\n", 1201, 413, true),
        ("%0D%0A", "\n", 1540, 413, true), ("%0D%0A", "\n", 1541, 413, false), ("a", "a", 9243, 413, true),
        ("a", "a", 9244, 413, false),
    ])
    func `a form's letter must fit in a datagram, and not the form`(
        escape: String, character: Character, count: Int, status: Int, isRead: Bool
    ) throws {
        let gateway = try RunningGateway(["--max-datagram", "1200"])
        let form = "text=" + String(repeating: escape, count: count)
        let letter = String(repeating: character, count: count)
        for body in [CurlRequest.Body.text(form), .chunked([Array(form.utf8)])] {
            let response = try CurlClient().perform(
                CurlRequest(
                    "\(gateway.url)/form\(isRead ? "" : "?a")", method: "POST",
                    fields: ["Content-Type": "application/x-www-form-urlencoded"], body: body, expect100: false))
            #expect(response.status == status)
            #expect((response.fields["Connection"] == "close") == !isRead)
            let isTooLong = response.fields["Proxy-Status"] == "letterbox; error=http_request_error"
            #expect(isTooLong == (status == 413))
            let page = try #require(response.text)
            #expect(page.contains("The body does not fit") == (status == 413))
            // A text that is too long comes back to be shortened, unless it is far too long.
            #expect(page.contains(">\n\(letter)</textarea>") == (isRead && letter.utf8.count <= 2400))
        }
    }

    @Test func `the longest letter comes back from a form`() throws {
        let response = try postForm("text=" + String(repeating: "%C3%A9", count: 32_753) + "%0D%0A")
        #expect(response.status == 200)
        #expect(try #require(response.text).contains(String(repeating: "É", count: 32_753) + "\n</output>"))
    }

    @Test(arguments: ["/", "/form/", "/Form"])
    func `what is no form has no room for escapes`(path: String) throws {
        let gateway = try RunningGateway(["--max-datagram", "1200"])
        let response = try CurlClient().perform(
            CurlRequest(gateway.url + path, body: .text(String(repeating: "a", count: 1201))))
        #expect(response.status == 413)
        #expect(response.fields["Content-Type"] == "application/problem+json")
        #expect(response.fields["Connection"] == "close")
    }

    /// Each path with the type of what is there and something that it has.
    @Test(arguments: [
        ("/", "text/html; charset=utf-8", "id=\"reply\""),
        ("/", "text/html; charset=utf-8", "name=\"text\""),
        ("/app.js", "text/javascript; charset=utf-8", "import"),
        ("/style.css", "text/css; charset=utf-8", "{"),
        ("/favicon.svg", "image/svg+xml", "<svg"),
        ("/healthz", "text/plain; charset=utf-8", "ok\n"),
        ("/metrics", "text/plain; version=0.0.4; charset=utf-8", "# TYPE letterbox_udp_sockets gauge\n"),
    ])
    func `what is there is served with its type`(path: String, type: String, content: String) throws {
        let response = try respond("GET", path)
        #expect(response.status == 200)
        #expect(response.fields["Content-Type"] == type)
        #expect(try #require(response.text).contains(content))
    }

    /// Each request with the status that it gets and the methods that the response names.
    @Test(arguments: [
        ("GET", "/nothing", 404, nil), ("DELETE", "/nothing", 404, nil), ("GET", "/../Package.swift", 404, nil),
        ("GET", "/form-reply.html", 404, nil), ("POST", "/nothing", 404, nil),
        ("PUT", "/", 405, "GET, HEAD, POST, OPTIONS"), ("GET", "/form", 405, "POST, OPTIONS"),
        ("POST", "/healthz", 405, "GET, HEAD, OPTIONS"), ("DELETE", "/style.css", 405, "GET, HEAD, OPTIONS"),
        ("OPTIONS", "/", 204, "GET, HEAD, POST, OPTIONS"), ("BREW", "/", 501, nil),
    ])
    func `what is not there, or not for this method, says so`(
        method: String, path: String, status: Int, allow: String?
    ) throws {
        let response = try respond(method, path)
        #expect(response.status == status)
        #expect(response.fields["Allow"] == allow)
        let type = path == "/form" ? "text/html; charset=utf-8" : "application/problem+json"
        if status >= 400 { #expect(response.fields["Content-Type"] == type) }
    }

    @Test func `the counters count`() throws {
        // A datagram that is sent again, since the machine is slow, would count.
        let gateway = try RunningGateway(["--attempts", "1"])
        let client = CurlClient()
        let before = try gateway.metrics(client)
        for _ in 0..<3 { _ = try client.post(gateway.url, Array("hello".utf8)) }
        _ = try client.get("\(gateway.url)/nothing")
        let after = try gateway.metrics(client)
        let names = [
            "udp_datagrams_sent_total", "udp_replies_total", "http_responses_total{code=\"404\"}",
            "http_connections_accepted_total", "udp_exchanges_in_flight",
        ]
        #expect(names.map { (after[$0] ?? 0) - (before[$0] ?? 0) } == [3, 3, 1, 0, 0])
        #expect(after["http_connections"] == 1)
    }
}
