/// Reads the head of a request out of the bytes received so far (RFC 9112 2 to 6).
///
/// Strict where leniency has been abused, and deterministic: the first byte that cannot be part of a request is
/// refused as soon as it is there, so that the outcome depends on the bytes alone, never on how they were cut into
/// packets. A line's meaning is judged when the line is complete, the head's when the head is.
public struct RequestParser: Sendable {
    private let limits: Limits
    private var progress = Progress()
    /// Filled line by line, and complete with the blank line.
    ///
    /// Kept apart because it is large and need not be cleared.
    private var head = RequestHead()

    /// How far the parser has come in the message: up to the last complete line.
    private struct Progress: Sendable {
        var position = 0
        var hasRequestLine = false
        var isComplete = false
        var emptyLines = 0
        var fields = 0
        var framing = FramingFields()
        var persistence = Persistence()
        var expectation = Expectation()
    }

    /// A parser for messages within the limits.
    public init(limits: Limits) {
        self.limits = limits
    }

    /// Forgets the message begun, if any.
    public mutating func reset() {
        progress = Progress()
        head.forget()
    }

    /// Reads the head in `bytes`, which are all bytes of this message received so far; nil if there must be more.
    ///
    /// Call it again with more bytes after nil: it goes on at the last line begun. After a head it is ready for the
    /// next message, and after an error for nothing but ``reset()``.
    public mutating func parse(_ bytes: Span<UInt8>) throws(RequestError) -> RequestHead? {
        let window = bytes.extracting(first: limits.maxHead)
        if progress.isComplete { reset() }
        guard try readHead(window) else {
            guard bytes.count < limits.maxHead else { throw RequestError(.headTooLarge, at: limits.maxHead) }
            return nil
        }
        return head
    }

    private mutating func readHead(_ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        if !progress.hasRequestLine {
            guard try skipEmptyLines(bytes), try readRequestLine(bytes) else { return false }
        }
        while progress.position < bytes.count {
            if bytes[progress.position] == ASCII.carriageReturn {
                guard try bytes.isLineEnd(at: progress.position, otherwise: .malformedName) else { return false }
                try finish(blankLine: progress.position)
                return true
            }
            guard progress.fields < limits.maxFields else {
                throw RequestError(.tooManyFields, at: progress.position)
            }
            guard let line = try FieldLine.cut(bytes, at: progress.position) else { return false }
            try take(line, bytes)
            progress.fields &+= 1
            progress.position = line.next
        }
        return false
    }

    /// Empty lines before a request line are left over from old clients' bodies (RFC 9112 2.2).
    private mutating func skipEmptyLines(_ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        while progress.position < bytes.count, bytes[progress.position] == ASCII.carriageReturn {
            guard try bytes.isLineEnd(at: progress.position, otherwise: .malformedMethod) else { return false }
            guard progress.emptyLines < limits.maxEmptyLines else {
                throw RequestError(.tooManyEmptyLines, at: progress.position)
            }
            progress.emptyLines += 1
            progress.position += 2
        }
        return progress.position < bytes.count
    }
}

// MARK: - The request line

extension RequestParser {
    /// Method, target and version, each parted by exactly one space (RFC 9112 3); false if the end has not come.
    private mutating func readRequestLine(_ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        let start = progress.position
        let last = start + limits.maxRequestLine
        let stop = min(bytes.count, last)

        let methodEnd = bytes.skip(.token, from: start, to: stop)
        guard try RequestParser.isInside(methodEnd, stop, last, bytes) else { return false }
        guard bytes[methodEnd] == ASCII.space, methodEnd > start else {
            throw RequestError(bytes[methodEnd] == ASCII.lineFeed ? .bareLineFeed : .malformedMethod, at: methodEnd)
        }
        let targetStart = methodEnd + 1
        let targetEnd = bytes.skip(.target, from: targetStart, to: stop)
        guard try RequestParser.isInside(targetEnd, stop, last, bytes) else { return false }
        guard bytes[targetEnd] == ASCII.space, targetEnd > targetStart else {
            throw RequestParser.targetError(bytes, targetStart, targetEnd)
        }
        let version = targetEnd + 1
        guard try RequestParser.checkVersion(bytes, version, stop, last) else { return false }
        let end = version + 8
        guard end < bytes.count, try bytes.isLineEnd(at: end, otherwise: .malformedVersion) else { return false }

        head.method = Method(bytes, from: start, to: methodEnd)
        head.methodRange = ByteRange(start, methodEnd)
        try takeVersion(bytes, version)
        try head.takeTarget(bytes, targetStart..<targetEnd)
        progress.hasRequestLine = true
        progress.position = end + 2
        return true
    }

