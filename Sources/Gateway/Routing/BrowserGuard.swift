internal import HTTP

/// Refuses a browser's requests for two kinds of pages: those of another site, and those whose host name was made to
/// point to this machine.
///
/// Fields that browsers set and pages cannot set tell both (WHATWG Fetch 3.1, W3C Fetch Metadata 2.3). A request
/// without them passes: it comes from no page, or it is a page's GET to an `http:` name, which looks the same.
package struct BrowserGuard {
    /// The pages of other sites that may send.
    private let crossOrigin: CrossOrigin
    /// The names by which browsers reach the gateway through loopback; nil where other machines reach it, too.
    private let hosts: [HostName]?

    /// Whether ``Configuration/allowedHosts`` may have the name: letters, digits, `-`, `_` and dots.
    package static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0.isAlphanumeric || "-_.".utf8.contains($0) }
    }

    init(_ configuration: Configuration) {
        crossOrigin = configuration.crossOrigin
        hosts = configuration.isOnLoopback ? configuration.allowedHosts.map { HostName($0.bytes) } : nil
    }

    /// The answer to a browser's request for a name that is not the gateway's; nil for any other request.
    ///
    /// The gateway listens on loopback only: its valid names are `localhost`, addresses, and the names of
    /// `--allow-host`. The owner of any other name that points here could make its pages same-origin with the gateway
    /// (DNS rebinding). Without TLS such a page may still GET: its browser names a page's origin with a POST, and sends
    /// Sec-Fetch-Site to `localhost` and addresses of loopback alone.
    func refuseName(_ request: Request) -> Response? {
        guard let hosts, request.isFromBrowser, request.namesOwnOrigin, let authority = request.authority else {
            return nil
        }
        let host = HostName(authority)
        guard !host.isLocal, !hosts.contains(host) else { return nil }
        return Refusal.denial(
            .misdirectedRequest,
            "\(host) is no name of this gateway on loopback: start it with --allow-host \(host), or ask for localhost."
        ).problem
    }

    /// The answer to a request of another site's page that would send a datagram; nil for any other request.
    ///
    /// It decides as Go's CrossOriginProtection does: by `Sec-Fetch-Site`, or where that is missing by `Origin`.
    func refusePage(_ request: Request) -> Refusal? {
        guard !isOwn(request), !crossOrigin.allows(request.value(of: .origin)) else { return nil }
        return .denial(.forbidden, Self.sentence(on: request.value(of: .origin)))
    }

    private func isOwn(_ request: Request) -> Bool {
        request.has(.secFetchSite) ? request.comesFromOwnSite : request.namesOwnOrigin
    }

    private static func sentence(on origin: ArraySlice<UInt8>?) -> String {
        let refusal = "The request comes from a page of another site"
        guard let origin else { return "\(refusal), which --allow-origin does not name." }
        if origin.isEqual(to: "null") {
            return
                "The request comes from a page without an origin, such as a file: only --allow-origin '*' lets it send."
        }
        let text = String(decoding: origin, as: UTF8.self)
        guard CrossOrigin.isSerialized(text) else { return "\(refusal), which --allow-origin does not name." }
        return "\(refusal): start the gateway with --allow-origin \(text), or have a proxy in front of it hand Host on."
    }
}

/// The host of an authority, without its port.
private struct HostName: Equatable, CustomStringConvertible {
    private let bytes: [UInt8]

    init(_ authority: ArraySlice<UInt8>) {
        let isLiteral = authority.first == UInt8(ascii: "[")
        let name = isLiteral ? authority : authority.prefix { $0 != UInt8(ascii: ":") }
        // "a.example." is the same name (RFC 1034 3.1).
        let isRooted = name.last == UInt8(ascii: ".")
        bytes = (isRooted ? name.dropLast() : name).map(\.lowercased)
    }

    /// Whether the name cannot lead to this machine by another owner's DNS (RFC 6761 6.3): browsers take names of
    /// digits for addresses (WHATWG URL 3.5).
    var isLocal: Bool {
        bytes.first == UInt8(ascii: "[") || bytes.allSatisfy { $0 == 0x2e || (0x30...0x39).contains($0) }
            || bytes.elementsEqual("localhost".utf8) || bytes.suffix(10).elementsEqual(".localhost".utf8)
    }

    var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension Request {
    /// Whether a browser names the origin of the request.
    @inline(__always)
    var isFromBrowser: Bool { parser.head.namesPage }

    /// The request's authority: its target's, or the Host field's (RFC 9112 3.2.2); nil where that is empty.
    var authority: ArraySlice<UInt8>? {
        guard let range = head.authority, !range.isEmpty else { return nil }
        return bytes(range)
    }

    /// Whether the browser, if it sends the field, says that its user or the gateway's own page makes the request (W3C
    /// Fetch Metadata 2.3).
    ///
    /// A page cannot set the field, and a proxy that changes Host does not change it.
    var comesFromOwnSite: Bool {
        guard let site = value(of: .secFetchSite) else { return true }
        return site.isEqual(to: "same-origin") || site.isEqual(to: "none")
    }

    /// Whether the request came from the gateway's own page, or from no page: a browser sends the origin with every
    /// request but GET and HEAD (WHATWG Fetch 3.1).
    ///
    /// The scheme does not matter, for TLS may end in front of the gateway.
    var namesOwnOrigin: Bool {
        guard let origin = value(of: .origin) else { return true }
        guard let host = authority else { return false }
        return ["http://", "https://"].contains { scheme in
            origin.starts(with: scheme.utf8) && origin.dropFirst(scheme.utf8.count).elementsEqual(host)
        }
    }
}
