import System
import Gateway
import Testing

/// The claims of docs/http.md about responses, seen by a client: each case is a request and the expected response.
@Suite struct ConformanceTests {
    @Test(arguments: ConformanceCase.all)
    func answers(to one: ConformanceCase) async throws {
        try await withGatewayPort(files: Page.Source.few, hasUpstream: true) { port in
            let request = try one.request.replacing("ETAG", with: entityTag(port))
            let caller = try Caller(port: port)
            // Whether the connection goes on shows in whether another request, already sent, is answered.
            caller.send(request + "\r\n" + "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let isHead = request.drop { $0 == "\r\n" }.hasPrefix("HEAD ")
            let answer = try Answer(caller.receiveAll(), hasContent: !isHead)
            #expect(answer.status == one.status)
            for line in one.has { #expect(answer.fields.contains(line)) }
            for name in one.hasNot { #expect(!answer.fields.contains { $0.hasPrefix("\(name): ") }) }
            if let content = one.content { #expect(answer.content == content) }
            #expect(answer.isDated)
            #expect(answer.fields.contains("X-Content-Type-Options: nosniff"))
            #expect(answer.fields.contains("Connection: close") == !one.goesOn)
            #expect(answer.rest.hasPrefix("HTTP/1.1 200 OK\r\n") == one.goesOn)
            #expect(answer.rest.isEmpty == !one.goesOn)
        }
    }

    /// RFC 9110 10.2.3 and 15.6.4, RFC 9209.
    @Test func withoutAServiceThereIsATimeToComeBack() async throws {
        try await withGatewayPort { port in
            let caller = try Caller(port: port)
            caller.send("POST / HTTP/1.0\r\n\r\n")
            let answer = try Answer(caller.receiveAll(), hasContent: true)
            #expect(answer.status == 503)
            #expect(answer.fields.contains("Retry-After: 1"))
            #expect(answer.fields.contains("Proxy-Status: letterbox; error=dns_error"))
        }
    }

    /// RFC 9110 15.5.6: what Allow lists must not be refused.
    @Test func allowListsNoPageWhereThereIsNone() async throws {
        try await withGatewayPort { port in
            let caller = try Caller(port: port)
            caller.send("GET / HTTP/1.0\r\n\r\n")
            let answer = try Answer(caller.receiveAll(), hasContent: true)
            #expect(answer.status == 405)
            #expect(answer.fields.contains("Allow: POST, OPTIONS"))
        }
    }

    /// A cache must not show one origin what was permitted to another (RFC 9110 12.5.5), nor what was to none.
    @Test(arguments: [
        ("GET", 200, "https://a.example", true), ("GET", 200, "https://b.example", false), ("GET", 200, nil, false),
        ("OPTIONS", 204, "https://a.example", true), ("OPTIONS", 204, "https://b.example", false),
    ])
    func otherOrigins(method: String, status: Int, origin: String?, isAllowed: Bool) async throws {
        var configuration = Configuration()
        configuration.crossOrigin = CrossOrigin(origins: ["https://a.example"])
        try await withGatewayPort(configuration, files: Page.Source.few) { port in
            let caller = try Caller(port: port)
            let fields = (origin.map { "Origin: \($0)\r\n" } ?? "") + "Access-Control-Request-Method: POST\r\n"
            caller.send("\(method) /letters.txt HTTP/1.0\r\n\(fields)\r\n")
            let answer = try Answer(caller.receiveAll(), hasContent: true)
            #expect(answer.status == status)
            #expect(answer.fields.contains("Vary: Origin"))
            let allowed = answer.fields.filter { $0.hasPrefix("Access-Control-Allow-Origin: ") }
            #expect(allowed == (isAllowed ? ["Access-Control-Allow-Origin: https://a.example"] : []))
        }
    }

    /// A page of an allowed origin sees why its request was refused, also where that was no whole request, and another
    /// does not.
    @Test(
        arguments: [
            (400, "GET / HTTP/1.1\r\n"), (400, "GET /%zz HTTP/1.1\r\nHost: a\r\n"), (404, "GET /none HTTP/1.0\r\n"),
            (405, "PUT / HTTP/1.0\r\n"), (412, "GET /letters.txt HTTP/1.0\r\nIf-Match: \"x\"\r\n"),
            (413, "POST / HTTP/1.0\r\nContent-Length: 65508\r\n"),
            (413, "POST /form HTTP/1.0\r\nContent-Length: 65508000\r\n"),
            (414, "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n"),
            (415, "POST /form HTTP/1.0\r\n"), (416, "GET /letters.txt HTTP/1.0\r\nRange: bytes=10-\r\n"),
            (417, "GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n"), (501, "BREW / HTTP/1.0\r\n"),
            (503, "POST / HTTP/1.0\r\n"), (505, "GET / HTTP/2.0\r\nHost: a\r\n"),
        ], [true, false])
    func refusalsForOtherOrigins(_ request: (status: Int, text: String), isAllowed: Bool) async throws {
        var configuration = Configuration()
        configuration.crossOrigin = CrossOrigin(origins: ["https://a.example"])
        try await withGatewayPort(configuration, files: Page.Source.few) { port in
            let caller = try Caller(port: port)
            caller.send("\(request.text)Origin: https://\(isAllowed ? "a" : "b").example\r\n\r\n")
            let answer = try Answer(caller.receiveAll(), hasContent: true)
            // A letter does not get so far from a page that may not send, unless its length alone is too much.
            let isLetter = [413, 415, 503].contains(request.status) && !request.text.contains("65508000")
            #expect(answer.status == (isLetter && !isAllowed ? 403 : request.status))
            let allowed = answer.fields.filter { $0.hasPrefix("Access-Control-Allow-Origin: ") }
            #expect(allowed == (isAllowed ? ["Access-Control-Allow-Origin: https://a.example"] : []))
            #expect(answer.fields.contains("Vary: Origin"))
        }
    }

    /// The client that is too slow may be a page's, too.
    @Test func aSlowRequestOfAnotherOrigin() async throws {
        var configuration = Configuration()
        configuration.crossOrigin = CrossOrigin(origins: ["*"])
        configuration.headerTimeout = .milliseconds(50)
        try await withGatewayPort(configuration) { port in
            let caller = try Caller(port: port)
            caller.send("POST / HTTP/1.1\r\nOrigin: https://a.example\r\n")
            let answer = try Answer(caller.receiveAll(), hasContent: true)
            #expect(answer.status == 408)
            #expect(answer.fields.contains("Access-Control-Allow-Origin: *"))
        }
    }
}

/// The entity tag of the file that the cases ask for.
private func entityTag(_ port: UInt16) throws -> String {
    let caller = try Caller(port: port)
    caller.send("GET /letters.txt HTTP/1.0\r\n\r\n")
    let answer = try Answer(caller.receiveAll(), hasContent: true)
    let line = try #require(answer.fields.first { $0.hasPrefix("ETag: ") })
    return String(line.dropFirst("ETag: ".count))
}

/// A response taken apart, and what came behind it.
struct Answer {
    let status: Int
    let fields: [String]
    let content: String
    let rest: String

    init(_ text: String, hasContent: Bool) throws {
        let end = try #require(text.firstRange(of: "\r\n\r\n"))
        let lines = text[..<end.lowerBound].split(separator: "\r\n").map(String.init)
        try #require(lines[0].hasPrefix("HTTP/1.1 "))
        status = try #require(Int(lines[0].dropFirst(9).prefix(3)))
        fields = Array(lines.dropFirst())
        let length = fields.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) }
        let behind = text[end.upperBound...].utf8
        content = String(decoding: behind.prefix(hasContent ? length ?? 0 : 0), as: UTF8.self)
        rest = String(decoding: behind.dropFirst(content.utf8.count), as: UTF8.self)
    }

    /// Whether there is exactly one Date, in the form that is to be generated (RFC 9110 5.6.7).
    var isDated: Bool {
        let dates = fields.filter { $0.hasPrefix("Date: ") }
        return dates.count == 1 && dates[0].wholeMatch(of: /Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/) != nil
    }
}

extension Page.Source {
    /// A page, a file of ten letters from 1994, one whose time is still to come, a folder, and files of routes' names.
    static let few = [
        Page.Source(name: "index.html", bytes: Array("<p>A page</p>\n".utf8), modified: 784_111_777),
        Page.Source(name: "letters.txt", bytes: Array("abcdefghij".utf8), modified: 784_111_777),
        Page.Source(name: "future.txt", bytes: Array("soon".utf8), modified: 32_503_680_000),
        Page.Source(name: "docs/index.html", bytes: Array("docs".utf8), modified: 784_111_777),
        // Files of the routes' names.
        Page.Source(name: "form", bytes: Array("a form".utf8), modified: 784_111_777),
        Page.Source(name: "metrics", bytes: Array("a metric".utf8), modified: 784_111_777),
        Page.Source(name: "lab", bytes: Array("the lab".utf8), modified: 784_111_777),
    ]
}
