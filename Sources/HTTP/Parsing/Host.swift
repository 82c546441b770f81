internal import System

/// The grammar of `host[:port]` (RFC 3986 3.2), for the Host field and for the authority of a URL.
///
/// Both refuse user information (RFC 9110 4.2.4) and an empty host (RFC 9110 4.2.1).
extension Span<UInt8> {
    /// Checks a Host field.
    ///
    /// A client sends an empty Host where its target has no authority (RFC 9112 3.2). Beside a target that has one, the
    /// server ignores any valid Host (RFC 9112 3.2.2), and so an empty one.
    @inline(__always)
    func checkHost(_ value: Range<Int>) throws(RequestError) {
        if value.isEmpty { return }
        guard isAuthority(value) else { throw RequestError(.invalidHost, at: value.lowerBound) }
    }

    /// Whether the range is a host and perhaps a port.
    @inline(never)
    func isAuthority(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        let hostEnd = self[range.lowerBound] == UInt8(ascii: "[") ? endOfLiteral(range) : endOfName(range)
        guard let hostEnd, hostEnd > range.lowerBound else { return false }
        if hostEnd == range.upperBound { return true }
        return self[hostEnd] == ASCII.colon && isPort(hostEnd + 1..<range.upperBound)
    }

    /// `port = *DIGIT`: it may be empty, but not above 65535.
    @inline(__always)
    private func isPort(_ range: Range<Int>) -> Bool {
        if range.isEmpty { return true }
        guard let port = decimal(range) else { return false }
        return port <= 65535
    }

    /// The end of a registered name; an IPv4 address reads as one.
    @inline(__always)
    private func endOfName(_ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while true {
            index = skip(.hostName, from: index, to: range.upperBound)
            guard index < range.upperBound, self[index] == ASCII.percent else { return index }
            guard isEscape(at: index, before: range.upperBound) else { return nil }
            index += 3
        }
    }

    /// The index after the bracket that closes an address: IPv6, or a future version.
    @inline(never)
    private func endOfLiteral(_ range: Range<Int>) -> Int? {
        guard let close = range.first(where: { self[$0] == UInt8(ascii: "]") }) else { return nil }
        let address = range.lowerBound + 1..<close
        guard isIPv6(address) || isIPvFuture(address) else { return nil }
        return close + 1
    }

    /// `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`, the letter in either case (RFC 3986 3.2.2).
    private func isIPvFuture(_ range: Range<Int>) -> Bool {
        guard let first = range.first, self[first].lowercased == UInt8(ascii: "v") else { return false }
        let dot = skip(.hex, from: first + 1, to: range.upperBound)
        guard dot > first + 1, dot + 1 < range.upperBound, self[dot] == UInt8(ascii: ".") else { return false }
        let address = dot + 1..<range.upperBound
        return address.allSatisfy { ByteClass.hostName.contains(self[$0]) || self[$0] == ASCII.colon }
    }

    /// An IPv6 address (RFC 3986 3.2.2), which has no zone.
    private func isIPv6(_ range: Range<Int>) -> Bool {
        SocketAddress(String(decoding: range.map { self[$0] }, as: UTF8.self), port: 0)?.isIPv6 ?? false
    }
}
