/// The head of a 200 that most responses have: all but two numbers are the same within a second, and put together once.
///
/// It has the fields that ``ResponseHead`` gives such a response, and Server-Timing.
public final class ReplyHead: Sendable {
    /// From the status line to the number in Server-Timing.
    public let opening: [UInt8]
    /// The end of that line and the beginning of the next, up to the number in Content-Length.
    ///
    /// Its 18 bytes are two words and, from the tenth byte on, a third one.
    private let between: (first: UInt64, second: UInt64, last: UInt64)

    /// The head of this second for content of one type.
    ///
    /// - `timing`: the value of Server-Timing up to its number.
    /// - `connection`: what becomes of the connection.
    public init(
        contentType: FieldValue, timing: FieldValue, date: HTTPDate, connection: ResponseHead.Connection = .persistent
    ) {
        var head: [UInt8] = []
        var writer = FieldWriter(taking: &head)
        writer.statusLine(.ok)
        writer.add(.date, date)
        writer.add(.contentType, contentType)
        writer.append(Wire.noSniffing)
        writer.connection(connection)
        writer.append(FieldName.serverTiming.opening)
        writer.append(timing.bytes)
        writer.end(into: &head)
        // Without the blank line: there is more to come.
        opening = Array(head.dropLast(Wire.lineEnd.count))
        let line = Wire.lineEnd + FieldName.contentLength.opening
        between = (line.span.wholeWord(at: 0), line.span.wholeWord(at: 8), line.span.wholeWord(at: 10))
    }

    /// The most bytes that the head can have.
    public var mostBytes: Int { opening.count + 28 + 18 + 24 }

    /// Writes the rest of the head backwards in front of the content that begins at `end`, and returns where it begins:
    /// ``opening`` belongs before that.
    ///
    /// - `contentLength`: so many bytes of content.
    /// - `thousandths`: the number in Server-Timing, written with three decimals.
    public func write(before end: Int, in buffer: inout [UInt8], contentLength: Int, thousandths: Int) -> Int {
        precondition(end >= mostBytes && end <= buffer.count, "there is room in front of the content")
        var bytes = buffer.mutableSpan
        var start = end
        bytes.endLine(before: &start)
        bytes.endLine(before: &start)
        bytes.write(decimal: contentLength.magnitude, before: &start)
        start -= 18
        bytes.store(between.first, at: start)
        bytes.store(between.second, at: start + 8)
        bytes.store(between.last, at: start + 10)
        bytes.write(thousandths: thousandths.magnitude, before: &start)
        return start
    }
}

extension MutableSpan<UInt8> {
    /// Stores what ``Span/wholeWord(at:)`` reads; the compiler makes one write of the eight.
    @inline(__always)
    fileprivate mutating func store(_ word: UInt64, at start: Int) {
        let index = Int(UInt32(truncatingIfNeeded: start))
        precondition(index + 8 <= count, "a whole word does not reach beyond the end")
        for place in 0..<8 { self[index + place] = UInt8(truncatingIfNeeded: word &>> UInt64(8 * place)) }
    }

    fileprivate mutating func endLine(before start: inout Int) {
        start -= 2
        self[start] = ASCII.carriageReturn
        self[start + 1] = ASCII.lineFeed
    }

    fileprivate mutating func write(decimal number: UInt, before start: inout Int) {
        var rest = number
        repeat {
            start -= 1
            self[start] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
    }

    fileprivate mutating func write(thousandths number: UInt, before start: inout Int) {
        var rest = number
        for _ in 0..<3 {
            start -= 1
            self[start] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        start -= 1
        self[start] = UInt8(ascii: ".")
        write(decimal: rest, before: &start)
    }
}
