internal import EventLoop
internal import HTTP
internal import System

/// The reply together with its story, for callers that accept `application/json`.
enum JourneyResponse {
    private static let mediaType = FieldValue("application/json")

    /// A reply and the way it took.
    static func reply(_ bytes: ArraySlice<UInt8>, _ exchange: String) -> Response {
        let body: String
        if let text = String(validating: bytes, as: UTF8.self) {
            body = "{\"reply\":\(Problem.quoted(text)),\"exchange\":\(exchange)}\n"
        } else {
            body = "{\"reply\":\"\(Base64.text(bytes))\",\"base64\":true,\"exchange\":\(exchange)}\n"
        }
        return Response(.ok, mediaType, content: Array(body.utf8))
    }
}
