/// Walks `*( OWS ";" OWS [ name "=" value ] )`: the parameters of a media type (RFC 9110 5.6.6) or of a Content-Disposition
/// (RFC 2183 2).
struct ParameterList {
    /// A name, and a value, which is a token or a quoted string.
    struct Parameter {
        let name: Range<Int>
        /// The value without its quotes, and with its backslashes.
        let value: Range<Int>
        private let isQuoted: Bool

        fileprivate init(name: Range<Int>, value: Range<Int>, isQuoted: Bool) {
            self.name = name
            self.value = isQuoted ? value.lowerBound + 1..<value.upperBound - 1 : value
            self.isQuoted = isQuoted
        }

        /// The value's content: of a quoted pair the byte after the backslash (RFC 9110 5.6.4).
        func content(in bytes: Span<UInt8>) -> [UInt8] {
            var content: [UInt8] = []
            var index = value.lowerBound
            while index < value.upperBound {
                if isQuoted, bytes[index] == UInt8(ascii: "\\"), index + 1 < value.upperBound { index += 1 }
                content.append(bytes[index])
                index += 1
            }
            return content
        }
    }

    private var position: Int
    private let end: Int
    private let isOfForm: Bool
    /// Whether the walk ended at a malformed parameter.
    private(set) var isMalformed = false

    /// Begins after the type in the range.
    ///
    /// - `isOfForm`: whether the parameters are those of a form's part: browsers do not escape a backslash there
    ///   (WHATWG HTML 4.10.22.8), so that it may be the last character before the closing quote.
    init(_ range: Range<Int>, isOfForm: Bool = false) {
        position = range.lowerBound
        end = range.upperBound
        self.isOfForm = isOfForm
    }

    /// The next parameter; nil after the last, and at a malformed one.
    mutating func next(in bytes: Span<UInt8>) -> Parameter? {
        while position < end {
            let semicolon = bytes.skipBlanks(from: position, to: end)
            guard semicolon < end, bytes[semicolon] == UInt8(ascii: ";") else { return stop() }
            position = bytes.skipBlanks(from: semicolon + 1, to: end)
            guard let equals = bytes.endOfToken(from: position, to: end) else { continue }
            guard equals < end, bytes[equals] == UInt8(ascii: "=") else { return stop() }
            let name = position..<equals
            if let stop = bytes.endOfToken(from: equals + 1, to: end) {
                position = stop
                return Parameter(name: name, value: equals + 1..<stop, isQuoted: false)
            }
            guard let stop = bytes.endOfQuotedString(from: equals + 1, to: end) ?? endAtBackslash(bytes, equals + 1)
            else { return stop() }
            position = stop
            return Parameter(name: name, value: equals + 1..<stop, isQuoted: true)
        }
        return nil
    }

    /// The end of a quoted string whose closing quote, the last byte, has a backslash before it.
    private func endAtBackslash(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
        guard isOfForm, start + 1 < end, bytes[start] == ASCII.quote, bytes[end - 1] == ASCII.quote else { return nil }
        return end
    }

    private mutating func stop() -> Parameter? {
        isMalformed = true
        position = end
        return nil
    }
}

extension Span<UInt8> {
    /// The end of the token that begins at the index; nil when there is none.
    func endOfToken(from start: Int, to limit: Int) -> Int? {
        let end = skip(.token, from: start, to: limit)
        return end > start ? end : nil
    }

    /// The end of the quoted string that begins at the index (RFC 9110 5.6.4); nil when there is none.
    func endOfQuotedString(from start: Int, to limit: Int) -> Int? {
        guard start < limit, self[start] == ASCII.quote else { return nil }
        var index = start + 1
        while index < limit, self[index] != ASCII.quote { index += self[index] == UInt8(ascii: "\\") ? 2 : 1 }
        return index < limit ? index + 1 : nil
    }
}
