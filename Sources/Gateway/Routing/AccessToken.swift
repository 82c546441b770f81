internal import HTTP
internal import Synchronization

/// The callers' bearer token (RFC 6750), which may change while the gateway runs.
package final class AccessToken: Sendable {
    private let bytes: Mutex<[UInt8]>

    /// - `token`: one that ``BearerToken/isToken(_:)`` accepts.
    package init(_ token: [UInt8]) { bytes = Mutex(token) }

    /// Replaces the token for all later requests.
    package func replace(with token: [UInt8]) { bytes.withLock { $0 = token } }

    /// The answer to a request without the token; nil for a request with it.
    func refusal(of request: Request) -> Refusal? {
        guard let credentials = request.value(of: .authorization).flatMap(Self.token) else {
            return Self.refuse(
                "A token is needed: send it as Authorization: Bearer TOKEN.", "Bearer realm=\"letterbox\"")
        }
        guard !isEqual(to: credentials) else { return nil }
        return Self.refuse(
            "The token is not the one of this gateway.", "Bearer realm=\"letterbox\", error=\"invalid_token\"")
    }

    /// The credentials after the name of the scheme, which is case-insensitive (RFC 9110 11.1 and 11.4).
    private static func token(in credentials: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let space = UInt8(ascii: " ")
        guard credentials.begins(with: Array("bearer ".utf8)) else { return nil }
        let token = credentials.dropFirst("bearer".utf8.count).drop { $0 == space }
        return token.isEmpty ? nil : token
    }

    /// Compares all bytes in any case, so that the duration reveals at most the token's length.
    private func isEqual(to other: ArraySlice<UInt8>) -> Bool {
        bytes.withLock { bytes in
            var difference = bytes.count ^ other.count
            for (index, byte) in other.enumerated() { difference |= Int(byte ^ bytes[index % bytes.count]) }
            return difference == 0
        }
    }

    private static func refuse(_ sentence: String, _ challenge: StaticString) -> Refusal {
        var refusal = Refusal.denial(.unauthorized, sentence)
        refusal.fields.add(authenticate, FieldValue(challenge))
        return refusal
    }

    private static let authenticate = FieldName("WWW-Authenticate")
}
