import EventLoop
import HTTP
import System
import Testing

@testable import Gateway

/// What caches may store: files and the replies of a DNS server; no error, and nothing about this moment.
@Suite struct StoringTests {
    private let router: Router

    init() throws {
        let loop = try EventLoop()
        var oneWay = ReplyPolicy()
        oneWay.count = .none
        var all = ReplyPolicy()
        (all.count, all.wait) = (.all, .seconds(1))
        var short = Configuration()
        short.maxDatagram = 4
        let services = [
            Service(path: "/echo", addresses: [], configuration: short, get: "q"),
            Service(path: "/log", addresses: [], configuration: Configuration(), get: "q", replies: oneWay),
            Service(path: "/all", addresses: [], configuration: Configuration(), get: "q", replies: all),
            Service(path: "/dns", addresses: [], configuration: Configuration(), preset: .dns),
        ]
        router = Router(configuration: Configuration(), page: Page([]), services: ServiceTable(services, on: loop))
    }

    /// The response, where none of it comes from the service.
    private func response(_ line: String, _ fields: String, _ content: String = "") throws -> Response {
        let length = "Content-Length: \(content.utf8.count)\r\n"
        let bytes = Array("\(line) HTTP/1.1\r\nHost: a\r\n\(fields)\(length)\r\n".utf8)
        let request = Request(limits: Configuration().limits(of: .form, maxDatagram: 100))
        #expect(try request.readHead(bytes.span))
        request.take((bytes + Array(content.utf8))[...])
        switch router.route(request) {
        case .response(let response): return response
        case .send(_, let options?) where options.isOneWay: return ReplyResponse.sent(options)
        case .send(_, let options):
            return ReplyResponse.response(to: .failure(.silent(after: .seconds(1), attempts: 1)), options)
        case .question: preconditionFailure("no test asks for these")
        }
    }

    private static func caching(_ response: Response) -> [Substring] {
        String(decoding: response.fields.bytes, as: UTF8.self).split(separator: "\r\n")
            .filter { $0.hasPrefix("Cache-Control: ") }
    }

    @Test(arguments: [
        ("GET /echo?q=YQ", "", 504), ("GET /echo?q=YQ", "Prefer: respond-async\r\n", 202),
        ("HEAD /echo?q=YQ", "Prefer: respond-async\r\n", 202), ("GET /log?q=YQ", "", 202),
        ("GET /log?q=YQ", "Accept: application/json\r\n", 202), ("GET /echo?q=***", "", 400),
        ("GET /echo", "", 400), ("GET /echo?q=YQ&as=what", "", 400), ("GET /echo?q=YWFhYWE", "", 414),
        ("GET /echo", "If-None-Match: *\r\n", 400), ("GET /echo?q=YWFhYWE", "If-None-Match: *\r\n", 414),
        ("GET /echo?q=YQ&as=what", "If-Match: \"a\"\r\n", 400), ("GET /dns?dns=YQ", "If-Match: \"a\"\r\n", 400),
        ("GET /echo?q=YQ", "If-Match: \"a\"\r\n", 412), ("GET /echo?q=YQ", "If-None-Match: *\r\n", 304),
        ("GET /healthz", "If-None-Match: *\r\n", 304),
        ("GET /dns?dns=YWFhYWFhYWFhYWFh", "If-None-Match: *\r\n", 304),
        ("GET /dns?dns=YQ", "", 400), ("GET /dns", "", 400), ("GET /all?q=YQ", "", 200),
        ("GET /all?q=YQ", "Accept: application/x-ndjson\r\n", 200),
        ("GET /all?q=YQ", "Accept: application/octet-stream\r\n", 200),
    ])
    func aQueryWithAPayload(line: String, fields: String, status: Int) throws {
        let response = try response(line, fields)
        #expect(response.status.code == status)
        #expect(Self.caching(response) == ["Cache-Control: no-store"])
    }

    @Test(arguments: [
        ("POST /dns", "Content-Type: application/dns-message\r\n", 504),
        ("POST /dns", "Content-Type: application/dns-message\r\nAccept: application/json\r\n", 504),
        ("POST /dns", "Content-Type: application/dns-message\r\nPrefer: respond-async\r\n", 202),
        ("POST /dns", "Content-Type: text/plain\r\n", 415),
    ])
    func aPostedDNSMessage(line: String, fields: String, status: Int) throws {
        let response = try response(line, fields, "twelve bytes")
        #expect(response.status.code == status)
        #expect(Self.caching(response) == ["Cache-Control: no-store"])
    }

    @Test(arguments: [("hex", "zz", 400), ("hex", "00", 400), ("what", "00", 400)])
    func aPostedDNSMessageInANotation(notation: String, content: String, status: Int) throws {
        let response = try response("POST /dns?as=\(notation)", "", content)
        #expect(response.status.code == status)
        #expect(Self.caching(response) == ["Cache-Control: no-store"])
    }

    /// No cache stores the response to another POST without permission (RFC 9110 9.3.3).
    @Test func aDatagramWithoutAReply() throws {
        let response = try response("POST /log", "", "a")
        #expect(response.status.code == 202 && Self.caching(response).isEmpty)
    }

    /// A cache may store an error that does not forbid it, and some do for minutes (RFC 9110 15.1).
    @Test(arguments: [
        ("GET /nothing", 404), ("HEAD /nothing", 404), ("OPTIONS /nothing", 404), ("PUT /healthz", 405),
        ("POST /nothing", 404), ("POST /echo", 504), ("POST /echo?as=hex", 400), ("GET /echo?as=text", 400),
        ("GET /healthz", 200), ("HEAD /healthz", 200),
    ])
    func anErrorOrTheState(line: String, status: Int) throws {
        let response = try response(line, "", line.hasPrefix("POST") ? "a" : "")
        #expect(response.status.code == status)
        #expect(Self.caching(response) == ["Cache-Control: no-store"])
    }

    @Test(arguments: [
        Problem.noRoom,
        Refusal.denial(.unauthorized, "No token.").problem, GatewayReadiness.ready.response,
        GatewayReadiness.ending.response,
    ])
    func refusalsAndReadiness(response: Response) {
        #expect(Self.caching(response) == ["Cache-Control: no-store"])
    }
}
