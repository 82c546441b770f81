import EventLoop
import Gateway
import HTTP
import System
import Testing

/// The answers to pages of other sites, and to pages whose name was made to point to this machine (DNS rebinding).
@Suite struct BrowserGuardTests {
    /// A request by what a browser says of it, and the status that it gets.
    struct Case: Sendable, CustomStringConvertible {
        let fields: [String]
        let status: Int

        init(_ fields: String..., gets status: Int) { (self.fields, self.status) = (fields, status) }

        var description: String { "\(fields.joined(separator: ", ")): \(status)" }

        func text(_ line: String, host: String) -> String {
            "\(line) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n"
                + fields.map { "\($0)\r\n" }.joined()
        }
    }

    /// "HOST" stands for the gateway's own address.
    private static func ask(
        _ port: UInt16, _ one: Case, _ line: String = "POST /", host: String? = nil, rest: String = "\r\n"
    ) throws -> Answer {
        let own = "127.0.0.1:\(port)"
        let caller = try Caller(port: port)
        caller.send(one.text(line, host: host ?? own).replacing("HOST", with: own) + rest)
        return try Answer(caller.receiveAll(), hasContent: !line.hasPrefix("HEAD"))
    }

    private static let post = "Content-Length: 5\r\n\r\nhello"

    /// Go 1.25's CrossOriginProtection decides in this order, and by these fields.
    static let posts = [
        Case(gets: 200),
        Case("Origin: http://HOST", gets: 200), Case("Origin: https://HOST", gets: 200),
        Case("Sec-Fetch-Site: same-origin", gets: 200), Case("Sec-Fetch-Site: none", gets: 200),
        Case("Sec-Fetch-Site: cross-site", gets: 403), Case("Sec-Fetch-Site: same-site", gets: 403),
        Case("Sec-Fetch-Site: Same-Origin", gets: 403), Case("Sec-Fetch-Site:", gets: 403),
        Case("Sec-Fetch-Site: same-origin, none", gets: 403),
        Case("Origin: http://evil.example", gets: 403), Case("Origin: http://HOST.evil", gets: 403),
        Case("Origin: http://evil.example#HOST", gets: 403), Case("Origin: HOST", gets: 403),
        Case("Origin: ftp://HOST", gets: 403), Case("Origin: http://127.0.0.1", gets: 403),
        Case("Origin: http://localhost", gets: 403),
        Case("Origin:", gets: 403), Case("Origin: null", gets: 403),
        // A browser that tells whose page it is has the last word: a proxy may have changed Host, and a policy hides Origin.
        Case("Origin: null", "Sec-Fetch-Site: same-origin", gets: 200),
        Case("Origin: https://public.example", "Sec-Fetch-Site: same-origin", gets: 200),
        Case("Origin: http://HOST", "Sec-Fetch-Site: cross-site", gets: 403),
        Case("Origin: https://friend.example", gets: 403),
    ]

    @Test(arguments: posts)
    func aPostOfAnotherSitesPageIsRefused(_ one: Case) async throws {
        try await withGatewayPort(hasUpstream: true) { (port) throws in
            let answer = try Self.ask(port, one, rest: Self.post)
            #expect(answer.status == one.status)
            guard one.status == 403 else { return #expect(answer.content == "hello") }
            #expect(answer.content.contains("--allow-origin"))
            #expect(answer.fields.contains("Content-Type: application/problem+json"))
            #expect(answer.fields.contains("Proxy-Status: letterbox; error=http_request_denied"))
            let metrics = try Self.ask(port, Case(gets: 200), "GET /metrics").content
            #expect(metrics.contains("letterbox_http_failures_total{service=\"\",error=\"http_request_denied\"} 1\n"))
            #expect(metrics.contains(/\nletterbox_udp_datagrams_sent_total{.*} 0\n/))
        }
    }

    /// An origin that the operator names may post, and no other.
    @Test(arguments: [
        (["https://friend.example"], Case("Origin: https://friend.example", gets: 200)),
        (["https://friend.example"], Case("Origin: https://friend.example", "Sec-Fetch-Site: cross-site", gets: 200)),
        (["https://friend.example"], Case("Origin: https://evil.example", "Sec-Fetch-Site: cross-site", gets: 403)),
        (["https://friend.example"], Case("Sec-Fetch-Site: cross-site", gets: 403)),
        (["https://friend.example"], Case("Origin: null", gets: 403)),
        (["*"], Case("Origin: https://evil.example", "Sec-Fetch-Site: cross-site", gets: 200)),
        (["*"], Case("Sec-Fetch-Site: cross-site", gets: 200)), (["*"], Case("Origin: null", gets: 200)),
    ])
    func allowedOriginsMayPost(origins: [String], _ one: Case) async throws {
        let configuration = Configuration.with { $0.crossOrigin = CrossOrigin(origins: origins) }
        try await withGatewayPort(configuration, hasUpstream: true) { (port) throws in
            #expect(try Self.ask(port, one, rest: Self.post).status == one.status)
        }
    }

    /// A resource that is only read is open to links from everywhere; a request that sends a datagram is not, whatever
    /// its method.
    @Test(arguments: [
        ("GET /", 200), ("GET /letters.txt", 200), ("HEAD /letters.txt", 200), ("GET /healthz", 200),
        ("GET /metrics", 200), ("GET /services", 200), ("OPTIONS /", 204), ("GET /?other=1", 200), ("GET /none", 404),
        ("GET /?q=aGVsbG8", 403), ("HEAD /?q=aGVsbG8", 403), ("GET /only", 403), ("GET /only?q=aGVsbG8", 403),
        ("POST /", 403), ("POST /form", 403), ("POST /only?as=hex", 403), ("POST /none", 403), ("PUT /", 405),
    ])
    func readingIsOpen(line: String, status: Int) async throws {
        let echo = try EchoService()
        defer { echo.stop() }
        let address = try #require(SocketAddress("127.0.0.1", port: echo.port))
        let services = ["/", "/only"].map {
            Service(path: $0, addresses: [address], configuration: Configuration(), get: "q")
        }
        try await withGatewayPort(services: services) { (port) throws in
            for field in ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site"] {
                let answer = try Self.ask(port, Case(field, gets: status), line)
                #expect(answer.status == status, "\(field)")
                if line == "POST /form" {
                    #expect(answer.content.contains("<html") && answer.content.contains("another site"))
                }
            }
            #expect(try Self.ask(port, Case(gets: 200), "GET /?q=aGVsbG8").content == "hello")
        }
    }

