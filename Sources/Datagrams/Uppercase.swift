internal import System

/// Answers with the text in upper case: the server of the UDP tutorial.
///
/// Valid UTF-8 gets Unicode's full mapping (Unicode Standard, section 3.13, rule R1), which can change the length:
/// "straße" becomes "STRASSE". In all other datagrams only ASCII letters change, and other bytes stay. The same holds
/// for a text whose full mapping no datagram can carry (U+0390 becomes three times as long), so that every datagram has
/// a reply that can be sent.
package struct Uppercase: DatagramService {
    package init() {}

    package func respond(to datagram: Span<UInt8>, into reply: inout OutputSpan<UInt8>) {
        // The first pass answers ASCII, and also bytes that are not UTF-8, near the speed of a copy; only text beyond
        // ASCII takes a second pass.
        if appendASCIIUppercase(of: datagram, to: &reply) { return }
        respondInFull(to: datagram, into: &reply)
    }

    /// Answers a datagram with bytes beyond ASCII; out of line, so that the others do not pay for its frame.
    @inline(never)
    private func respondInFull(to datagram: Span<UInt8>, into reply: inout OutputSpan<UInt8>) {
        guard let text = try? UTF8Span(validating: datagram) else { return }
        reply.removeAll()
        if appendFullUppercase(of: text.span, to: &reply) { return }
        reply.removeAll()
        _ = appendASCIIUppercase(of: datagram, to: &reply)
    }

    /// Appends valid UTF-8 in upper case, runs of ASCII as a whole and every other scalar by the table; returns false where
    /// no datagram can carry it.
    ///
    /// The upper-case mapping of a scalar does not depend on its neighbours (SpecialCasing.txt has conditions for
    /// upper case only in the Turkic and Lithuanian locales), so the text may be cut anywhere between two scalars.
    private func appendFullUppercase(of text: Span<UInt8>, to reply: inout OutputSpan<UInt8>) -> Bool {
        // A reply as long as its datagram is always possible; over IPv6 that may be a little more than over IPv4.
        let most = max(text.count, DatagramSocket.maximumPayload)
        let table = UppercaseTable.shared
        var offset = 0
        while offset < text.count {
            let run = offset..<endOfASCII(in: text, from: offset)
            guard reply.count + run.count <= most else { return false }
            _ = appendASCIIUppercase(of: text.extracting(run), to: &reply)
            offset = run.upperBound
            while offset < text.count, text[offset] >= 0x80 {
                guard reply.count <= most else { return false }
                offset = table.appendUppercase(ofScalarAt: offset, in: text, to: &reply)
            }
        }
        return reply.count <= most
    }

    /// The offset of the first byte at or after `start` that is not ASCII, or the end.
    private func endOfASCII(in bytes: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset < bytes.count, bytes[offset] < 0x80 { offset += 1 }
        return offset
    }

    /// Appends `bytes` with the letters a-z in upper case; returns whether all of them were ASCII.
    ///
    /// The loop has no branch, and tests only once, at its end, whether any byte was above 0x7F. It compares signed bytes,
    /// where "a" is moved to the least of them: SSE2 has no comparison of unsigned ones.
    @inline(__always)
    private func appendASCIIUppercase(of bytes: Span<UInt8>, to reply: inout OutputSpan<UInt8>) -> Bool {
        var seen: UInt8 = 0
        reply.append(bytes) { byte in
            seen |= byte
            let letter = Int8(bitPattern: byte &- UInt8(ascii: "a") &+ 0x80)
            return byte ^ (letter < Int8.min + 26 ? 0x20 : 0)
        }
        return seen < 0x80
    }
}
