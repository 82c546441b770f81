import Testing

/// A request and what must come back.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
    let title: String
    /// The head without its blank line; `ETAG` stands for the tag of "/letters.txt".
    let request: String
    let status: Int
    /// Whole field lines.
    var has: [String] = []
    /// Names.
    var hasNot: [String] = []
    var content: String?
    var goesOn = true

    var testDescription: String { title }

    init(
        _ title: String, _ lines: [String], _ status: Int, has: [String] = [], hasNot: [String] = [],
        content: String? = nil, goesOn: Bool = true
    ) {
        self.title = title
        request = lines.map { $0 + "\r\n" }.joined()
        self.status = status
        self.has = has
        self.hasNot = hasNot
        self.content = content
        self.goesOn = goesOn
    }

    static let all = methods + errors + connections + conditions + ranges

    private static let modified = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"

    private static func file(_ fields: String..., method: String = "GET") -> [String] {
        ["\(method) /letters.txt HTTP/1.1", "Host: a"] + fields
    }

    private static let methods: [ConformanceCase] = [
        .init(
            "GET of a file", file(), 200,
            has: ["Content-Length: 10", "Last-Modified: \(modified)", "Accept-Ranges: bytes"], content: "abcdefghij"),
        .init(
            "HEAD of a file", file(method: "HEAD"), 200,
            has: ["Content-Length: 10", "Last-Modified: \(modified)"], content: ""),
        .init("HEAD of a path that is none", ["HEAD /none HTTP/1.1", "Host: a"], 404, content: ""),
        .init(
            "A path that is none", ["GET /none HTTP/1.1", "Host: a"], 404,
            has: ["Content-Type: application/problem+json"]),
        .init("A path with dot segments", ["GET /../letters.txt HTTP/1.1", "Host: a"], 404),
        .init("A path with escaped dots", ["GET /%2e%2e/letters.txt HTTP/1.1", "Host: a"], 404),
        .init(
            "A query is no part of the path", ["GET /letters.txt?a=b HTTP/1.1", "Host: a"], 200, content: "abcdefghij"),
        .init(
            "A folder without its slash", ["GET /docs?a=/b HTTP/1.1", "Host: a"], 308,
            has: ["Location: /docs/?a=/b", "Cache-Control: no-cache", "Content-Length: 0"], content: ""),
        .init("HEAD of a folder", ["HEAD /%64ocs HTTP/1.1", "Host: a"], 308, has: ["Location: /%64ocs/"]),
        .init("A folder", ["GET /docs/ HTTP/1.1", "Host: a"], 200, content: "docs"),
        .init("A folder in a folder without an index", ["GET /docs/none HTTP/1.1", "Host: a"], 404),
        .init(
            "POST to a folder", ["POST /docs HTTP/1.1", "Host: a", "Content-Length: 0"], 405,
            has: ["Allow: GET, HEAD, OPTIONS"]),
        .init("A file of a route's name", ["GET /form HTTP/1.1", "Host: a"], 405, has: ["Allow: POST, OPTIONS"]),
        .init("A file of a route's name, escaped", ["GET /%6Detrics HTTP/1.1", "Host: a"], 404),
        .init("A file of the lab's name without a lab", ["GET /lab HTTP/1.1", "Host: a"], 200, content: "the lab"),
        .init("POST is one exchange", ["POST / HTTP/1.1", "Host: a", "Content-Length: 0"], 200, content: ""),
        .init("PUT where it is not allowed", file(method: "PUT"), 405, has: ["Allow: GET, HEAD, OPTIONS"]),
        .init("TRACE is not allowed", ["TRACE / HTTP/1.1", "Host: a"], 405, has: ["Allow: GET, HEAD, POST, OPTIONS"]),
        .init(
            "HEAD where it is not allowed", ["HEAD /form HTTP/1.1", "Host: a"], 405, has: ["Allow: POST, OPTIONS"],
            content: ""),
        .init(
            "OPTIONS of a file", file(method: "OPTIONS"), 204, has: ["Allow: GET, HEAD, OPTIONS"],
            hasNot: ["Content-Length", "Transfer-Encoding"], content: ""),
        .init(
            "OPTIONS of the server", ["OPTIONS * HTTP/1.1", "Host: a"], 204, has: ["Allow: GET, HEAD, POST, OPTIONS"],
            hasNot: ["Content-Length"]),
        .init("An unknown method", ["BREW / HTTP/1.1", "Host: a"], 501),
        .init("A new method", ["QUERY / HTTP/1.1", "Host: a"], 405, has: ["Allow: GET, HEAD, POST, OPTIONS"]),
        .init("CONNECT", ["CONNECT a:80 HTTP/1.1", "Host: a:80"], 501, goesOn: false),
        .init("The absolute form", ["GET http://b/letters.txt HTTP/1.1", "Host: a"], 200, content: "abcdefghij"),
        .init("An unknown field", file("X-Unknown: field"), 200, content: "abcdefghij"),
        .init("A higher minor version", ["GET /letters.txt HTTP/1.9", "Host: a"], 200, content: "abcdefghij"),
        .init("An upgrade", file("Connection: upgrade", "Upgrade: h2c"), 200, hasNot: ["Upgrade"]),
    ]

    private static let badTarget = """
        {"type":"about:blank","title":"Bad Request","status":400,"detail":"The request target is empty, no path or URL, \
        or has a byte that is not allowed there."}

        """

    private static let errors: [ConformanceCase] = [
        .init("No Host", ["GET / HTTP/1.1"], 400, goesOn: false),
        .init("A method that is too long", [String(repeating: "A", count: 9000)], 414, goesOn: false),
        .init("Another major version", ["GET / HTTP/2.0", "Host: a"], 505, goesOn: false),
        .init("A head that is too large", file("X: " + String(repeating: "a", count: 17_000)), 431, goesOn: false),
        .init(
            "HEAD with a head that is too large",
            ["HEAD / HTTP/1.1", "X: " + String(repeating: "a", count: 17_000)], 431, content: "", goesOn: false),
        .init(
            "HEAD with a target that is too long",
            ["HEAD /" + String(repeating: "a", count: 9000) + " HTTP/1.1", "Host: a"], 414, content: "", goesOn: false),
        .init("HEAD after an empty line", ["", "HEAD /\u{1} HTTP/1.1", "Host: a"], 400, content: "", goesOn: false),
        .init(
            "A word that begins with HEAD", ["HEADER /\u{1} HTTP/1.1", "Host: a"], 400, content: badTarget,
            goesOn: false),
        .init("HEAD in lower case", ["head /\u{1} HTTP/1.1", "Host: a"], 400, content: badTarget, goesOn: false),
        .init("HEAD without Host", ["HEAD / HTTP/1.1"], 400, content: "", goesOn: false),
        .init(
            "Content in a coding", ["POST / HTTP/1.1", "Host: a", "Content-Encoding: gzip"], 415,
            has: ["Accept-Encoding: identity"]),
        .init(
            "Content in a coding, in the second line",
            ["POST / HTTP/1.1", "Host: a", "Content-Encoding: identity", "Content-Encoding: gzip"], 415),
        .init(
            "Content in no coding, twice",
            ["POST / HTTP/1.1", "Host: a", "Content-Encoding: identity", "content-encoding: identity,"], 200),
        .init(
            "Content in no coding, whatever the case", ["POST / HTTP/1.1", "Host: a", "Content-Encoding: Identity"], 200
        ),
        .init("A form of another type", ["POST /form HTTP/1.1", "Host: a"], 415, hasNot: ["Accept-Encoding"]),
        .init(
            "Content that is too long, expected",
            ["POST / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 65508"],
            413, goesOn: false),
        .init("Another expectation", file("Expect: magic"), 417, goesOn: false),
        .init(
            "Length and coding", ["POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Transfer-Encoding: chunked"], 400,
            goesOn: false),
        .init(
            "An unknown transfer coding", ["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip, chunked"], 501,
            goesOn: false),
        .init("A transfer coding in HTTP/1.0", ["POST / HTTP/1.0", "Transfer-Encoding: chunked"], 400, goesOn: false),
    ]

    private static let connections: [ConformanceCase] = [
        .init("Close", file("Connection: close"), 200, goesOn: false),
        .init("HTTP/1.0", ["GET /letters.txt HTTP/1.0"], 200, content: "abcdefghij", goesOn: false),
        .init(
            "HTTP/1.0 that goes on", ["GET /letters.txt HTTP/1.0", "Connection: keep-alive"], 200,
            has: ["Connection: keep-alive", "Keep-Alive: timeout=75"], content: "abcdefghij"),
        .init(
            "HTTP/1.1 that asks to go on", file("Connection: Keep-Alive"), 200,
            has: ["Connection: keep-alive", "Keep-Alive: timeout=75"], content: "abcdefghij"),
        .init(
            "An exchange that asks to go on",
            ["POST / HTTP/1.1", "Host: a", "Content-Length: 0", "Connection: keep-alive"], 200,
            has: ["Connection: keep-alive", "Keep-Alive: timeout=75"], content: ""),
        .init(
            "An error that asks to go on", ["GET /none HTTP/1.1", "Host: a", "Connection: keep-alive"], 404,
            has: ["Connection: keep-alive", "Keep-Alive: timeout=75"]),
        .init("Nothing asked for", file(), 200, hasNot: ["Connection", "Keep-Alive"]),
        .init(
            "An exchange without that", ["POST / HTTP/1.1", "Host: a", "Content-Length: 0"], 200,
            hasNot: ["Connection", "Keep-Alive"]),
        .init(
            "Keep-alive and close", file("Connection: keep-alive, close"), 200, hasNot: ["Keep-Alive"],
            goesOn: false),
        .init(
            "HTTP/1.0 expects nothing",
            ["POST / HTTP/1.0", "Connection: keep-alive", "Expect: 100-continue", "Content-Length: 2", "", ""], 200),
    ]

    private static let conditions: [ConformanceCase] = [
        .init(
            "If-None-Match holds a weak tag", file("If-None-Match: \"x\", W/ETAG"), 304,
            has: ["Cache-Control: no-cache"], hasNot: ["Content-Length", "Content-Type", "Last-Modified"], content: ""),
        .init(
            "If-None-Match before If-Modified-Since",
            file("If-None-Match: \"x\"", "If-Modified-Since: \(modified)"), 200),
        .init("If-None-Match with HEAD", file("If-None-Match: *", method: "HEAD"), 304),
        .init("If-None-Match in two lines", file("If-None-Match: \"x\"", "A: b", "If-None-Match: ETAG"), 304),
        .init("If-Modified-Since the same time", file("If-Modified-Since: \(modified)"), 304),
        .init(
            "If-Modified-Since in the second form", file("If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"), 304),
        .init("If-Modified-Since in the third form", file("If-Modified-Since: Sun Nov  6 08:49:37 1994"), 304),
        .init("If-Modified-Since an earlier time", file("If-Modified-Since: \(earlier)"), 200),
        .init("If-Modified-Since that is no date", file("If-Modified-Since: yesterday"), 200),
        .init(
            "If-Modified-Since in two lines",
            file("If-Modified-Since: \(modified)", "If-Modified-Since: \(modified)"), 200),
        .init(
            "If-None-Match of what has no tag", ["GET /healthz HTTP/1.1", "Host: a", "If-None-Match: *"], 304,
            hasNot: ["Content-Type"], content: ""),
        .init(
            "If-None-Match a tag of what has none", ["GET /healthz HTTP/1.1", "Host: a", "If-None-Match: \"x\""], 200),
        .init("If-Match a tag of what has none", ["GET /healthz HTTP/1.1", "Host: a", "If-Match: \"x\""], 412),
        .init("If-Match anything of what has no tag", ["GET /healthz HTTP/1.1", "Host: a", "If-Match: *"], 200),
        .init("If-Match of the metrics", ["GET /metrics HTTP/1.1", "Host: a", "If-Match: \"x\""], 412),
        .init("A condition where nothing is", ["GET /none HTTP/1.1", "Host: a", "If-None-Match: *"], 404),
        .init("A condition with OPTIONS", file("If-None-Match: *", method: "OPTIONS"), 204),
        .init("A condition with an exchange", ["POST / HTTP/1.1", "Host: a", "If-None-Match: *"], 200),
        .init("If-Match holds", file("If-Match: \"x\", ETAG"), 200, content: "abcdefghij"),
        .init(
            "If-Match in two lines", file("If-Match: \"x\"", "if-match: ETAG"), 200, content: "abcdefghij"),
        .init("If-Match anything", file("If-Match: *"), 200),
        .init("If-Match does not hold", file("If-Match: \"x\""), 412, hasNot: ["Last-Modified"]),
        .init("If-Match with a weak tag", file("If-Match: W/ETAG"), 412),
        .init("If-Match before If-None-Match", file("If-None-Match: *", "If-Match: \"x\""), 412),
        .init("If-Match with HEAD", file("If-Match: \"x\"", method: "HEAD"), 412, content: ""),
        .init("If-Unmodified-Since holds", file("If-Unmodified-Since: \(modified)"), 200),
        .init("If-Unmodified-Since does not hold", file("If-Unmodified-Since: \(earlier)"), 412),
        .init("If-Unmodified-Since that is no date", file("If-Unmodified-Since: yesterday"), 200),
        .init(
            "If-Unmodified-Since in two lines",
            file("If-Unmodified-Since: \(earlier)", "If-Unmodified-Since: \(earlier)"), 200),
        .init(
            "If-Match before If-Unmodified-Since", file("If-Match: ETAG", "If-Unmodified-Since: \(earlier)"), 200),
    ]

    /// The problem document of a range that cannot be sent.
    private static func noRange(_ detail: String) -> String {
        "{\"type\":\"about:blank\",\"title\":\"Range Not Satisfiable\",\"status\":416,\"detail\":\"\(detail)\"}\n"
    }

    private static let ranges: [ConformanceCase] = [
        .init(
            "A range", file("Range: bytes=2-4"), 206,
            has: [
                "Content-Range: bytes 2-4/10", "Content-Length: 3", "Cache-Control: no-cache",
                "Last-Modified: \(modified)",
            ],
            content: "cde"),
        .init(
            "A range from the end", file("Range: bytes=-3"), 206, has: ["Content-Range: bytes 7-9/10"],
            content: "hij"),
        .init("A range beyond all numbers", file("Range: bytes=8-99999999999999999999"), 206, content: "ij"),
        .init(
            "A range past the end", file("Range: bytes=10-"), 416,
            has: ["Content-Range: bytes */10", "Content-Type: application/problem+json"],
            hasNot: ["ETag", "Last-Modified", "Accept-Ranges"],
            content: noRange("The range bytes=10- has no byte of the file, which is 10 bytes long.")),
        .init(
            "A range of many digits past the end",
            file("Range: bytes=1" + String(repeating: "0", count: 100) + "-"), 416,
            content: noRange(
                "The range bytes=1" + String(repeating: "0", count: 57)
                    + "… has no byte of the file, which is 10 bytes long.")),
        .init("Several ranges", file("Range: bytes=0-1,3-4"), 200, content: "abcdefghij"),
        .init("A range in two lines", file("Range: bytes=0-1", "Range: bytes=0-1"), 200, content: "abcdefghij"),
        .init("A range in another unit", file("Range: lines=0-1"), 200, content: "abcdefghij"),
        .init("A range with HEAD", file("Range: bytes=2-4", method: "HEAD"), 200, has: ["Content-Length: 10"]),
        .init("A range with an exchange", ["POST / HTTP/1.1", "Host: a", "Range: bytes=0-0"], 200),
        .init(
            "A range with an exchange, in two lines",
            ["POST / HTTP/1.1", "Host: a", "Content-Length: 0", "Range: bytes=0-0", "Range: bytes=1-1"], 200),
        .init(
            "If-Range holds", file("Range: bytes=2-4", "If-Range: ETAG"), 206,
            has: ["Content-Range: bytes 2-4/10", "Content-Length: 3", "Cache-Control: no-cache"],
            hasNot: ["Content-Type", "Last-Modified"], content: "cde"),
        .init("If-Range with the date", file("Range: bytes=2-4", "If-Range: \(modified)"), 206, content: "cde"),
        .init("If-Range does not hold", file("Range: bytes=2-4", "If-Range: \"x\""), 200, content: "abcdefghij"),
        .init("If-Range with a weak tag", file("Range: bytes=2-4", "If-Range: W/ETAG"), 200, content: "abcdefghij"),
        .init(
            "If-Range in two lines", file("Range: bytes=2-4", "If-Range: ETAG", "If-Range: ETAG"), 200,
            content: "abcdefghij"),
        .init("If-Range without Range", file("If-Range: \"x\""), 200, content: "abcdefghij"),
        .init("Content-Range in a request", file("Content-Range: bytes 0-0/1"), 200, content: "abcdefghij"),
    ]
}
