/// The form of a bearer token (RFC 6750).
public enum BearerToken {
    /// The longest token: it fits in a request's head with the other fields.
    public static let mostBytes = 4096

    /// Whether the bytes have the form of a token: letters, digits and `-._~+/`, and perhaps `=` at the end (RFC 6750
    /// 2.1).
    public static func isToken(_ bytes: [UInt8]) -> Bool {
        guard let last = bytes.lastIndex(where: { $0 != UInt8(ascii: "=") }) else { return false }
        return bytes[...last].allSatisfy { $0.isAlphanumeric || "-._~+/".utf8.contains($0) }
    }
}
