import EventLoop
import HTTP
import System
import Testing

@testable import Gateway

/// The answers to callers with the token and without it.
@Suite struct AccessTokenTests {
    private static let token = "s3cr3t-._~+/=="

    private static func guarded(origins: [String] = []) -> Configuration {
        var configuration = Configuration()
        configuration.token = AccessToken(Array(token.utf8))
        configuration.crossOrigin = CrossOrigin(origins: origins)
        return configuration
    }

    private static func ask(_ port: UInt16, _ line: String, _ fields: String...) throws -> Answer {
        let caller = try Caller(port: port)
        let own = fields.map { "\($0)\r\n" }.joined()
        caller.send("\(line) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1\r\n\(own)\r\na")
        return try Answer(caller.receiveAll(), hasContent: !line.hasPrefix("HEAD"))
    }

    @Test(arguments: [
        ("Bearer s3cr3t-._~+/==", 200), ("bearer s3cr3t-._~+/==", 200), ("BEARER   s3cr3t-._~+/==", 200),
        ("Bearer s3cr3t-._~+/=", 401), ("Bearer s3cr3t-._~+/===", 401), ("Bearer S3CR3T-._~+/==", 401),
        ("Bearer x", 401), ("Bearer", 401), ("Bearers3cr3t-._~+/==", 401), ("Basic s3cr3t-._~+/==", 401),
        ("s3cr3t-._~+/==", 401), ("", 401), ("Bearer s3cr3t-._~+/==, Bearer x", 401), ("Bearer s3cr3t-._~+/== x", 401),
        ("Bearer s3cr3t-._~+/==s3cr3t-._~+/==", 401),
    ])
    func theTokenIsComparedToTheByte(credentials: String, status: Int) async throws {
        try await withGatewayPort(Self.guarded(), hasUpstream: true) { (port) throws in
            let answer = try Self.ask(port, "POST /", "Authorization: \(credentials)")
            #expect(answer.status == status)
            guard status == 401 else { return }
            // RFC 6750 3.1: who sent no token is told of no error.
            let isWrong = credentials.lowercased().hasPrefix("bearer ")
            let challenge = "WWW-Authenticate: Bearer realm=\"letterbox\""
            #expect(answer.fields.contains(challenge + (isWrong ? ", error=\"invalid_token\"" : "")))
            #expect(answer.fields.contains("Proxy-Status: letterbox; error=http_request_denied"))
            #expect(!answer.content.contains("s3cr3t"))
        }
    }

