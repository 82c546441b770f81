/// A whole response, and how it came.
public struct CurlResponse: Sendable {
    /// The status line and the fields, of a final response or an interim one.
    public struct Head: Sendable, Equatable {
        /// The version of HTTP as the status line has it, such as `1.1`.
        public let version: String
        /// The status code.
        public let status: Int
        /// The reason phrase, empty where there is none.
        public let reason: String
        /// The fields, in order.
        public internal(set) var fields = CurlFields()
    }

    /// The status line and the fields.
    public let head: Head
    /// The heads of the 1xx responses that came before, such as `100 Continue`.
    public let interim: [Head]
    /// The body, out of its chunks.
    public let body: [UInt8]
    /// The fields that came after a chunked body.
    public let trailers: CurlFields
    /// When the steps of the transfer were done.
    public let timings: CurlTimings
    /// How many connections had to be made; zero when an earlier one served.
    public let newConnections: Int

    /// The status code.
    public var status: Int { head.status }
    /// The fields, in order.
    public var fields: CurlFields { head.fields }
    /// The body as text, or nil where it is not UTF-8.
    public var text: String? { String(validating: body, as: UTF8.self) }
}

/// When the steps of a transfer were done, each counted from its start.
public struct CurlTimings: Sendable, Equatable {
    /// The name was resolved.
    public let nameLookup: Duration
    /// The connection was there.
    public let connect: Duration
    /// The first byte of the response came.
    public let firstByte: Duration
    /// All was done.
    public let total: Duration
}
