/// Something that must hold for all bytes that a stranger may send.
///
/// The fuzzers look for bytes for which it does not; the tests replay what they found.
public enum Check: String, CaseIterable, Sendable {
    /// A head that is accepted reads the same to a slow and obvious reader, and when it is written out again.
    case request
    /// A chunked body likewise; and whatever is encoded is decoded.
    case chunked
    /// A target leads to the entry of the page's table that has its path for a name, or to none.
    case target
    /// A form's field is what a slow and obvious reader finds, and is harmless in a page.
    case form
    /// The payload of a form of parts is the content of one part; whatever is sent as a file is read as it was.
    case multipart
    /// A stream of messages means the same whole and in pieces.
    case pieces

    /// Checks it for these bytes.
    public func run(_ bytes: Span<UInt8>) throws(Broken) {
        switch self {
        case .request: try RequestCheck.run(bytes)
        case .chunked: try ChunkedCheck.run(bytes)
        case .target: try TargetCheck.run(bytes)
        case .form: try FormCheck.run(bytes)
        case .multipart: try MultipartCheck.run(bytes)
        case .pieces: try PiecesCheck.run(bytes)
        }
    }
}

/// The property that should have held and did not.
public struct Broken: Error, CustomStringConvertible {
    /// A sentence about it.
    public let description: String
}

func require(_ holds: Bool, _ sentence: @autoclosure () -> String) throws(Broken) {
    guard holds else { throw Broken(description: sentence()) }
}

extension Span<UInt8> {
    /// A copy of the bytes in the range.
    func copy(_ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        for index in range { bytes.append(self[index]) }
        return bytes
    }

    /// A copy of all bytes.
    func copy() -> [UInt8] { copy(0..<count) }
}

extension Collection<UInt8> {
    /// The bytes as text for a message.
    var shown: String {
        map { (32...126).contains($0) ? String(Unicode.Scalar($0)) : "\\x" + String($0, radix: 16) }.joined()
    }

    /// The bytes with letters in lower case.
    var lowercased: [UInt8] { map { (65...90).contains($0) ? $0 + 32 : $0 } }

    /// The bytes without spaces and tabs at both ends.
    var trimmed: [UInt8] {
        let front = drop { $0 == 32 || $0 == 9 }
        return Array(front.reversed().drop { $0 == 32 || $0 == 9 }.reversed())
    }
}
