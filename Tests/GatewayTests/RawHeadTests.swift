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
}
