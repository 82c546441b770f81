/// Media types of files, by their names' suffixes.
public enum MediaType {
    /// The type of plain text in UTF-8.
    public static let plainText = FieldValue("text/plain; charset=utf-8")
    /// The type of an HTML page.
    public static let html = FieldValue("text/html; charset=utf-8")
    /// The type of a JSON text (RFC 8259).
    public static let json = FieldValue("application/json")
    /// The type of a problem document (RFC 9457).
    public static let problem = FieldValue("application/problem+json")
    /// The type of a DNS message (RFC 8484 6).
    public static let dnsMessage = FieldValue("application/dns-message")
    /// The type of bytes without a known type.
    public static let bytes = FieldValue("application/octet-stream")

    /// The type of a file with this name or path, in upper or lower case.
    public static func ofFile(named name: String) -> FieldValue {
        let file = name.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let dot = file.lastIndex(of: ".") else { return bytes }
        return byEnding[file[dot...].dropFirst().lowercased()] ?? bytes
    }

    private static let byEnding: [String: FieldValue] = [
        "html": html,
        "htm": html,
        "css": FieldValue("text/css; charset=utf-8"),
        "js": FieldValue("text/javascript; charset=utf-8"),
        "mjs": FieldValue("text/javascript; charset=utf-8"),
        "txt": plainText,
        "md": FieldValue("text/markdown; charset=utf-8"),
        "csv": FieldValue("text/csv; charset=utf-8"),
        "json": json,
        "map": json,
        "webmanifest": FieldValue("application/manifest+json"),
        "xml": FieldValue("application/xml"),
        "yaml": FieldValue("application/yaml"),
        "yml": FieldValue("application/yaml"),
        "pdf": FieldValue("application/pdf"),
        "wasm": FieldValue("application/wasm"),
        "svg": FieldValue("image/svg+xml"),
        "png": FieldValue("image/png"),
        "jpg": FieldValue("image/jpeg"),
        "jpeg": FieldValue("image/jpeg"),
        "gif": FieldValue("image/gif"),
        "webp": FieldValue("image/webp"),
        "ico": FieldValue("image/vnd.microsoft.icon"),
        "woff2": FieldValue("font/woff2"),
    ]
}

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
    public static func endOfName(in value: Span<UInt8>) -> Int? {
        guard let slash = value.endOfToken(from: 0, to: value.count), slash < value.count, value[slash] == ASCII.slash
        else { return nil }
        return value.endOfToken(from: slash + 1, to: value.count)
    }
}
