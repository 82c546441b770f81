/// The extensions after a chunk's size: `*( BWS ";" BWS name [ BWS "=" BWS value ] )` (RFC 9112 7.1.1).
///
/// The gateway ignores their meaning, but every extension must follow the grammar: where one server skips a byte that
/// another takes for a line end or for part of a quoted string, the two see different messages.
enum ChunkExtensions {
    /// The end of the extensions: the carriage return after them, or the end of the bytes.
    ///
    /// The scan skips bad white space, as RFC 9110 5.6.3 requires, and refuses the first wrong byte at once.
    static func end(in bytes: Span<UInt8>, from start: Int) throws(RequestError) -> Int {
        var end = start
        while end < bytes.count, bytes[end] != ASCII.carriageReturn {
            let index = bytes.skipBlanks(from: end, to: bytes.count)
            guard index < bytes.count else { return index }
            guard bytes[index] == UInt8(ascii: ";") else {
                throw bytes.extensionError(at: index, behindSize: end == start)
            }
            end = try parameter(bytes, bytes.skipBlanks(from: index + 1, to: bytes.count))
        }
        return end
    }

    /// A name, and perhaps a value.
    private static func parameter(_ bytes: Span<UInt8>, _ start: Int) throws(RequestError) -> Int {
        let name = try token(bytes, start)
        let equals = bytes.skipBlanks(from: name, to: bytes.count)
        guard equals < bytes.count else { return equals }
        // White space before any byte but an equals sign belongs to the next element.
        guard bytes[equals] == UInt8(ascii: "=") else { return name }
        let value = bytes.skipBlanks(from: equals + 1, to: bytes.count)
        guard value < bytes.count, bytes[value] == ASCII.quote else { return try token(bytes, value) }
        return try quotedString(bytes, value)
    }

    private static func token(_ bytes: Span<UInt8>, _ start: Int) throws(RequestError) -> Int {
        let end = bytes.skip(.token, from: start, to: bytes.count)
        guard end > start || end == bytes.count else { throw bytes.extensionError(at: end) }
        return end
    }

    /// A quoted string (RFC 9110 5.6.4), or its part that has arrived.
    private static func quotedString(_ bytes: Span<UInt8>, _ start: Int) throws(RequestError) -> Int {
        var index = start + 1
        while index < bytes.count {
            let byte = bytes[index]
            if byte == ASCII.quote { return index + 1 }
            guard ByteClass.value.contains(byte) else { throw bytes.extensionError(at: index) }
            index += 1
            guard byte == UInt8(ascii: "\\"), index < bytes.count else { continue }
            guard ByteClass.value.contains(bytes[index]) else { throw bytes.extensionError(at: index) }
            index += 1
        }
        return index
    }
}

extension Span<UInt8> {
    /// Whether a space or a tab stands at the index.
    func isBlank(at index: Int) -> Bool { self[index] == ASCII.space || self[index] == ASCII.tab }

    /// The error for the byte at the index.
    fileprivate func extensionError(at index: Int, behindSize isBehindSize: Bool = false) -> RequestError {
        if self[index] == ASCII.lineFeed { return RequestError(.bareLineFeed, at: index) }
        guard isBehindSize else { return RequestError(.malformedChunkExtension, at: index) }
        return RequestError(index > 0 && isBlank(at: index - 1) ? .paddedChunkSize : .malformedChunkSize, at: index)
    }
}
