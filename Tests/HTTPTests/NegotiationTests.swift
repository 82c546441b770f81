import HTTP
import Testing

@Suite struct NegotiationTests {
    @Test(arguments: [
        ("a,b", ["a", "b"]), (" a ,\tb c ", ["a", "b c"]), ("", []), (",, ,", []), (",a,", ["a"]),
        ("a;x=\"1,2\",b", ["a;x=\"1,2\"", "b"]), ("\"a\\\",b\",c", ["\"a\\\",b\"", "c"]), ("\"a,b", ["\"a,b"]),
        ("\"\\", ["\"\\"]),
    ])
    func lists(value: String, elements: [String]) {
        let bytes = Array(value.utf8)
        var list = CommaList(0..<bytes.count)
        var found: [String] = []
        while let range = list.next(in: bytes.span) { found.append(String(decoding: bytes[range], as: UTF8.self)) }
        #expect(found == elements)
        let beyond = list.next(in: bytes.span)
        #expect(beyond == nil)
    }

    @Test(arguments: [
        ("application/json", true), ("Application/JSON", true), ("application/json, text/plain;q=0.9", true),
        ("text/plain;q=0.5, application/json;q=0.6", true), ("application/*, text/plain;q=0.1", true),
        ("text/*;q=0.3, */*;q=0.4", true), ("application/json;charset=utf-8;q=1", true),
        ("*/*", false), ("", false), ("text/plain", false), ("application/json, text/plain, */*", false),
        ("application/json;q=0, */*", false), ("application/json;q=2", false), ("application/json;q=0.1234", false),
        ("application/json;q=", false), ("application/jsons", false),
        ("text/html, application/xml;q=0.9, */*;q=0.8", false),
    ])
    func json(accept: String, isPreferred: Bool) {
        let bytes = Array(accept.utf8)
        let found = Negotiation.prefersJSON(accept: bytes.span)
        #expect(found == isPreferred)
    }

    @Test(arguments: [
        ("1", 1000), ("0", 0), ("0.5", 500), ("0.05", 50), ("0.005", 5), ("1.000", 1000), ("1.", 1000), ("1.001", 0),
        ("-1", 0),
        (".5", 0), ("0,5", 0), ("00", 0),
    ])
    func qualities(text: String, quality: Int) {
        let bytes = Array("a/b;q=\(text)".utf8)
        let found = Negotiation.quality(of: "a/b", accept: bytes.span)
        #expect(found == quality)
    }

    @Test(arguments: [
        ("wait=10", 10), ("respond-async, wait=5", 5), ("Wait = 7; foo=bar", 7), ("wait=\"3\"", 3),
        ("wait=1, wait=2", 1), ("wait, wait=5", nil), ("wait=, wait=5", nil), ("wait=x, wait=5", nil),
        ("wait", nil), ("wait=", nil), ("wait=-1", nil), ("wait=1.5", nil), ("waiting=1", nil), ("", nil),
        ("return=minimal", nil),
    ])
    func wait(value: String, seconds: Int?) {
        let bytes = Array(value.utf8)
        let found = Negotiation.wait(prefer: bytes.span)
        #expect(found == seconds)
    }

    /// An empty value is none (RFC 7240 2).
    @Test(arguments: [
        ("respond-async", true), ("wait=1, Respond-Async", true), ("respond-async; x=1", true),
        ("respond-async=\"\"", true), ("respond-async=", true), ("respond-async = \"\" ; x", true),
        ("respond-async=1", false), ("respond-async=\"a\"", false), ("respond-async=\"", false),
        ("respond-asyncs", false),
        ("respond-async=1, respond-async", false), ("respond-async, respond-async=1", true),
        ("return; respond-async", false), ("", false), (",;,", false),
    ])
    func respondAsync(value: String, isPreferred: Bool) {
        let bytes = Array(value.utf8)
        #expect(Negotiation.prefersAsync(prefer: bytes.span) == isPreferred)
    }
}