    /// Whether a scan ended at a byte of the line, and not where the bytes or the permitted length end.
    @inline(__always)
    private static func isInside(_ index: Int, _ stop: Int, _ last: Int, _ bytes: Span<UInt8>) throws(RequestError)
        -> Bool
    {
        if index < stop { return true }
        guard bytes.count <= last else { throw RequestError(.requestLineTooLong, at: last) }
        return false
    }

    /// A line that ends after its target is HTTP/0.9, which nobody speaks any more.
    @inline(never)
    private static func targetError(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> RequestError {
        switch bytes[end] {
        case ASCII.carriageReturn, ASCII.lineFeed: RequestError(.missingVersion, at: end)
        default: RequestError(.malformedTarget, at: end)
        }
    }

    /// Checks the form of the version, `HTTP/` and two digits around a dot, in upper case (RFC 9112 2.3).
    private static func checkVersion(
        _ bytes: Span<UInt8>, _ start: Int, _ stop: Int, _ last: Int
    ) throws(RequestError) -> Bool {
        if start + 8 <= stop {
            let word = bytes.word(at: start)
            if word == UInt64(ascii: "HTTP/1.1") || word == UInt64(ascii: "HTTP/1.0") { return true }
        }
        var index = start
        for expected in "HTTP/0.0".utf8 {
            guard try isInside(index, stop, last, bytes) else { return false }
            let isRight = expected == ASCII.zero ? ASCII.digit(bytes[index]) != nil : bytes[index] == expected
            guard isRight else { throw RequestError(.malformedVersion, at: index) }
            index += 1
        }
        return true
    }

    private mutating func takeVersion(_ bytes: Span<UInt8>, _ start: Int) throws(RequestError) {
        guard bytes[start + 5] == UInt8(ascii: "1") else { throw RequestError(.unsupportedVersion, at: start + 5) }
        head.minorVersion = bytes[start + 7] == ASCII.zero ? 0 : 1
    }
}

// MARK: - The fields

extension RequestParser {
    /// Takes note of a complete field line.
    ///
    /// What framing, persistence and expectation read is not read again later.
    @inline(__always)
    private mutating func take(_ line: FieldLine, _ bytes: Span<UInt8>) throws(RequestError) {
        guard let field = KnownField(bytes, from: line.nameStart, to: line.nameEnd) else { return }
        try head.record(field, line.value)
        switch field {
        case .host: try bytes.checkHost(line.value, head.targetForm)
        case .contentLength: try progress.framing.takeLength(bytes, line.value)
        case .transferEncoding: try progress.framing.takeCodings(bytes, line.value)
        case .connection: progress.persistence.take(bytes, line.value)
        case .expect: progress.expectation.take(bytes, line.value)
        default: break
        }
    }

    /// Judges the head as a whole.
    private mutating func finish(blankLine: Int) throws(RequestError) {
        let isOld = head.minorVersion == 0
        // RFC 9112 3.2: HTTP/1.0 did not have the field.
        guard isOld || head.has(.host) else { throw RequestError(.missingHost, at: blankLine) }
        let framing = try progress.framing.resolve(inOldVersion: isOld, limits)
        head.framing = framing
        head.keepsAlive = progress.persistence.keepsAlive(inOldVersion: isOld)
        // RFC 9110 10.1.1: an expectation of HTTP/1.0 is ignored.
        if !isOld { head.expectsContinue = try progress.expectation.wantsContinue(before: framing) }
        head.length = blankLine + 2
        progress.isComplete = true
    }
}
