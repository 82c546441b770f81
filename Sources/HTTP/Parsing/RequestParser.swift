/// Reads the head of a request out of the bytes received so far (RFC 9112 2 to 6).
///
/// It is strict where attackers have exploited leniency, and deterministic: it refuses the first byte that cannot be
/// part of a request as soon as that byte arrives, so that the outcome depends on the bytes alone, never on their
/// division into packets. It judges a line when the line is complete, and the head when the head is.
public struct RequestParser: Sendable {
    private let limits: Limits
    private var progress = Progress()
    /// The head read last.
    ///
    /// The parser fills it line by line: it is complete, and usable, only after ``read(_:)`` has found the blank line.
    public private(set) var head = RequestHead()
    private var repeated = RepeatedHead()

    /// The parser's position in the message: the end of the last complete line.
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

    /// Whether the last head is complete, so that the next message may begin.
    public var isComplete: Bool { progress.isComplete }

    /// Drops the message begun, if any.
    public mutating func reset() {
        progress = Progress()
        head.forget()
        repeated.forget()
    }

    /// Whether the bytes begin with the head read last, which is then theirs, too.
    ///
    /// It is `mutating` and changes nothing: reading would otherwise copy the parser.
    public mutating func repeats(_ bytes: Span<UInt8>) -> Bool { progress.isComplete && repeated.begins(bytes) }

    /// Reads ``head`` in `bytes`, which are all bytes of this message received so far; false if more are needed.
    ///
    /// After false, call it again with more bytes: it continues at the last line begun. After a head the parser is
    /// ready for the next message; after an error only ``reset()`` is allowed. It is for bytes that do not begin with
    /// the last head: see ``repeats(_:)``.
    public mutating func read(_ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        if progress.isComplete { reset() }
        let window = bytes.extracting(first: limits.maxHead)
        if try readHead(window) {
            repeated.store(window, length: head.length)
            return true
        }
        guard bytes.count < limits.maxHead else { throw RequestError(.headTooLarge, at: limits.maxHead) }
        return false
    }

    @inline(__always)
    private mutating func readHead(_ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        if !progress.hasRequestLine {
            guard try skipEmptyLines(bytes) else { return false }
            if !readUsualLine(bytes) { guard try readRequestLine(bytes) else { return false } }
        }
        return try readFields(bytes)
    }

    /// The field lines, and the blank line after them; false if that has not arrived.
    @inline(__always)
    private mutating func readFields(_ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        var start = progress.position
        var fields = progress.fields
        while start < bytes.count {
            if bytes[start] == ASCII.carriageReturn {
                guard try bytes.isLineEnd(at: start, otherwise: .malformedName) else { break }
                try finish(blankLine: start)
                return true
            }
            guard fields < limits.maxFields else { throw RequestError(.tooManyFields, at: start) }
            guard let name = try KnownField.read(bytes, at: start),
                let line = try FieldLine.cut(bytes, after: name.colon)
            else { break }
            if let field = name.field {
                try head.record(field, line.value.lowerBound, line.value.upperBound)
                if field.isJudged { try judge(field, bytes, line.value.lowerBound, line.value.upperBound) }
            }
            fields &+= 1
            start = line.next
        }
        progress.position = start
        progress.fields = fields
        return false
    }

    /// Skips empty lines before a request line, which old clients leave after a body (RFC 9112 2.2).
    @inline(__always)
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
    /// Reads the line of nearly every request: GET or POST, a bare path, HTTP/1.1.
    ///
    /// False for any other line, also one that is too long or incomplete; then ``readRequestLine(_:)`` decides.
    @inline(__always)
    private mutating func readUsualLine(_ bytes: Span<UInt8>) -> Bool {
        let start = progress.position
        guard bytes.hasWord(at: start) else { return false }
        let word = bytes.wholeWord(at: start)
        let methodEnd: Int
        if word.prefix(6) == UInt64("P", "O", "S", "T", " ", "/") {
            head.method = .post
            methodEnd = start &+ 4
        } else if word.prefix(5) == UInt64("G", "E", "T", " ", "/") {
            head.method = .get
            methodEnd = start &+ 3
        } else {
            return false
        }
        let end = bytes.skip(.plainTarget, from: methodEnd &+ 1, to: bytes.count)
        guard end &+ 9 &- start <= limits.maxRequestLine, bytes.hasWord(at: end &+ 3),
            bytes.wholeWord(at: end) == UInt64(" ", "H", "T", "T", "P", "/", "1", "."),
            bytes.wholeWord(at: end &+ 3) == UInt64("T", "P", "/", "1", ".", "1", "\r", "\n")
        else { return false }
        head.methodRange = ByteRange(start, methodEnd)
        head.minorVersion = 1
        head.takePlainTarget(methodEnd &+ 1, end)
        progress.hasRequestLine = true
        progress.position = end &+ 11
        return true
    }

