extension WireTable {
    /// RFC 9112 9.3 and 9.6.
    static let persistence: [WireCase] = [
        connection("close", "Connection: close", .closes),
        connection("close in capitals", "CONNECTION: CLOSE", .closes),
        connection("close in a list", "Connection: a, close ,b", .closes),
        connection("close in a second field", "Connection: a|Connection: close", .closes),
        connection("close is stronger than keep-alive", "Connection: keep-alive, close", .closes),
        connection("keep-alive", "Connection: keep-alive", .goesOn),
        WireCase(
            "keep-alive and an exchange", post + "Connection: keep-alive|Content-Length: 5||hello", [.ok("HELLO")],
            .goesOn),
        connection("Another option", "Connection: closed, not-close", .goesOn),
        connection("Empty elements", "Connection: , ,", .goesOn),
        WireCase("HTTP/1.0 closes", "GET /healthz HTTP/1.0|Host: a||", [200], .closes),
        WireCase("HTTP/1.0 goes on", "GET /healthz HTTP/1.0|Connection: Keep-Alive||", [200], .goesOn),
        WireCase("HTTP/1.0 with both closes", "GET /healthz HTTP/1.0|Connection: close, keep-alive||", [200], .closes),
        WireCase(
            "Content after close is content", post + "Connection: close|Content-Length: 5||hello", [.ok("HELLO")],
            .closes),
    ]

    private static func connection(_ why: String, _ field: String, _ end: WireCase.End) -> WireCase {
        WireCase("Connection: \(why)", "GET /healthz HTTP/1.1|Host: a|\(field)||", [.ok("ok\n")], end)
    }

    /// RFC 9112 9.3.2.
    static let pipelines: [WireCase] = [
        WireCase(
            "In order", letter("one") + letter("two") + letter("three"), [.ok("ONE"), .ok("TWO"), .ok("THREE")], .goesOn
        ),
        WireCase(
            "Many", String(repeating: letter("ab"), count: 64), Array(repeating: .ok("AB"), count: 64), .goesOn),
        WireCase(
            "All framings",
            letter("a") + post + "Transfer-Encoding: chunked||1|b|0||" + "HEAD /healthz HTTP/1.1|Host: a||"
                + letter("c"), [.ok("A"), .ok("B"), .head(200), .ok("C")], .goesOn),
        WireCase("A refusal behind a request", letter("a") + "G@T / HTTP/1.1|Host: a||", [.ok("A"), 400], .closes),
        WireCase(
            "A bad chunk behind a request", letter("a") + post + "Transfer-Encoding: chunked||x|", [.ok("A"), 400],
            .closes),
        WireCase(
            "Nothing behind close", letter("a") + post + "Connection: close||" + letter("b"), [.ok("A"), .ok("")],
            .closes),
        WireCase(
            "Nothing behind too much content", post + "Content-Length: 65508||" + letter("b"), [413], .closes),
        WireCase("Garbage behind content", letter("a") + "garbage||", [.ok("A"), 400], .closes),
    ]

    private static func letter(_ text: String) -> String {
        "\(post)Content-Length: \(text.utf8.count)||\(text)"
    }

    /// RFC 9110 10.1.1.
    static let expectations: [WireCase] = [
        .hello("100-continue", "Expect: 100-continue|Content-Length: 5||hello"),
        .hello("100-continue and chunks", "Expect: 100-Continue|Transfer-Encoding: chunked||5|hello|0||"),
        WireCase("100-continue without content", post + "Expect: 100-continue||", [.ok("")], .goesOn),
        WireCase("Any expectation of HTTP/1.0", "POST / HTTP/1.0|Expect: a|Content-Length: 1||a", [.ok("A")], .closes),
        .refused(417, "Another expectation", post + "Expect: a|Content-Length: 5||hello"),
        .refused(413, "100-continue before too much content", post + "Expect: 100-continue|Content-Length: 65508||"),
    ]

    /// RFC 9112 8: what is incomplete is not answered as if it were whole.
    static let cutOff: [WireCase] = [
        WireCase("Nothing at all", "", [], .cutOff),
        WireCase("Half a request line", "GET /hea", [], .cutOff),
        WireCase("Half a head", "GET /healthz HTTP/1.1|Host: a|", [], .cutOff),
        WireCase("Half of the blank line", "GET /healthz HTTP/1.1|Host: a|\r", [], .cutOff),
        WireCase("Half of the content", post + "Content-Length: 5||hel", [], .cutOff),
        WireCase("Half a chunk", post + "Transfer-Encoding: chunked||5|hel", [], .cutOff),
        WireCase("No last chunk", post + "Transfer-Encoding: chunked||5|hello|", [], .cutOff),
        WireCase("Half of the trailers", post + "Transfer-Encoding: chunked||5|hello|0|", [], .cutOff),
    ]
}
