internal import EventLoop
internal import HTTP

/// An answer to a request, before it becomes bytes.
struct Response {
    var status: Status
    /// Nil where there is no content.
    var contentType: FieldValue?
    var content: [UInt8]
    /// Fields beyond those of every response.
    var fields: [(name: FieldName, value: FieldValue)] = []
    /// The failure for the metrics, where the gateway could not do what the request asked.
    var failure: ServiceFailure?
    /// Whether the content is a JSON object with room for the request's identifiers.
    var takesNames = false
    /// Whether the connection ends after it.
    var closes = false

    init(_ status: Status, _ contentType: FieldValue? = nil, content: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.content = content
    }
}
