/// A whole response, and how it came.
package struct CurlResponse: Sendable {
    /// The status line and the fields, of a final response or an interim one.
    package struct Head: Sendable, Equatable {
        /// The version of HTTP as the status line has it, such as `1.1`.
        package let version: String
        /// The status code.
        package let status: Int
        /// The reason phrase, empty where there is none.
        package let reason: String
        /// The fields, in order.
        package internal(set) var fields = CurlFields()
    }

    /// The status line and the fields.
    package let head: Head
    /// The heads of the 1xx responses that came before, such as `100 Continue`.
    package let interim: [Head]
    /// The body, out of its chunks.
    package let body: [UInt8]
    /// The fields that came after a chunked body.
    package let trailers: CurlFields
    /// When the steps of the transfer were done.
    package let timings: CurlTimings
    /// How many connections had to be made; zero when an earlier one served.
    package let newConnections: Int

    /// The status code.
    package var status: Int { head.status }
    /// The fields, in order.
    package var fields: CurlFields { head.fields }
    /// The body as text, or nil where it is not UTF-8.
    package var text: String? { String(validating: body, as: UTF8.self) }
}

/// When the steps of a transfer were done, each counted from its start.
package struct CurlTimings: Sendable, Equatable {
    /// The name was resolved.
    package let nameLookup: Duration
    /// The connection was there.
    package let connect: Duration
    /// The first byte of the response came.
    package let firstByte: Duration
    /// All was done.
    package let total: Duration
}
