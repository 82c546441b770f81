/// The head of a 200 that most responses have: all but two numbers are the same within a second, and put together once.
///
/// It has the fields that ``ResponseHead`` gives such a response, and Server-Timing.
public final class ReplyHead: Sendable {
    /// From the status line to the number in Server-Timing.
    private let opening: [UInt8]
    /// The end of that line and the beginning of the next, up to the number in Content-Length.
    private let between: InlineArray<18, UInt8>

    /// The head of this second for content of one type.
    ///
    /// - `timing`: the value of Server-Timing up to its number.
    public init(contentType: FieldValue, timing: FieldValue, date: HTTPDate) {
        var head: [UInt8] = []
        var writer = FieldWriter(taking: &head)
        writer.statusLine(.ok)
        writer.add(.date, date)
        writer.add(.contentType, contentType)
        writer.append(Wire.noSniffing)
        writer.append(FieldName.serverTiming.opening)
        writer.append(timing.bytes)
        writer.end(into: &head)
        // Without the blank line: there is more to come.
        opening = Array(head.dropLast(Wire.lineEnd.count))
        let line = Wire.lineEnd + FieldName.contentLength.opening
        between = InlineArray { line[$0] }
    }

    /// Appends the head for so many bytes of content and a timing in thousandths, written with three decimals.
    public func write(into buffer: inout [UInt8], contentLength length: Int, thousandths: Int) {
        buffer.append(contentsOf: opening)
        buffer.append(addingCapacity: 28 + between.count + 24) { head in
            head.append(thousandths: thousandths)
            for index in between.indices { head.append(between[index]) }
            head.append(decimal: length.magnitude)
            head.endLine()
            head.endLine()
        }
    }
}
