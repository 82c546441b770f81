import HTTP

/// See ``Check/request``.
enum RequestCheck {
    static func run(_ bytes: Span<UInt8>) throws(Broken) {
        var parser = RequestParser(limits: Limits())
        let head: RequestHead
        do throws(RequestError) {
            guard let found = try parser.parse(bytes) else { return }
            head = found
        } catch {
            try require((0...bytes.count).contains(error.offset), "The error lies outside the bytes: \(error)")
            try require(!error.reason.rawValue.isEmpty && error.status.code >= 400, "\(error) is no refusal.")
            return
        }
        try compareToPlainReading(head, bytes)
        try writeAgain(head, bytes)
        try FieldReaders.run(head, bytes)
    }

    private static func compareToPlainReading(_ head: RequestHead, _ bytes: Span<UInt8>) throws(Broken) {
        let plain = try PlainHead(bytes.copy(0..<head.length))
        try require(plain.method == bytes.copy(head.methodRange.range), "The method differs.")
        try require(plain.target == bytes.copy(head.target.range), "The target differs.")
        try require(plain.version.elementsEqual("HTTP/1.".utf8 + [plain.version.last ?? 0]), "The version is wrong.")
        try require((plain.version.last == 48) == (head.minorVersion == 0), "The version differs.")
        try require(plain.framing == head.framing, "The framing differs: \(head.framing)")
        if head.minorVersion == 0 { try require(head.framing != .chunked, "HTTP/1.0 has no chunks.") }
        let keepsAlive = plain.keepsAlive
        try require(keepsAlive == nil || keepsAlive == head.keepsAlive, "Persistence differs.")
        let hosts = plain.values("host").count
        try require(hosts == 1 || hosts == 0 && head.minorVersion == 0, "\(hosts) Host fields are accepted.")
        for (field, _, name) in KnownField.named {
            let value = head.range(of: field).map { bytes.copy($0) }
            try require(plain.values(name).first == value, "\(name) differs.")
            try require(head.isRepeated(field) == (plain.values(name).count > 1), "The lines of \(name) differ.")
            let joined = Array(plain.values(name).drop(while: \.isEmpty).joined(separator: [44]))
            try require(head.list(of: field, in: bytes) == joined, "\(name) is another list.")
        }
    }

    /// Writes the meaning out, and nothing but the meaning; it must be read as the same.
    private static func writeAgain(_ head: RequestHead, _ bytes: Span<UInt8>) throws(Broken) {
        let canonical = write(head, bytes)
        var limits = Limits()
        limits.maxHead += 1024
        var parser = RequestParser(limits: limits)
        let result: RequestHead?
        do throws(RequestError) { result = try parser.parse(canonical.span) } catch {
            throw Broken(description: "Written out, it is refused: \(error), \(canonical.shown)")
        }
        guard let again = result else { throw Broken(description: "Written out, it is incomplete: \(canonical.shown)") }
        let isSame =
            again.method == head.method && again.minorVersion == head.minorVersion
            && again.length == canonical.count && again.framing == head.framing
            && again.keepsAlive == head.keepsAlive && again.expectsContinue == head.expectsContinue
            && canonical.span.copy(again.path.range) == bytes.copy(head.path.range)
            && again.query.map { canonical.span.copy($0.range) } == head.query.map { bytes.copy($0.range) }
            && write(again, canonical.span) == canonical
        try require(isSame, "Written out, it means something else: \(canonical.shown)")
    }

    private static func write(_ head: RequestHead, _ bytes: Span<UInt8>) -> [UInt8] {
        var out = bytes.copy(head.methodRange.range) + [32] + bytes.copy(head.target.range)
        out += " HTTP/1.\(head.minorVersion)\r\n".utf8
        for (field, name, _) in KnownField.named {
            switch field {
            case .contentLength, .transferEncoding, .connection, .expect: continue
            default: break
            }
            guard let value = head.range(of: field) else { continue }
            out += name + Array(": ".utf8) + bytes.copy(value) + [13, 10]
        }
        switch head.framing {
        case .none: break
        case .length(let length): out += "content-length: \(length)\r\n".utf8
        case .chunked: out += "transfer-encoding: chunked\r\n".utf8
        }
        if head.keepsAlive != (head.minorVersion == 1) {
            out += "connection: \(head.keepsAlive ? "keep-alive" : "close")\r\n".utf8
        }
        if head.expectsContinue { out += "expect: 100-continue\r\n".utf8 }
        return out + [13, 10]
    }
}
