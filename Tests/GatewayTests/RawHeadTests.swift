import Testing

@testable import Gateway

/// A field of bytes that are no acceptable request: found where the parser would find it, and ignored where it would be
/// repeated or unfinished.
@Suite struct RawHeadTests {
    private static func value(_ text: String) -> String? {
        RawHead.value(of: "x-request-id:", in: Array(text.utf8)[...]).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nX-Request-Id: a\r\n\r\n", "GET / HTTP/1.1\r\nx-request-id:\t a \r\n",
        "GET / HTTP/1.1\r\nA: b\r\nX-REQUEST-ID:a\r\nC: d", "\r\n\r\nGET / HTTP/1.1\r\nX-Request-Id: a\r\n\r\n",
        "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nX-Request-Id: a\r\n", "\nGET /\nX-Request-Id: a\n\n",
        "GET / HTTP/1.1\r\nX-Request-Id: a\r\n\r\nX-Request-Id: b\r\n",
    ])
    func found(text: String) {
        #expect(Self.value(text) == "a")
    }

    @Test(arguments: [
        "", "\r\n", "\r\n\r\n", "GET", "X-Request-Id: a\r\n", "GET / HTTP/1.1\r\nX-Request-Id: a",
        "GET / HTTP/1.1\r\nX-Request-Id: a\r\nX-Request-Id: b\r\n\r\n",
        "GET / HTTP/1.1\r\nX-Request-Id: a\r\nA: b\r\nx-request-id: a\r\n",
        "GET / HTTP/1.1\r\n\r\nX-Request-Id: a\r\n", "GET / HTTP/1.1\n\nX-Request-Id: a\n",
        "GET / HTTP/1.1\r\nX-Request-Identity: a\r\n",
    ])
    func missing(text: String) {
        #expect(Self.value(text) == nil)
    }

    @Test(arguments: [
        ("/a", "/a"), ("/a?b", "/a"), ("http://h:1/a?b", "/a"), ("HTTPS://h/", "/"), ("http://h", "/"),
        ("http://h?a/b", "/"),
        ("*", "*"), ("h:443", "h:443"), ("a:b/c", "a:b/c"), ("", ""), ("/a://b/c", "/a://b/c"), ("a/b", "a/b"),
    ])
    func paths(target: String, path: String) {
        #expect(Array(RawHead.path(of: Array(target.utf8)[...])) == Array(path.utf8))
    }

    @Test(arguments: [
        ("", 0), ("\r\n\r\n", 0), ("POST / HTTP/1.1\r\nContent-Length: 5\r\n", 0),
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 0), ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", 2),
        ("\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", 2),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nab", 1), ("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n", 0),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nab", 2),
        ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nab", 0),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 0),
    ])
    func contentLengths(text: String, length: Int) {
        #expect(RawHead.contentLength(in: Array(text.utf8)[...]) == length)
    }

    @Test(arguments: [("HEAD / ", true), ("\r\nHEAD / ", true), ("HEADS / ", false), ("GET / ", false), ("", false)])
    func heads(text: String, isHead: Bool) {
        #expect(RawHead.isHead(Array(text.utf8)[...]) == isHead)
    }
}
