import HTTP

/// The readers of field values: for any value the answer lies within its bounds.
enum FieldReaders {
    static func run(_ head: RequestHead, _ bytes: Span<UInt8>) throws(Broken) {
        for field in KnownField.allCases {
            guard let value = head.range(of: field) else { continue }
            try walk(bytes, value)
            try readDate(bytes, value)
            try readRange(bytes, value)
            try negotiate(bytes, value)
        }
    }

    private static func walk(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(Broken) {
        var list = CommaList(value)
        var last = value.lowerBound
        while let element = list.next(in: bytes) {
            let isInside = element.lowerBound >= last && element.upperBound <= value.upperBound && !element.isEmpty
            try require(isInside, "A list element lies outside its field.")
            last = element.upperBound
        }
    }

    private static func readDate(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(Broken) {
        guard let date = HTTPDate(bytes, value, now: 1_700_000_000) else { return }
        let written = HTTPDate(unixSeconds: date.unixSeconds).bytes
        let again = HTTPDate(written.span, 0..<written.count, now: 1_700_000_000)
        try require(again == date, "A date does not survive being written: \(written.shown)")
    }

    private static func readRange(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(Broken) {
        for length in [0, 1, 1000] {
            guard case .satisfiable(let range) = RangeRequest(bytes, value, length: length) else { continue }
            let isInside = !range.isEmpty && range.lowerBound >= 0 && range.upperBound <= length
            try require(isInside, "The range \(range) is not of \(length) bytes.")
        }
    }

    private static func negotiate(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(Broken) {
        let text = bytes.extracting(value)
        let quality = Negotiation.quality(of: "text/html", accept: text)
        try require((0...1000).contains(quality), "\(quality) is no quality.")
        _ = Negotiation.prefersJSON(accept: text)
        if let wait = Negotiation.wait(prefer: text) { try require(wait >= 0, "A wait is negative.") }
        if let parent = TraceParent(text) {
            try require(parent.traceID.count == 32, "A trace has another length.")
        }
        let tag: [UInt8] = Array("\"abc\"".utf8)
        _ = Conditional.names(text, tag.span, weakly: true)
        let date = HTTPDate(unixSeconds: 784_111_777)
        _ = Conditional.ifRange(bytes, value, matches: tag.span, lastModified: date, now: 1_700_000_000)
        _ = Conditional.isUnchanged(date, since: text, now: 1_700_000_000)
    }
}