    /// The name by which a program calls the gateway is not looked at, token or no token.
    @Test func aProgramMayUseAnyName() async throws {
        try await withGatewayPort(Self.guarded(), hasUpstream: true) { (port) throws in
            let caller = try Caller(port: port)
            caller.send("POST / HTTP/1.1\r\nHost: any.example\r\nAuthorization: Bearer \(Self.token)\r\n\r\n")
            #expect(try caller.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    /// One with the usual limit, and one with short datagrams.
    private static var servicesOfTwoLengths: [Service] {
        var short = guarded()
        short.maxDatagram = 100
        return [
            Service(path: "/", addresses: [], configuration: guarded()),
            Service(path: "/game", addresses: [], configuration: short),
        ]
    }

    /// Who has no token does not hear from a length which paths have services, nor what fits in their datagrams.
    @Test(arguments: ["", "?as=hex"], [65_508, 300_000, 500_000]) func aLengthTellsNothing(query: String, length: Int)
        async throws
    {
        try await withGatewayPort(services: Self.servicesOfTwoLengths, Self.guarded()) { (port) throws in
            let answers = try ["/", "/game", "/none"].map { path in
                let caller = try Caller(port: port)
                caller.send(
                    "POST \(path)\(query) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(length)\r\n\r\n"
                )
                caller.send(String(repeating: "a", count: length))
                return try Answer(caller.receiveAll(), hasContent: true)
            }
            #expect(
                answers.allSatisfy { $0.status == (length < 400_000 ? 401 : 413) && $0.content == answers[0].content })
        }
    }

    /// With the token the answer to a length is the service's own.
    @Test(arguments: ["Content-Length: 65508\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nFFFFFF\r\n"])
    func aLengthIsRefusedByTheService(rest: String) async throws {
        try await withGatewayPort(services: Self.servicesOfTwoLengths, Self.guarded()) { (port) throws in
            let caller = try Caller(port: port)
            let token = "Authorization: Bearer \(Self.token)"
            caller.send("POST /game HTTP/1.1\r\nHost: localhost\r\n\(token)\r\n\(rest)")
            let answer = try Answer(caller.receiveAll(), hasContent: true)
            #expect(answer.status == 413)
            #expect(answer.content.contains("at most 100 bytes"))
            let metrics = try Self.ask(port, "GET /metrics", token).content
            let failures = "letterbox_http_failures_total{service=\"/game\",error=\"http_request_error\"}"
            #expect(metrics.contains("\(failures) 1\n"))
        }
    }

    /// Nor from the time of the answer, which waits for content that may fit.
    @Test(arguments: ["", "as=hex"]) func aPathTellsNothing(query: String) throws {
        let configuration = Self.guarded()
        let services = [Service(path: "/game", addresses: [], configuration: configuration)]
        let router = Router(
            configuration: configuration, page: Page([]), services: ServiceTable(services, on: try EventLoop()))
        let kinds = ["/game", "/none"].map {
            router.contentKind(.post, Array($0.utf8)[...], query: Array(query.utf8)[...])
        }
        #expect(kinds[0] == kinds[1])
    }

    /// Two lines of credentials say nothing.
    @Test func credentialsComeOnce() async throws {
        try await withGatewayPort(Self.guarded(), hasUpstream: true) { (port) throws in
            let line = "Authorization: Bearer \(Self.token)"
            #expect(try Self.ask(port, "POST /", line, line).status == 400)
        }
    }

    /// Each request with what it gets without a token, and with it.
    @Test(arguments: [
        ("GET /healthz", 200, 200), ("HEAD /healthz", 200, 200), ("GET /readyz", 200, 200), ("GET /", 200, 200),
        ("GET /letters.txt", 200, 200), ("GET /docs", 308, 308), ("GET /metrics", 401, 200),
        ("HEAD /metrics", 401, 200),
        ("GET /services", 401, 200), ("PUT /lab", 401, 405), ("POST /", 401, 200),
        ("POST /form", 401, 415), ("GET /?q=aGVsbG8", 401, 200), ("HEAD /?q=aGVsbG8", 401, 200),
        ("GET /only", 401, 400),
        ("POST /only", 401, 200), ("POST /none", 401, 404), ("GET /none", 401, 404), ("OPTIONS /", 401, 204),
        ("OPTIONS *", 401, 204), ("DELETE /only", 401, 405), ("BREW /", 401, 501), ("POST /healthz", 401, 405),
    ])
    func whatTheTokenIsFor(line: String, without: Int, with: Int) async throws {
        let echo = try EchoService()
        defer { echo.stop() }
        let address = try #require(SocketAddress("127.0.0.1", port: echo.port))
        let services = ["/", "/only"].map {
            Service(path: $0, addresses: [address], configuration: Self.guarded(), get: "q")
        }
        try await withGatewayPort(services: services, Self.guarded()) { (port) throws in
            let answers = try ["X: y", "Authorization: Bearer wrong", "Authorization: Bearer \(Self.token)"].map {
                try Self.ask(port, line, $0).status
            }
            #expect(answers == [without, without, with])
            let refusal = try Self.ask(port, line, "X: y")
            let isPage = refusal.content.contains("A token is needed") && refusal.content.contains("<html")
            #expect(isPage == (line == "POST /form"))
        }
    }

    /// WHATWG Fetch 3.2.2: a browser asks beforehand, without credentials, whether a page may send them.
    @Test func pagesOfAllowedOriginsMaySendTheToken() async throws {
        try await withGatewayPort(Self.guarded(origins: ["https://a.example"]), hasUpstream: true) { (port) throws in
            let method = "Access-Control-Request-Method: POST"
            let preflight = try Self.ask(port, "OPTIONS /", "Origin: https://a.example", method)
            #expect(preflight.status == 204)
            let allowed = preflight.fields.first { $0.hasPrefix("Access-Control-Allow-Headers: ") }
            #expect(allowed?.contains("Authorization") == true)
            #expect(try Self.ask(port, "OPTIONS /", "Origin: https://b.example", method).status == 401)
            let refusal = try Self.ask(port, "POST /", "Origin: https://a.example")
            #expect(refusal.status == 401)
            #expect(refusal.fields.contains("Access-Control-Allow-Origin: https://a.example"))
            let token = "Authorization: Bearer \(Self.token)"
            #expect(try Self.ask(port, "POST /", "Origin: https://a.example", token).status == 200)
            #expect(try Self.ask(port, "POST /", "Origin: https://b.example", token).status == 403)
        }
    }

    /// The head alone decides (RFC 9110 10.1.1).
    @Test func whoHasNoTokenIsNotInvited() async throws {
        try await withGatewayPort(Self.guarded(), hasUpstream: true) { (port) throws in
            let caller = try Caller(port: port)
            caller.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            let answer = try caller.receive(until: "\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
        }
    }

    @Test func anotherTokenTakesItsPlace() async throws {
        let configuration = Self.guarded()
        try await withGatewayPort(configuration, hasUpstream: true) { (port) throws in
            configuration.token?.replace(with: Array("another".utf8))
            #expect(try Self.ask(port, "POST /", "Authorization: Bearer \(Self.token)").status == 401)
            #expect(try Self.ask(port, "POST /", "Authorization: Bearer another").status == 200)
        }
    }

    @Test(arguments: [
        ("a", true), ("a=", true), ("", false), ("=", false), ("a=b", false), ("a b", false), ("ä", false),
        ("a\"", false),
    ])
    func aTokenIsWhatRFC6750SaysItIs(text: String, isToken: Bool) {
        #expect(BearerToken.isToken(Array(text.utf8)) == isToken)
    }
}
