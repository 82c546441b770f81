/// The parts of a DNS message that concern a cache (RFC 1035 4.1).
///
/// The reader checks questions, answers and authority against their bounds. A message that is malformed there passes
/// unchanged, and no cache stores it.
enum DNSMessage {
    /// The bytes of its header, and so of the shortest message.
    static let headerLength = 12

    /// The seconds for which a cache may store a response: the lifetime of its records (RFC 8484 5.1), for a negative
    /// response that of its SOA record (RFC 2308 5); nil where no cache may.
    static func lifetime(of message: Span<UInt8>) -> UInt32? {
        guard message.count >= headerLength, isKept(message) else { return nil }
        var reader = DNSReader(message.count)
        do throws(DNSReader.Malformed) {
            for _ in 0..<message.short(at: 4) { try reader.skipQuestion(message) }
            var least: UInt32?
            for _ in 0..<message.short(at: 6) {
                let record = try reader.record(message)
                least = min(least ?? .max, record.lifetime)
            }
            for _ in 0..<message.short(at: 8) {
                let record = try reader.record(message)
                if let minimum = record.negativeLifetime { least = min(least ?? .max, record.lifetime, minimum) }
            }
            return least
        } catch {
            return nil
        }
    }

    /// Whether the message is a complete answer to a query, positive or negative.
    private static func isKept(_ message: Span<UInt8>) -> Bool {
        let (isResponse, operation, isTruncated) = (message[2] & 0x80 != 0, message[2] >> 3 & 15, message[2] & 2 != 0)
        let code = message[3] & 15
        return isResponse && operation == 0 && !isTruncated && (code == 0 || code == 3)
    }
}

/// A walk over the records of a message.
struct DNSReader {
    /// The bytes are no DNS message.
    struct Malformed: Error {}

    /// A resource record's fields for a cache.
    struct Record {
        /// Its time to live in seconds.
        let lifetime: UInt32
        /// An SOA record's lifetime of negative answers (RFC 2308 4).
        let negativeLifetime: UInt32?
    }

    private(set) var position = DNSMessage.headerLength
    private let end: Int

    /// The longest name, with the length of each label (RFC 1035 2.3.4).
    private static let longestName = 255
    /// The most pointers in a name: as many as it can have labels.
    private static let mostPointers = 127
    private static let soa = 6

    /// Begins after the header of a message of this length.
    init(_ length: Int) {
        end = length
    }

    /// Skips a question: name, type, class.
    mutating func skipQuestion(_ message: Span<UInt8>) throws(Malformed) {
        try skipName(message)
        try skip(4)
    }

    /// Reads a resource record (RFC 1035 4.1.3).
    mutating func record(_ message: Span<UInt8>) throws(Malformed) -> Record {
        try skipName(message)
        let fields = position
        try skip(10)
        let length = message.short(at: fields + 8)
        let data = position
        try skip(length)
        let isSOA = message.short(at: fields) == Self.soa
        return Record(
            lifetime: Self.time(message.long(at: fields + 4)),
            negativeLifetime: isSOA ? try Self.minimum(message, data..<position) : nil)
    }

    /// The last of the five numbers after the two names of an SOA record (RFC 1035 3.3.13).
    private static func minimum(_ message: Span<UInt8>, _ data: Range<Int>) throws(Malformed) -> UInt32 {
        var reader = DNSReader(data.upperBound)
        reader.position = data.lowerBound
        for _ in 0..<2 { try reader.skipName(message) }
        guard data.upperBound - reader.position == 20 else { throw Malformed() }
        return time(message.long(at: data.upperBound - 4))
    }

    /// A lifetime with its highest bit set counts as 0 (RFC 2181 8).
    private static func time(_ seconds: UInt32) -> UInt32 { seconds > UInt32(Int32.max) ? 0 : seconds }

    /// Skips a name, which ends with the root or with a pointer to the rest of it (RFC 1035 4.1.4).
    mutating func skipName(_ message: Span<UInt8>) throws(Malformed) {
        var (length, index, pointers) = (0, position, 0)
        // The target of the last pointer: the next one must point before it, so that there is no loop.
        var start = position
        while true {
            let end = pointers > 0 ? message.count : end
            guard index < end else { throw Malformed() }
            let byte = message[index]
            switch byte >> 6 {
            case 0:
                length += 1 + Int(byte)
                index += 1 + Int(byte)
                guard length <= Self.longestName else { throw Malformed() }
                if pointers == 0 { try move(to: index) }
                if byte == 0 { return }
            case 3:
                guard index + 2 <= end, pointers < Self.mostPointers else { throw Malformed() }
                let target = message.short(at: index) & 0x3FFF
                guard target >= DNSMessage.headerLength, target < start else { throw Malformed() }
                if pointers == 0 { try move(to: index + 2) }
                (start, index, pointers) = (target, target, pointers + 1)
            default: throw Malformed()
            }
        }
    }

    private mutating func skip(_ count: Int) throws(Malformed) { try move(to: position + count) }

    private mutating func move(to index: Int) throws(Malformed) {
        guard index <= end else { throw Malformed() }
        position = index
    }
}

extension Span<UInt8> {
    /// Two bytes as a number, the higher one first.
    fileprivate func short(at index: Int) -> Int { Int(self[index]) << 8 | Int(self[index + 1]) }

    /// Four bytes as a number, the highest one first.
    fileprivate func long(at index: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: short(at: index) << 16 | short(at: index + 2))
    }
}
