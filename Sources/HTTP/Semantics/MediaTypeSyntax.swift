extension MediaType {
    /// The length of `type/subtype` at the front of a Content-Type value; nil when the value is not a media type (RFC
    /// 9110 8.3.1).
    public static func nameLength(in value: Span<UInt8>) -> Int? {
        guard let end = endOfName(in: value) else { return nil }
        var parameters = ParameterList(end..<value.count)
        while parameters.next(in: value) != nil {}
        return parameters.isMalformed ? nil : end
    }

    /// The end of `type/subtype` at the front of the value, whatever follows; nil when there is none.
    static func endOfName(in value: Span<UInt8>) -> Int? {
        guard let slash = value.endOfToken(from: 0, to: value.count), slash < value.count, value[slash] == ASCII.slash
        else { return nil }
        return value.endOfToken(from: slash + 1, to: value.count)
    }
}
