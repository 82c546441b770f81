import EventLoop
import HTTP
import System
import Testing

@testable import Gateway

/// Requests that are sent on by their head alone, and all others, which the router looks at.
@Suite struct PlainRequestTests {
    private static let lines = [
        "POST / HTTP/1.1", "POST / HTTP/1.0", "POST /? HTTP/1.1", "POST /a HTTP/1.1", "PUT / HTTP/1.1",
    ]
    /// Each field may have a say in the response, or in what is sent; those of the second row have not.
    private static let fields = [
        "Content-Encoding: identity", "Content-Encoding: gzip", "Prefer: wait=1", "Accept: application/json",
        "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "X-Request-Id: a", "Origin: null",
        "Sec-Fetch-Site: cross-site", "Content-Type: application/dns-message",
        "Content-Type: Multipart/form-data; boundary=b",
        "Content-Type: application/x-www-form-urlencoded",
        "Accept: */*", "Content-Type: text/plain", "Content-Type:", "User-Agent: curl", "Connection: close",
    ]

    private let configuration = Configuration()
    private let router: Router

    init() throws {
        let loop = try EventLoop()
        let typed = Service(
            path: "/typed", addresses: [], configuration: Configuration(), type: FieldValue("text/html"))
        let services = [
            Service(path: "/", addresses: [], configuration: configuration),
            Service(path: "/a", addresses: [], configuration: configuration), typed,
        ].map { Self.route(to: $0, on: loop) }
        router = Router(configuration: configuration, page: Page([]), services: ServiceTable(services))
    }

    private static func route(to service: Service, on loop: EventLoop) -> ServiceRoute {
        let upstream = Upstream(
            configuration: service.configuration, limits: SharedLimits(service.configuration),
            replies: ReplyBuffer(), loop: loop)
        return ServiceRoute(service, upstream)
    }

    private func head(_ line: String, _ fields: [String]) -> [UInt8] {
        Array(([line, "Host: a", "Content-Length: 2"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
    }

    /// Whether the router sends the two bytes of content on, and the plain reply is the response.
    private func isSentOn(_ request: Request, _ bytes: [UInt8]) -> Bool {
        request.take((bytes + Array("ab".utf8))[...])
        guard case .send(let payload, let options) = router.route(request) else { return false }
        let expected = request.isForRoot ? nil : router.plainService(at: request.path)
        guard options?.route === expected, Array(payload) == Array("ab".utf8) else { return false }
        guard let options else { return true }
        guard case .bytes(mirroring: nil) = options.form else { return false }
        return options.notation == nil && options.wait == nil && options.caching == nil && options.collection == nil
    }

    /// A request that is not plain may still be sent on; one that is plain always is.
    @Test func theRouterWouldSendPlainRequestsOn() throws {
        #expect(router.takesPlain)
        var plain = 0
        for line in Self.lines {
            for first in Self.fields {
                for second in Self.fields where first.prefix(9) != second.prefix(9) {
                    let bytes = head(line, [first, second])
                    let request = Request(limits: configuration.limits(of: .form, maxDatagram: 100))
                    #expect(try request.readHead(bytes.span))
                    if request.isPlain { plain += 1 }
                    if request.isPlain { #expect(isSentOn(request, bytes), "\(line) \(first) \(second)") }
                }
            }
        }
        // Two versions and another path, and of the last five fields those pairs whose names differ.
        #expect(plain == 3 * (5 * 4 - 2))
    }

    /// The object and its parser remember the last head.
    @Test func aHeadThatComesAgainIsWhatItWas() throws {
        let plain = head("POST / HTTP/1.1", [])
        let other = head("POST / HTTP/1.1", ["Prefer: wait=1"])
        let request = Request(limits: configuration.limits(of: .form, maxDatagram: 100))
        for _ in 0..<40 {
            for (bytes, isPlain) in [(plain, true), (plain, true), (other, false), (other, false)] {
                #expect(try request.readHead(bytes.span))
                #expect(request.isPlain == isPlain)
                request.finish()
            }
        }
    }

    /// A request that comes in part goes on in another object.
    @Test func whatWasReadGoesOnElsewhere() throws {
        let bytes = head("POST / HTTP/1.1", ["X-Request-Id: a"])
        let request = Request(limits: configuration.limits(of: .form, maxDatagram: 100))
        #expect(try !request.readHead(bytes.span.extracting(first: bytes.count - 1)))
        let other = Request(continuing: request)
        request.reset()
        #expect(try other.readHead(bytes.span) && !other.isPlain && other.isNamed)
        let plain = head("POST / HTTP/1.1", [])
        #expect(try request.readHead(plain.span) && request.isPlain)
        #expect(Request(continuing: request).isPlain)
    }

    /// The worker's request remembers its head when a connection keeps the rest of it, or ends; not one that it has seen in part.
    @Test func aCompleteHeadIsRemembered() throws {
        let bytes = head("POST /a HTTP/1.1", [])
        let request = Request(limits: configuration.limits(of: .form, maxDatagram: 100))
        for _ in 0..<20 {
            #expect(try request.readHead(bytes.span))
            request.reset()
        }
        request.cachedRoute = Request.CachedRoute(router: router, service: nil)
        #expect(try request.readHead(bytes.span) && request.cachedRoute != nil)
        request.reset()
        let other = head("GET / HTTP/1.1", [])
        #expect(try !request.readHead(other.span.extracting(first: 20)))
        request.reset()
        #expect(try request.readHead(bytes.span) && request.isPlain && request.cachedRoute == nil)
    }

    /// The router may not: pages of other origins get fields of their own, and callers are asked for a token.
    @Test func somePlainRequestsAreLookedAt() throws {
        var other = configuration
        other.crossOrigin = CrossOrigin(origins: ["*"])
        let services = ServiceTable([])
        #expect(!Router(configuration: other, page: Page([]), services: router.services).takesPlain)
        #expect(!Router(configuration: configuration, page: Page([]), services: services).takesPlain)
    }

    /// Other services take a closer look at each request.
    @Test func onlyPlainServicesTakePlainRequests() throws {
        #expect(router.plainService(at: Array("/a".utf8)[...])?.service.path == "/a")
        for path in ["/typed", "/b", "/aa", "/form", "/metrics", ""] {
            #expect(router.plainService(at: Array(path.utf8)[...]) == nil, "\(path)")
        }
        var withToken = configuration
        withToken.crossOrigin = CrossOrigin(origins: ["*"])
        let guarded = Router(configuration: withToken, page: Page([]), services: router.services)
        #expect(guarded.plainService(at: Array("/a".utf8)[...]) == nil)
    }

    /// A head that comes again has its service; another head has none yet.
    @Test func aDestinationIsThatOfItsHead() throws {
        let request = Request(limits: configuration.limits(of: .form, maxDatagram: 100))
        let (first, second) = (head("POST /a HTTP/1.1", []), head("POST /aa HTTP/1.1", []))
        for _ in 0..<40 {
            #expect(try request.readHead(first.span))
            request.cachedRoute = Request.CachedRoute(router: router, service: router.services.root)
            request.finish()
        }
        #expect(try request.readHead(first.span) && request.cachedRoute != nil)
        request.finish()
        #expect(try request.readHead(second.span) && request.cachedRoute == nil)
    }
}
