/// Decodes a chunked body (RFC 9112 7.1).
///
/// The caller passes the bytes after the head, step by step. Extensions and trailers are checked, bounded and dropped.
public struct ChunkedDecoder: Sendable {
    private let limits: Limits
    private var state = State.size
    /// Content announced so far.
    private var total = 0
    private var extensions = 0
    private var trailers = Trailers()
    /// Bytes of the body that earlier steps have consumed, so that an error can tell its position.
    private var taken = 0

    private enum State: Sendable {
        case size
        case data(left: Int)
        case dataEnd
        case trailers
        case done
    }

    private struct Trailers: Sendable {
        var bytes = 0
        var fields = 0
    }

    /// The outcome of a step.
    public enum Step: Sendable, Equatable {
        /// Content, at this place in the bytes; the next step begins at the end of the range.
        case data(Range<Int>)
        /// More bytes are needed; those before `consumed` are not needed any more.
        case incomplete(consumed: Int)
        /// The body ends, with its trailers, before `consumed`.
        case end(consumed: Int)
    }

    /// A decoder for one body.
    public init(limits: Limits) {
        self.limits = limits
    }

    /// Takes the next step in the bytes from the offset on.
    ///
    /// The offset is the end of the last step; after `incomplete` the caller may drop the bytes before it, and the
    /// offset is then 0.
    public mutating func next(_ bytes: Span<UInt8>, from offset: Int) throws(RequestError) -> Step {
        var position = offset
        while true {
            let start = position
            do {
                switch state {
                case .size: position = try readSize(bytes, start)
                case .data(let left):
                    let count = min(left, bytes.count - start)
                    guard count > 0 else { return .incomplete(consumed: start) }
                    state = count == left ? .dataEnd : .data(left: left - count)
                    taken += count
                    return .data(start..<start + count)
                case .dataEnd: position = try readDataEnd(bytes, start)
                case .trailers: position = try readTrailer(bytes, start)
                case .done: return .end(consumed: start)
                }
            } catch {
                throw RequestError(error.reason, at: error.offset - start + taken)
            }
            guard position > start else { return .incomplete(consumed: start) }
            taken += position - start
        }
    }

    /// Reads the line with a chunk's size; returns its end, or `start` if the end has not arrived.
    private mutating func readSize(_ bytes: Span<UInt8>, _ start: Int) throws(RequestError) -> Int {
        // One byte more than the limit, for the carriage return.
        let window = bytes.extracting(0..<min(bytes.count, start + limits.maxChunkLine + 1))
        let (size, sizeEnd) = try sizeDigits(window, start)
        let end = try ChunkExtensions.end(in: window, from: sizeEnd)
        guard end < window.count else {
            guard end <= start + limits.maxChunkLine else { throw RequestError(.chunkLineTooLong, at: end - 1) }
            return start
        }
        guard try bytes.isLineEnd(at: end, otherwise: .malformedChunkSize) else { return start }
        try take(size, extensions: end - sizeEnd, at: start)
        return end + 2
    }

    /// One or more hexadecimal digits: no sign, no prefix, no space before them (RFC 9112 7.1).
    private func sizeDigits(_ bytes: Span<UInt8>, _ start: Int) throws(RequestError) -> (size: Int, end: Int) {
        var size = 0
        var index = start
        while index < bytes.count, let digit = ASCII.hexDigit(bytes[index]) {
            guard size <= Int.max >> 4 else { throw RequestError(.chunkSizeOverflow, at: index) }
            size = size << 4 | digit
            index += 1
        }
        guard index > start || index == bytes.count else {
            throw RequestError(bytes.isBlank(at: start) ? .paddedChunkSize : .malformedChunkSize, at: start)
        }
        return (size, index)
    }

    private mutating func take(_ size: Int, extensions length: Int, at start: Int) throws(RequestError) {
        extensions += length
        guard extensions <= limits.maxChunkExtensions else { throw RequestError(.chunkExtensionsTooLong, at: start) }
        guard size <= limits.maxBody - total else { throw RequestError(.bodyTooLarge, at: start) }
        total += size
        state = size == 0 ? .trailers : .data(left: size)
    }

    /// The CRLF after a chunk's data.
    private mutating func readDataEnd(_ bytes: Span<UInt8>, _ start: Int) throws(RequestError) -> Int {
        guard start < bytes.count, try bytes.isLineEnd(at: start, otherwise: .malformedChunkEnd) else { return start }
        state = .size
        return start + 2
    }

    /// A trailer field, checked and dropped as RFC 9110 6.5.1 allows, or the blank line at the very end.
    private mutating func readTrailer(_ bytes: Span<UInt8>, _ start: Int) throws(RequestError) -> Int {
        let room = limits.maxTrailers - trailers.bytes
        let window = bytes.extracting(0..<min(bytes.count, start + room))
        let next = try endOfTrailer(window, start)
        guard next > start || window.count < start + room else {
            throw RequestError(.trailersTooLarge, at: start + room)
        }
        trailers.bytes += next - start
        return next
    }

    private mutating func endOfTrailer(_ bytes: Span<UInt8>, _ start: Int) throws(RequestError) -> Int {
        guard start < bytes.count else { return start }
        if bytes[start] == ASCII.carriageReturn {
            guard try bytes.isLineEnd(at: start, otherwise: .malformedName) else { return start }
            state = .done
            return start + 2
        }
        guard trailers.fields < limits.maxFields else { throw RequestError(.tooManyFields, at: start) }
        guard let line = try FieldLine.cut(bytes, at: start) else { return start }
        trailers.fields += 1
        return line.next
    }
}
