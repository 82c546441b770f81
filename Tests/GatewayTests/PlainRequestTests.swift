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
        let upstream = Upstream(
            configuration: configuration, limits: SharedLimits(configuration),
            replies: ReplyBuffer(maxDatagram: configuration.maxDatagram), loop: try EventLoop())
        let service = ServiceRoute(Service(path: "/", addresses: [], configuration: configuration), upstream)
        router = Router(configuration: configuration, page: Page([]), services: ServiceTable([service]))
    }

    private func head(_ line: String, _ fields: [String]) -> [UInt8] {
        Array(([line, "Host: a", "Content-Length: 2"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
    }

    /// Whether the router sends the two bytes of content on, and the plain reply is the response.
    private func isSentOn(_ request: Request, _ bytes: [UInt8]) -> Bool {
        request.take((bytes + Array("ab".utf8))[...])
        guard case .exchange(let payload, nil) = router.route(request) else { return false }
        return Array(payload) == Array("ab".utf8)
    }

    /// A request that is not plain may still be sent on; one that is plain always is.
    @Test func theRouterWouldSendPlainRequestsOn() throws {
        #expect(router.takesPlain)
        var plain = 0
        for line in Self.lines {
            for first in Self.fields {
                for second in Self.fields where first.prefix(9) != second.prefix(9) {
                    let bytes = head(line, [first, second])
                    let request = Request(limits: configuration.limits(of: .form))
                    #expect(try request.readHead(bytes.span))
                    if request.isPlain { plain += 1 }
                    if request.isPlain { #expect(isSentOn(request, bytes), "\(line) \(first) \(second)") }
                }
            }
        }
        // Two versions, and of the last five fields those pairs whose names differ.
        #expect(plain == 2 * (5 * 4 - 2))
    }

    /// The object and its parser remember the last head.
    @Test func aHeadThatComesAgainIsWhatItWas() throws {
        let plain = head("POST / HTTP/1.1", [])
        let other = head("POST / HTTP/1.1", ["Prefer: wait=1"])
        let request = Request(limits: configuration.limits(of: .form))
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
        let request = Request(limits: configuration.limits(of: .form))
        #expect(try !request.readHead(bytes.span.extracting(first: bytes.count - 1)))
        let other = Request(continuing: request)
        request.reset()
        #expect(try other.readHead(bytes.span) && !other.isPlain && other.isNamed)
        let plain = head("POST / HTTP/1.1", [])
        #expect(try request.readHead(plain.span) && request.isPlain)
        #expect(Request(continuing: request).isPlain)
    }

    /// The router may not: pages of other origins get fields of their own, and callers are asked for a token.
    @Test func somePlainRequestsAreLookedAt() throws {
        var other = configuration
        other.crossOrigin = CrossOrigin(origins: ["*"])
        let services = ServiceTable([])
        #expect(!Router(configuration: other, page: Page([]), services: router.services).takesPlain)
        #expect(!Router(configuration: configuration, page: Page([]), services: services).takesPlain)
    }
}
