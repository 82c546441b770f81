public import HTTP

extension RequestParser {
    /// A copy of the head in the bytes; nil if there must be more.
    public mutating func parse(_ bytes: Span<UInt8>) throws(RequestError) -> RequestHead? {
        if repeats(bytes) { return head }
        return try read(bytes) ? head : nil
    }
}