    /// The head alone decides, so that the content need not come (RFC 9110 10.1.1).
    @Test func aPageIsNotInvitedToSendItsContent() async throws {
        try await withGatewayPort(hasUpstream: true) { (port) throws in
            let one = Case("Origin: http://evil.example", "Expect: 100-continue", gets: 403)
            #expect(try Self.ask(port, one, rest: "Content-Length: 5\r\n\r\n").status == 403)
        }
    }

    @Test func theSentenceNamesTheOriginAndNothingElseThatCame() async throws {
        try await withGatewayPort(hasUpstream: true) { (port) throws in
            let named = try Self.ask(port, Case("Origin: http://evil.example", gets: 403)).content
            #expect(named.contains("--allow-origin http://evil.example"))
            let odd = try Self.ask(port, Case("Origin: <b>'$(reboot)'", gets: 403)).content
            #expect(odd.contains("--allow-origin") && !odd.contains("reboot"))
            let none = try Self.ask(port, Case("Origin: null", gets: 403)).content
            #expect(none.contains("--allow-origin '*'"))
        }
    }

    // MARK: - Names that point here

    /// A browser's request by the name that it was made to, on loopback.
    @Test(arguments: [
        ("localhost", 200), ("localhost:8080", 200), ("LocalHost:8080", 200), ("localhost.", 200),
        ("a.localhost:1", 200),
        ("127.0.0.1", 200), ("127.0.0.1:8080", 200), ("192.0.2.7:80", 200), ("[::1]:8080", 200), ("[::1]", 200),
        ("evil.example", 421), ("evil.example:8080", 421), ("notlocalhost", 421), ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421), ("1.2.3.4.example:80", 421), (".localhost.a", 421), ("intranet", 421),
        ("mine.example", 200), ("Mine.Example:8080", 200), ("mine.example.", 200), ("a.mine.example", 421),
    ])
    func aNameThatPointsHereIsNoName(host: String, status: Int) async throws {
        let configuration = Configuration.with { $0.allowedHosts = ["mine.example"] }
        try await withGatewayPort(configuration, files: Page.Source.few, hasUpstream: true) { (port) throws in
            for line in ["POST /", "GET /", "GET /metrics"] {
                let own = Case("Origin: http://\(host)", gets: status)
                #expect(try Self.ask(port, own, line, host: host).status == status, "\(line), \(host)")
                let told = Case("Sec-Fetch-Site: same-origin", gets: status)
                #expect(try Self.ask(port, told, line, host: host).status == status, "\(line), \(host)")
                // curl, and a proxy that does not hand on a browser's fields.
                #expect(try Self.ask(port, Case(gets: 200), line, host: host).status == 200, "\(line), \(host)")
            }
        }
    }

    @Test func theSentenceNamesTheHost() async throws {
        try await withGatewayPort(hasUpstream: true) { (port) throws in
            let one = Case("Origin: http://evil.example:80", gets: 421)
            let answer = try Self.ask(port, one, host: "evil.example:80")
            #expect(answer.content.contains("--allow-host evil.example,"))
        }
    }

    /// Where others reach the gateway, its name is whatever they call it.
    @Test func elsewhereThanOnLoopbackEveryNameIsGood() async throws {
        try await withGatewayPort(host: "0.0.0.0", hasUpstream: true) { (port) throws in
            let one = Case("Origin: http://gateway.example", gets: 200)
            #expect(try Self.ask(port, one, host: "gateway.example").status == 200)
        }
    }

    /// RFC 9112 3.2.2: the authority of an absolute target is the request's, and Host says nothing beside it.
    @Test func theAuthorityOfTheTargetCounts() async throws {
        try await withGatewayPort(hasUpstream: true) { (port) throws in
            let one = Case("Origin: http://localhost", gets: 200)
            #expect(try Self.ask(port, one, "POST http://localhost/", host: "evil.example").status == 200)
            #expect(try Self.ask(port, one, "POST http://evil.example/", host: "localhost").status == 403)
        }
    }

    /// HTTP/1.0 without Host names no origin of its own.
    @Test func withoutANameEveryOriginIsAnothers() async throws {
        try await withGatewayPort(hasUpstream: true) { (port) throws in
            let caller = try Caller(port: port)
            caller.send("POST / HTTP/1.0\r\nOrigin: http://localhost\r\n\r\n")
            #expect(try Answer(caller.receiveAll(), hasContent: true).status == 403)
        }
    }
}
