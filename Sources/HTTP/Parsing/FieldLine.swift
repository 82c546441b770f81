/// A field line, split at its colon (RFC 9112 5): in a head, or in the trailers after the last chunk.
struct FieldLine {
    /// The value without white space around it.
    let value: Range<Int>
    /// The start of the next line.
    let next: Int

    /// Splits the line at `start`; nil if its end has not arrived.
    ///
    /// A byte that no valid line has there is refused at once.
    static func cut(_ bytes: Span<UInt8>, at start: Int) throws(RequestError) -> FieldLine? {
        guard let colon = try endOfName(bytes, at: start) else { return nil }
        return try cut(bytes, after: colon)
    }

    /// The index of the colon after the name, or nil if it has not arrived.
    @inline(__always)
    static func endOfName(_ bytes: Span<UInt8>, at start: Int) throws(RequestError) -> Int? {
        let (colon, byte) = bytes.skipName(from: start)
        guard byte == ASCII.colon, colon > start else {
            guard colon < bytes.count else { return nil }
            throw nameError(bytes, start, colon)
        }
        return colon
    }

    /// Splits the rest of a line; nil if its end has not arrived.
    @inline(__always)
    static func cut(_ bytes: Span<UInt8>, after colon: Int) throws(RequestError) -> FieldLine? {
        let valueStart = bytes.startOfValue(after: colon)
        let (end, last) = bytes.skipValue(from: valueStart)
        guard last == ASCII.carriageReturn, end &+ 1 < bytes.count, bytes[end &+ 1] == ASCII.lineFeed else {
            guard end < bytes.count else { return nil }
            _ = try bytes.isLineEnd(at: end, otherwise: .malformedValue)
            return nil
        }
        let valueEnd = bytes.endOfValue(from: valueStart, to: end)
        return FieldLine(value: valueStart..<valueEnd, next: end &+ 2)
    }

    /// RFC 9112 5.1 refuses space before the colon, and 5.2 folded lines: attackers have smuggled requests with both.
    @inline(never)
    private static func nameError(_ bytes: Span<UInt8>, _ start: Int, _ stop: Int) -> RequestError {
        switch bytes[stop] {
        case ASCII.space, ASCII.tab: RequestError(stop == start ? .foldedLine : .spaceBeforeColon, at: stop)
        case ASCII.carriageReturn: RequestError(.missingColon, at: stop)
        case ASCII.lineFeed: RequestError(.bareLineFeed, at: stop)
        default: RequestError(.malformedName, at: stop)
        }
    }
}

extension Span<UInt8> {
    /// The start of the value after the colon, nearly always after one space.
    @inline(__always)
    fileprivate func startOfValue(after colon: Int) -> Int {
        let usual = colon &+ 2
        if usual < count, self[colon &+ 1] == ASCII.space, self[usual] > ASCII.space { return usual }
        return skipBlanks(from: colon &+ 1, to: count)
    }

    /// The end of the value, nearly always the end of its line.
    @inline(__always)
    fileprivate func endOfValue(from start: Int, to end: Int) -> Int {
        if end > start, self[end &- 1] > ASCII.space { return end }
        return dropBlanks(from: start, to: end)
    }

    /// Whether CRLF is at the index, which lies inside; false if the line feed has not arrived yet.
    ///
    /// RFC 9112 2.2 lets a server accept a bare line feed as a line end. This parser does not: where two servers in a
    /// row see different line ends, a client can smuggle a request past the first.
    @inline(__always)
    func isLineEnd(at index: Int, otherwise reason: RequestError.Reason) throws(RequestError) -> Bool {
        guard self[index] == ASCII.carriageReturn else {
            throw RequestError(self[index] == ASCII.lineFeed ? .bareLineFeed : reason, at: index)
        }
        guard index &+ 1 < count else { return false }
        guard self[index &+ 1] == ASCII.lineFeed else { throw RequestError(.bareCarriageReturn, at: index) }
        return true
    }
}
