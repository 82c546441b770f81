/// The reason why `multipart/form-data` has no payload that every reader finds.
public enum MultipartError: Error, Sendable, Equatable, CaseIterable {
    case noBoundary, noPart, notClosed, malformedDelimiter, malformedPart, encodedPart, noPayload, severalPayloads

    /// The status of the response to this error.
    public var status: Status { self == .encodedPart ? .unsupportedMediaType : .badRequest }
}

extension MultipartError: CustomStringConvertible {
    /// One sentence for the client.
    public var description: String {
        switch self {
        case .noBoundary: "The Content-Type multipart/form-data needs one boundary of 1 to 70 characters."
        case .noPart: "The form has no line that begins with the boundary of its Content-Type."
        case .notClosed: "The form ends before its last boundary."
        case .malformedDelimiter: "A line of the form goes on behind the boundary."
        case .malformedPart: "A part of the form does not begin with its fields, of which one is Content-Disposition."
        case .encodedPart: "A part of the form is encoded: send it without Content-Transfer-Encoding."
        case .noPayload: "The form has neither a field named \"text\" nor a file."
        case .severalPayloads: "The form has more than one text or file."
        }
    }
}
