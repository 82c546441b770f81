/// The head of a 200 that most responses have: only two numbers in it change within a second, so that it is built once.
///
/// It has the fields that ``ResponseHead`` gives such a response, and Server-Timing.
public final class ReplyHead {
    /// The values written last in a buffer, and their place: equal values there need not be written again.
    public struct Place: Sendable {
        fileprivate var version = 0
        fileprivate var end = 0
        fileprivate var contentLength = 0
        fileprivate var length = 0
        fileprivate var timing = 0

        /// No place yet.
        public init() {}
    }

    private let contentType, timing: FieldValue
    private let connection: ResponseHead.Connection
    /// The bytes from the status line to the number in Server-Timing.
    private var opening: [UInt8] = []
    /// The number of the opening: each second has another.
    private var version = 0
    /// The end of that line and the beginning of the next, up to the number in Content-Length.
    private let between = Wire.lineEnd + FieldName.contentLength.opening
    /// The end of that line, and the blank line.
    private let ending = Wire.lineEnd + Wire.lineEnd
    /// The most bytes that the head can have.
    public private(set) var mostBytes = 0

    /// The head for content of one type.
    ///
    /// - `timing`: the value of Server-Timing up to its number.
    /// - `connection`: whether the connection persists.
    public init(
        contentType: FieldValue, timing: FieldValue, date: HTTPDate, connection: ResponseHead.Connection = .persistent
    ) {
        (self.contentType, self.timing, self.connection) = (contentType, timing, connection)
        renew(date)
    }

    /// Changes the date for another second.
    public func renew(_ date: HTTPDate) {
        var head: [UInt8] = []
        head.append(.ok)
        head.append(.date, date.bytes)
        head.append(.contentType, contentType.bytes)
        head.append(contentsOf: Wire.noSniffing)
        head.append(connection)
        head.append(contentsOf: FieldName.serverTiming.opening)
        head.append(contentsOf: timing.bytes)
        opening = head
        version += 1
        mostBytes = opening.count + 26 + between.count + 20 + ending.count
    }

    /// Writes the head backwards in front of the content that begins at `end`, and returns its start.
    ///
    /// - `contentLength`: the bytes of content.
    /// - `thousandths`: the number in Server-Timing, written with three decimals.
    /// - `place`: the head's place in the buffer from the last response; nearly all numbers have as many digits as the
    ///   last.
    public func write(
        before end: Int, in buffer: inout [UInt8], contentLength: Int, thousandths: Int, over place: inout Place
    ) -> Int {
        precondition(end >= mostBytes && end <= buffer.count, "there is room in front of the content")
        var bytes = buffer.mutableSpan
        var now = place
        if contentLength != place.contentLength || end != place.end {
            (now.end, now.contentLength) = (end, contentLength)
            now.length = bytes.write(decimal: contentLength.magnitude, before: end - ending.count)
        }
        now.timing = bytes.write(thousandths: thousandths.magnitude, before: now.length - between.count)
        let start = now.timing - opening.count
        if now.length != place.length || now.timing != place.timing || version != place.version {
            now.version = version
            buffer.replaceSubrange(end - ending.count..<end, with: ending)
            buffer.replaceSubrange(now.length - between.count..<now.length, with: between)
            buffer.replaceSubrange(start..<now.timing, with: opening)
        }
        place = now
        return start
    }
}

extension MutableSpan<UInt8> {
    /// Writes a number whose last digit comes before `end`, and returns the index of the first one.
    @inline(__always)
    fileprivate mutating func write(decimal number: UInt, before end: Int) -> Int {
        var (rest, start) = (number, end)
        repeat {
            start -= 1
            self[start] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        return start
    }

    @inline(__always)
    fileprivate mutating func write(thousandths number: UInt, before end: Int) -> Int {
        let (whole, part) = number.quotientAndRemainder(dividingBy: 1000)
        precondition(end >= 4 && end <= count, "there is room for the decimals")
        self[end &- 4] = UInt8(ascii: ".")
        self[end &- 3] = ASCII.zero + UInt8(truncatingIfNeeded: part / 100)
        self[end &- 2] = ASCII.zero + UInt8(truncatingIfNeeded: part / 10 % 10)
        self[end &- 1] = ASCII.zero + UInt8(truncatingIfNeeded: part % 10)
        return write(decimal: whole, before: end - 4)
    }
}
