/// A whole response, with its timing and connections.
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
    /// The heads of the earlier 1xx responses, such as `100 Continue`.
    package let interim: [Head]
    /// The body, without its chunks' framing.
    package let body: [UInt8]
    /// The time of the transfer, without that of making a connection, which UDP does not have.
    package let time: Duration
    /// The number of new connections; zero when an earlier one served.
    package let newConnections: Int

    /// The status code.
    package var status: Int { head.status }
    /// The fields, in order.
    package var fields: CurlFields { head.fields }
    /// The body as text, or nil where it is not UTF-8.
    package var text: String? { String(validating: body, as: UTF8.self) }
}
