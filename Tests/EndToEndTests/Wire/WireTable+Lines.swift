extension WireTable {
    /// RFC 9112 2.2.
    static let lineEnds: [WireCase] = [
        WireCase("An empty line first", "|GET /healthz HTTP/1.1|Host: a||", [200], .goesOn),
        WireCase("A few empty lines first", "||||GET /healthz HTTP/1.1|Host: a||", [200], .goesOn),
        WireCase(
            "An empty line after content", post + "Content-Length: 5||hello|GET /healthz HTTP/1.1|Host: a||",
            [.ok("HELLO"), 200], .goesOn),
        .refused(400, "Many empty lines first", "|||||GET /healthz HTTP/1.1|Host: a||"),
        .refused(400, "An empty line of a line feed first", "\nGET /healthz HTTP/1.1|Host: a||"),
        .refused(400, "A carriage return first", "\rGET /healthz HTTP/1.1|Host: a||"),
        .refused(400, "Line feeds only", "GET /healthz HTTP/1.1\nHost: a\n\n"),
        .refused(400, "Carriage returns only", "GET /healthz HTTP/1.1\rHost: a\r\r"),
        .refused(400, "A line feed after the request line", "GET /healthz HTTP/1.1\nHost: a||"),
        .refused(400, "A line feed after a field", "GET /healthz HTTP/1.1|Host: a\n|"),
        .refused(400, "A line feed for the blank line", "GET /healthz HTTP/1.1|Host: a|\n"),
        .refused(400, "Two carriage returns", "GET /healthz HTTP/1.1|Host: a\r||"),
        .refused(400, "A carriage return in place of the blank line", "GET /healthz HTTP/1.1|Host: a|\rA: b||"),
        .refused(400, "A blank in the blank line", "GET /healthz HTTP/1.1|Host: a| ||"),
    ]

    /// RFC 9112 2.3 and 3.
    static let requestLines: [WireCase] = [
        WireCase("HTTP/1.0", "GET /healthz HTTP/1.0||", [200], .closes),
        WireCase("A higher minor version", "GET /healthz HTTP/1.9|Host: a||", [200], .goesOn),
        .refused(505, "HTTP/2.0", "GET / HTTP/2.0|Host: a||"),
        .refused(505, "HTTP/0.9 in words", "GET / HTTP/0.9|Host: a||"),
        .refused(505, "The preface of HTTP/2", "PRI * HTTP/2.0||SM||"),
        .refused(400, "HTTP/0.9 itself", "GET /|"),
        .refused(400, "Lower case", "GET / http/1.1|Host: a||"),
        .refused(400, "A blank after the version", "GET / HTTP/1.1 |Host: a||"),
        .refused(400, "A version with more digits", "GET / HTTP/1.10|Host: a||"),
        .refused(400, "A version with a zero before it", "GET / HTTP/01.1|Host: a||"),
        .refused(400, "A version without a minor", "GET / HTTP/1|Host: a||"),
        .refused(400, "A version with a comma", "GET / HTTP/1,1|Host: a||"),
        .refused(400, "Another protocol", "GET / RTSP/1.0|Host: a||"),
        .refused(400, "No target", "GET HTTP/1.1|Host: a||"),
        .refused(400, "An empty target", "GET  HTTP/1.1|Host: a||"),
        .refused(400, "Two blanks before the target", "GET  / HTTP/1.1|Host: a||"),
        .refused(400, "Two blanks before the version", "GET /  HTTP/1.1|Host: a||"),
        .refused(400, "Tabs", "GET\t/\tHTTP/1.1|Host: a||"),
        .refused(400, "A blank first", " GET / HTTP/1.1|Host: a||"),
        .refused(400, "A blank within the target", "GET /a b HTTP/1.1|Host: a||"),
        .refused(400, "Two requests in a line", "GET / HTTP/1.1 GET / HTTP/1.1|Host: a||"),
        .refused(400, "A form feed", "GET /\u{0C} HTTP/1.1|Host: a||"),
        .refused(400, "NUL in the target", "GET /\0 HTTP/1.1|Host: a||"),
        .refused(400, "DEL in the target", "GET /\u{7F} HTTP/1.1|Host: a||"),
        .refused(400, "A byte above ASCII in the target", "GET /\u{E9} HTTP/1.1|Host: a||"),
        .refused(400, "Characters that no URI has", "GET /<a>{}^ HTTP/1.1|Host: a||"),
        .refused(400, "A method that is no token", "G@T / HTTP/1.1|Host: a||"),
        .refused(400, "The hello of TLS", "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}"),
    ]

    /// RFC 7578: a form of one part.
    private static func form(_ path: String, _ name: String, _ text: String) -> String {
        let content = "--b|Content-Disposition: form-data; name=\"\(name)\"||\(text)|--b--|"
        return "POST \(path) HTTP/1.1|Host: a|Content-Type: multipart/form-data; boundary=b|"
            + "Content-Length: \(wireBytes(content).count)||" + content
    }

    /// RFC 9110 9 and RFC 9112 3.2.
    static let targets: [WireCase] = [
        WireCase("HEAD", "HEAD /healthz HTTP/1.1|Host: a||", [.head(200)], .goesOn),
        WireCase("HEAD of nothing", "HEAD /none HTTP/1.1|Host: a||", [.head(404)], .goesOn),
        WireCase("OPTIONS", "OPTIONS /healthz HTTP/1.1|Host: a||", [204], .goesOn),
        WireCase("OPTIONS of all", "OPTIONS * HTTP/1.1|Host: a||", [204], .goesOn),
        WireCase("An unknown method", "BREW / HTTP/1.1|Host: a||", [501], .goesOn),
        WireCase("A method in lower case", "get / HTTP/1.1|Host: a||", [501], .goesOn),
        WireCase("A known method in the wrong place", "DELETE / HTTP/1.1|Host: a||", [405], .goesOn),
        WireCase("TRACE", "TRACE / HTTP/1.1|Host: a||", [405], .goesOn),
        WireCase("Content with a refused method", "PUT / HTTP/1.1|Host: a|Content-Length: 5||hello", [405], .goesOn),
        WireCase("An unknown path", "GET /none HTTP/1.1|Host: a||", [404], .goesOn),
        WireCase("Out of the folder", "GET /../../etc/passwd HTTP/1.1|Host: a||", [404], .goesOn),
        WireCase("Out of the folder, escaped", "GET /%2e%2e/%2E%2E/etc/passwd HTTP/1.1|Host: a||", [404], .goesOn),
        WireCase("A file, escaped", "HEAD /%69ndex%2Ehtml HTTP/1.1|Host: a||", [.head(200)], .goesOn),
        WireCase("A route, escaped, is no route", "GET /%68ealthz HTTP/1.1|Host: a||", [404], .goesOn),
        WireCase("The page, escaped", "HEAD /%2F HTTP/1.1|Host: a||", [.head(404)], .goesOn),
        WireCase("A route, escaped, is no route for a letter", form("/%66orm", "text", "text"), [404], .goesOn),
        WireCase("A form in parts", form("/form", "text", "hello"), [200], .goesOn),
        WireCase("A form in parts without its field", form("/form", "word", "hello"), [400], .goesOn),
        WireCase("A form in parts is no letter", form("/", "text", "hello"), [415], .goesOn),
        WireCase("Two slashes are another path", "GET //healthz HTTP/1.1|Host: a||", [404], .goesOn),
        WireCase("A query", "GET /healthz?a=b&c HTTP/1.1|Host: a||", [.ok("ok\n")], .goesOn),
        WireCase("A query as browsers send it", "GET /healthz?{a}^`\\[] HTTP/1.1|Host: a||", [.ok("ok\n")], .goesOn),
        WireCase("A URL", "GET http://a/healthz HTTP/1.1|Host: a||", [.ok("ok\n")], .goesOn),
        WireCase(
            "A URL in capitals, with a port", "GET HTTPS://A:80/healthz HTTP/1.1|Host: b||", [.ok("ok\n")], .goesOn),
        WireCase("A URL without a path", "POST http://a HTTP/1.1|Host: a|Content-Length: 1||a", [.ok("A")], .goesOn),
        .refused(501, "CONNECT", "CONNECT a:443 HTTP/1.1|Host: a:443||"),
        .refused(501, "CONNECT with content", "CONNECT a:443 HTTP/1.1|Host: a|Content-Length: 5||hello"),
        .refused(400, "An asterisk for GET", "GET * HTTP/1.1|Host: a||"),
        .refused(400, "An authority for GET", "GET a:80 HTTP/1.1|Host: a||"),
        .refused(400, "A path without a slash", "GET healthz HTTP/1.1|Host: a||"),
        .refused(400, "A backslash in the path", "GET /\\healthz HTTP/1.1|Host: a||"),
        .refused(400, "A brace in the path", "GET /{a}?b HTTP/1.1|Host: a||"),
        .refused(400, "A fragment", "GET /healthz#a HTTP/1.1|Host: a||"),
        .refused(400, "Half an escape", "GET /%4 HTTP/1.1|Host: a||"),
        .refused(400, "An escape of nothing", "GET /%zz HTTP/1.1|Host: a||"),
        .refused(400, "Another scheme", "GET ftp://a/ HTTP/1.1|Host: a||"),
        .refused(400, "A URL without a host", "GET http:///healthz HTTP/1.1|Host: a||"),
        .refused(400, "A URL with a user", "GET http://b@a/healthz HTTP/1.1|Host: a||"),
    ]
}
