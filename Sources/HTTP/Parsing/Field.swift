/// The name of a response field.
///
/// It is made once, from a literal, and stored as the bytes that begin its line.
public struct FieldName: Sendable {
    /// The name, a colon and a space.
    let opening: [UInt8]

    /// A name in the program's text.
    ///
    /// A name that is not a token is a bug, and traps.
    public init(_ name: StaticString) {
        let text = name.description.utf8
        precondition(!text.isEmpty && text.allSatisfy(ByteClass.token.contains), "\(name) is not a field name.")
        opening = Array(text) + Array(": ".utf8)
    }

    /// `Allow` (RFC 9110 10.2.1).
    public static let allow = FieldName("Allow")
    /// `Cache-Control` (RFC 9111 5.2).
    public static let cacheControl = FieldName("Cache-Control")
    /// `Content-Length` (RFC 9110 8.6).
    public static let contentLength = FieldName("Content-Length")
    /// `Content-Range` (RFC 9110 14.4).
    public static let contentRange = FieldName("Content-Range")
    /// `Content-Type` (RFC 9110 8.3).
    public static let contentType = FieldName("Content-Type")
    /// `Date` (RFC 9110 6.6.1).
    public static let date = FieldName("Date")
    /// `ETag` (RFC 9110 8.8.3).
    public static let etag = FieldName("ETag")
    /// `Last-Modified` (RFC 9110 8.8.2).
    public static let lastModified = FieldName("Last-Modified")
    /// `Location` (RFC 9110 10.2.2).
    public static let location = FieldName("Location")
    /// `Proxy-Status` (RFC 9209).
    public static let proxyStatus = FieldName("Proxy-Status")
    /// `Retry-After` (RFC 9110 10.2.3).
    public static let retryAfter = FieldName("Retry-After")
    /// `Server-Timing` (W3C Server Timing).
    public static let serverTiming = FieldName("Server-Timing")
    /// `Vary` (RFC 9110 12.5.5).
    public static let vary = FieldName("Vary")
}

/// A checked field value: it cannot end its line, and so cannot add a field or a response.
public struct FieldValue: Sendable, Equatable {
    /// The bytes of the value.
    public let bytes: [UInt8]

    /// A value in the program's text.
    ///
    /// A value that is not allowed is a bug, and traps.
    public init(_ text: StaticString) {
        guard let value = FieldValue(validating: text.description.utf8) else {
            preconditionFailure("\(text) is not a field value.")
        }
        self = value
    }

    /// A value from outside; nil if it has control characters other than the tab (RFC 9110 5.5), or a blank at an end.
    public init?(validating bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard FieldValue.isValid(bytes.span) else { return nil }
        self.bytes = bytes
    }

    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        bytes.skip(.value, from: 0, to: bytes.count) == bytes.count
            && bytes.trimmed(0, bytes.count).count == bytes.count
    }
}
