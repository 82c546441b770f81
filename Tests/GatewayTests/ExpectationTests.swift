import EventLoop
import HTTP
import System
import Testing

@testable import Gateway

/// Heads whose clients wait for `100 Continue`: a head that alone determines a refusal gets that (RFC 9110 10.1.1).
@Suite struct ExpectationTests {
    private let router: Router

    init() throws {
        let loop = try EventLoop()
        var configuration = Configuration()
        let server = try #require(SocketAddress("127.0.0.1", port: 9))
        configuration.lab = Lab(server: server, seed: 1, read: { Lab.Settings() }, write: { _ in })
        var short = Configuration()
        short.maxDatagram = 100
        let services = [
            Service(path: "/cap", addresses: [], configuration: short),
            Service(path: "/echo", addresses: [], configuration: configuration, get: "q"),
        ]
        router = Router(
            configuration: configuration, page: Page([Page.Source(name: "a.txt", bytes: [97], modified: 0)]),
            services: ServiceTable(services, on: loop))
    }

    private func refusal(_ line: String, _ fields: [String]) throws -> Int? {
        let lines = ["\(line) HTTP/1.1", "Host: a", "Expect: 100-continue"] + fields + ["", ""]
        let bytes = Array(lines.joined(separator: "\r\n").utf8)
        let request = Request(limits: Configuration().limits(of: .form, maxDatagram: 65_507))
        #expect(try request.readHead(bytes.span))
        request.take(bytes[...])
        return router.judgeHead(of: request).map { Int($0.status.code) }
    }

    @Test(
        arguments: [
            ("POST /cap", 100, nil), ("POST /cap", 101, 413), ("POST /cap?x=1", 101, 413),
            // A byte of a notation is three characters with its space, and 1,024 more may be white space.
            ("POST /cap?as=hex", 1324, nil), ("POST /cap?as=hex", 1325, 413),
            ("POST /cap?as=base64", 1324, nil), ("POST /cap?as=base64", 1325, 413), ("POST /echo?as=hex", 1325, nil),
            ("POST /form", 300, 415), ("POST /none", 2, 404), ("PUT /cap", 2, 405), ("BREW /cap", 2, 501),
            ("GET /echo?q=YQ", 2, nil), ("GET /echo?q=***", 2, 400), ("HEAD /echo?q=***", 2, 400),
            ("GET /echo", 2, 400),
            ("GET /a.txt", 2, nil), ("GET /none", 2, 404), ("OPTIONS /none", 2, 404), ("OPTIONS /cap", 2, nil),
            ("PUT /lab", 2, nil), ("GET /lab", 2, nil),
        ] as [(String, Int, Int?)])
    func aHead(line: String, length: Int, status: Int?) throws {
        #expect(try refusal(line, ["Content-Length: \(length)"]) == status)
    }

    @Test(arguments: [
        ("PUT /lab", "Origin: http://b", 403), ("PUT /lab", "Sec-Fetch-Site: same-site", 403),
        ("PUT /lab", "If-Match: \"a\"", 412), ("GET /a.txt", "If-Match: \"a\"", 412),
        ("GET /lab", "If-Match: \"a\"", 412), ("POST /cap", "Content-Encoding: gzip", 415),
        ("POST /cap", "Sec-Fetch-Site: cross-site", 403), ("GET /echo?q=YQ", "Sec-Fetch-Site: cross-site", 403),
    ])
    func aField(line: String, field: String, status: Int) throws {
        #expect(try refusal(line, ["Content-Length: 2", field]) == status)
    }

    /// Without the expectation the content is there, and its length has the same limit.
    @Test(arguments: [("hex", 1324, nil), ("hex", 1325, 413), ("base64", 1325, 413)] as [(String, Int, Int?)])
    func aContentInANotation(notation: String, length: Int, status: Int?) throws {
        let content = String(repeating: "61", count: 100) + String(repeating: " ", count: length - 200)
        let bytes = Array(
            "POST /cap?as=\(notation) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n\(content)".utf8)
        let request = Request(limits: Configuration().limits(of: .form, maxDatagram: 65_507))
        #expect(try request.readHead(bytes.span))
        request.take(bytes[...])
        guard case .response(let response) = router.route(request) else { return #expect(status == nil) }
        #expect(Int(response.status.code) == status)
    }

    @Test func chunksOfUnknownLength() throws {
        #expect(try refusal("POST /cap", ["Transfer-Encoding: chunked"]) == nil)
    }
}
