extension WireTable {
    /// RFC 9110 7.2 and RFC 9112 3.2.
    static let hosts: [WireCase] = [
        host("An empty one", ""), host("An address of a later version", "[v1.a:b]:80"), host("A port", "a:8080"),
        host("An empty port", "a:"),
        host("IPv6", "[::1]:80"), host("IPv4", "127.0.0.1"),
        .refused(400, "None", "GET /healthz HTTP/1.1||"),
        WireCase("An empty one with a URL", "GET http://a/healthz HTTP/1.1|Host:||", [200], .goesOn),
        .refused(400, "An invalid one with a URL", "GET http://a/healthz HTTP/1.1|Host: a/b||"),
        .refused(400, "None with a URL", "GET http://a/healthz HTTP/1.1||"),
        .refused(400, "Two that differ", "GET /healthz HTTP/1.1|Host: a|Host: b||"),
        .refused(400, "Two that are equal", "GET /healthz HTTP/1.1|Host: a|Host: a||"),
        .refused(400, "Two, of which one is hidden by a blank", "GET /healthz HTTP/1.1|Host: a|Host : b||"),
        badHost("A user", "b@a"), badHost("A path", "a/b"), badHost("A list", "a, b"), badHost("A blank", "a b"),
        badHost("A port that is too high", "a:65536"), badHost("A port that is no number", "a:b"),
        badHost("No host", ":80"), badHost("Half an IPv6 address", "[::1"), badHost("A URL", "http://a"),
        badHost("A byte above ASCII", "\u{E9}"), badHost("Half an escape", "%4"),
    ]

    private static func host(_ why: String, _ host: String) -> WireCase {
        WireCase("Host: \(why)", "GET /healthz HTTP/1.1|Host: \(host)||", [.ok("ok\n")], .goesOn)
    }

    private static func badHost(_ why: String, _ host: String) -> WireCase {
        .refused(400, "Host: \(why)", "GET /healthz HTTP/1.1|Host: \(host)||")
    }

    /// RFC 9110 5 and RFC 9112 5.
    static let fields: [WireCase] = [
        .hello("All characters of a token", "!#$%&'*+-.^_`~09Az: b|Content-Length: 5||hello"),
        .hello("An empty value", "A:|Content-Length: 5||hello"),
        .hello("Colons in a value", "A::b: c|Content-Length: 5||hello"),
        .hello("Bytes above ASCII in a value", "A: \u{80}\u{FF}|Content-Length: 5||hello"),
        .hello("A tab in a value", "A: b\tc|Content-Length: 5||hello"),
        field("A blank before the colon", "A : b"), field("A tab before the colon", "A\t: b"),
        field("A folded line", "A: b| c"), field("A line folded with a tab", "A: b|\tc"),
        field("No colon", "A"), field("No name", ": b"), field("A blank in the name", "A B: c"),
        field("A NUL in the name", "A\0: b"), field("A byte above ASCII in the name", "\u{C9}: b"),
        field("A bracket in the name", "A(: b"), field("A slash in the name", "A/: b"),
        field("A NUL in the value", "A: \0"), field("A vertical tab in the value", "A: \u{0B}"),
        field("An escape in the value", "A: \u{1B}[1m"), field("DEL in the value", "A: \u{7F}"),
        field("A bare line feed in the value", "A: b\nC: d"),
        field("A bare carriage return in the value", "A: b\rC: d"),
        field("A second type", "Content-Type: a/b|Content-Type: c/d"),
        .refused(400, "A fold before the first field", "POST / HTTP/1.1| Host: a|Content-Length: 5||hello"),
    ]

    private static func field(_ why: String, _ line: String) -> WireCase {
        .refused(400, why, "\(post)\(line)|Content-Length: 5||hello")
    }

    private static func long(_ length: Int) -> String { String(repeating: "a", count: length) }

    /// The default limits, at the limit and one past it.
    static let limits: [WireCase] = [
        WireCase("The longest request line", "GET /\(long(8178)) HTTP/1.1|Host: a||", [404], .goesOn),
        .refused(414, "A longer request line", "GET /\(long(8179)) HTTP/1.1|Host: a||"),
        .refused(414, "A request line without an end", "GET /" + long(9000)),
        .refused(414, "A method without an end", long(9000)),
        .hello("The longest head", "A: \(long(16384 - 52))|Content-Length: 5||hello"),
        .refused(431, "A longer head", post + "A: \(long(16384 - 51))|Content-Length: 5||hello"),
        .refused(431, "A name without an end", post + long(17000)),
        .hello("The most fields", String(repeating: "A: b|", count: 98) + "Content-Length: 5||hello"),
        .refused(431, "More fields", post + String(repeating: "A: b|", count: 100) + "|"),
        WireCase(
            "The longest content", post + "Content-Length: 65507||" + long(65507),
            [.ok(String(repeating: "A", count: 65507))], .goesOn),
        .refused(413, "Longer content, which is not waited for", post + "Content-Length: 65508||"),
    ]
}
