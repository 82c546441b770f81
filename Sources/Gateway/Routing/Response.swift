internal import EventLoop
internal import HTTP

/// An answer to a request, before it is bytes.
struct Response {
    var status: Status
    /// Nil where there is no content.
    var contentType: FieldValue?
    var content: [UInt8]
    /// Fields beyond those that every response has.
    var fields: [(name: FieldName, value: FieldValue)] = []
    /// Why it is not what the request asked for, where that is counted.
    var failure: ServiceFailure?
    /// Whether the content is a JSON object with room for the names of the request.
    var takesNames = false
    /// Whether the connection ends after it.
    var closes = false

    init(_ status: Status, _ contentType: FieldValue? = nil, content: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.content = content
    }
}