    /// Method, target and version, separated by exactly one space (RFC 9112 3); false if the end has not arrived.
    private mutating func readRequestLine(_ bytes: Span<UInt8>) throws(RequestError) -> Bool {
        let start = progress.position
        let last = start + limits.maxRequestLine
        let stop = min(bytes.count, last)

        let methodEnd = try endOfMethod(bytes, start, stop)
        guard try RequestParser.isInside(methodEnd, stop, last, bytes) else { return false }
        let targetStart = methodEnd + 1
        let plainEnd = bytes.skip(.plainTarget, from: targetStart, to: stop)
        let targetEnd = bytes.endOfTarget(from: plainEnd, to: stop)
        guard try RequestParser.isInside(targetEnd, stop, last, bytes) else { return false }
        guard bytes[targetEnd] == ASCII.space, targetEnd > targetStart else {
            throw RequestParser.targetError(bytes, targetStart, targetEnd)
        }
        let version = targetEnd + 1
        let isLatest = version + 8 <= stop && bytes.wholeWord(at: version) == .latestVersion
        if !isLatest { guard try RequestParser.checkVersion(bytes, version, stop, last) else { return false } }
        let end = version + 8
        guard end < bytes.count, try bytes.isLineEnd(at: end, otherwise: .malformedVersion) else { return false }

        head.methodRange = ByteRange(start, methodEnd)
        if isLatest { head.minorVersion = 1 } else { try takeVersion(bytes, version) }
        try head.takeTarget(bytes, targetStart, plainEnd, targetEnd)
        progress.hasRequestLine = true
        progress.position = end + 2
        return true
    }

    /// The index of the space after the method, or one that is not before `stop`.
    private mutating func endOfMethod(_ bytes: Span<UInt8>, _ start: Int, _ stop: Int) throws(RequestError) -> Int {
        let (end, byte) = bytes.skipName(from: start)
        guard end < stop else { return end }
        guard byte == ASCII.space, end > start else {
            throw RequestError(byte == ASCII.lineFeed ? .bareLineFeed : .malformedMethod, at: end)
        }
        head.method = Method(bytes, from: start, to: end)
        return end
    }

    /// Whether a scan ended at a byte of the line, and not at the end of the bytes or of the permitted length.
    @inline(__always)
    private static func isInside(_ index: Int, _ stop: Int, _ last: Int, _ bytes: Span<UInt8>) throws(RequestError)
        -> Bool
    {
        if index < stop { return true }
        guard bytes.count <= last else { throw RequestError(.requestLineTooLong, at: last) }
        return false
    }

    /// Refuses a line that ends after its target: HTTP/0.9, which is out of use.
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
    /// Records a field that concerns the message.
    ///
    /// Framing, persistence and expectation are not read again later.
    @inline(__always)
    private mutating func judge(_ field: KnownField, _ bytes: Span<UInt8>, _ start: Int, _ end: Int)
        throws(RequestError)
    {
        let value = start..<end
        switch field {
        case .host: try bytes.checkHost(value)
        case .contentLength: try progress.framing.takeLength(bytes, value)
        case .transferEncoding: try progress.framing.takeCodings(bytes, value)
        case .connection: progress.persistence.take(bytes, value)
        case .expect: progress.expectation.take(bytes, value)
        default: break
        }
    }

    /// Judges the head as a whole.
    @inline(never)
    private mutating func finish(blankLine: Int) throws(RequestError) {
        let isOld = head.minorVersion == 0
        // RFC 9112 3.2: HTTP/1.0 did not have the field.
        guard isOld || head.has(.host) else { throw RequestError(.missingHost, at: blankLine) }
        let framing = try progress.framing.resolve(inOldVersion: isOld, maxBody: limits.maxBody)
        head.framing = framing
        head.keepsAlive = progress.persistence.keepsAlive(inOldVersion: isOld)
        head.asksToKeepAlive = progress.persistence.isAskedFor
        // RFC 9110 10.1.1: servers ignore an expectation of HTTP/1.0.
        if !isOld { head.expectsContinue = try progress.expectation.wantsContinue(before: framing) }
        head.length = blankLine + 2
        progress.isComplete = true
    }
}

extension UInt64 {
    fileprivate static var latestVersion: UInt64 { UInt64("H", "T", "T", "P", "/", "1", ".", "1") }
}
