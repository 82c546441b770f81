internal import HTTP

/// The response with any number of replies, in the form that its caller accepts.
enum CollectionResponse {
    /// The forms of several replies.
    enum Form {
        /// One JSON object with all of them.
        case json
        /// One line of JSON for each reply, as it comes.
        case lines
        /// The payloads one after the other; a field has their lengths, or each is a line in the caller's notation.
        case bytes

        /// The form that a caller prefers; the first one of these by default.
        init(accept: ArraySlice<UInt8>?) {
            guard let accept else {
                self = .json
                return
            }
            let quality = { Negotiation.quality(of: $0, accept: accept.span) }
            let (json, lines) = (quality("application/json"), quality("application/x-ndjson"))
            let bytes = quality("application/octet-stream")
            self = bytes > max(json, lines) ? .bytes : lines > json ? .lines : .json
        }
    }

    /// The media type of lines.
    static let lines = FieldValue("application/x-ndjson")
    private static let lengths = FieldName("Letterbox-Lengths")
    /// The dropped replies of an answer with a missing part, where the content has no place for them.
    private static let incomplete = FieldName("Letterbox-Incomplete")

    /// The response after all replies, for a caller that did not get them one by one.
    ///
    /// - `notation`: the notation of payloads; nil for bytes, or in JSON text where a payload is text.
    static func response(_ collection: ReplyCollection, as form: Form, _ notation: Notation?) -> Response {
        switch form {
        case .json:
            let replies = collection.items.map { object($0, of: collection, notation) }
            let json = """
                {"complete":\(collection.isComplete),\(dropped(collection))"replies":[\(replies.joined(separator: ","))]}

                """
            return Response(.ok, MediaType.json, content: Array(json.utf8))
        case .lines:
            let text = collection.items.map { line($0, of: collection, notation) }.joined()
            return Response(.ok, lines, content: Array((text + end(of: collection)).utf8))
        case .bytes:
            var response = notation.map { written(collection, in: $0) } ?? payloads(of: collection)
            if !collection.isComplete {
                response.fields.add(incomplete, validating: "dropped=\(collection.dropped)".utf8)
            }
            return response
        }
    }

    /// The payloads as they came, and a field with their lengths.
    private static func payloads(of collection: ReplyCollection) -> Response {
        var response = Response(.ok, MediaType.bytes, content: collection.items.flatMap(\.bytes))
        let text = collection.items.map { "\($0.bytes.count)" }.joined(separator: ", ")
        response.fields.add(lengths, validating: text.utf8)
        return response
    }

    /// The payloads in a notation, each on a line of text.
    private static func written(_ collection: ReplyCollection, in notation: Notation) -> Response {
        let lines = collection.items.flatMap { notation.encode($0.bytes.span) + [UInt8(ascii: "\n")] }
        return Response(.ok, MediaType.plainText, content: lines)
    }

    /// A reply as a line of its own.
    static func line(_ reply: ReplyCollection.Item, of collection: ReplyCollection, _ notation: Notation?) -> String {
        object(reply, of: collection, notation) + "\n"
    }

    /// The end after the lines: empty, unless a part of the answer is missing.
    static func end(of collection: ReplyCollection) -> String {
        collection.isComplete ? "" : "{\"complete\":false,\"dropped\":\(collection.dropped)}\n"
    }

    /// The sentence about an answer with a missing part; nil for a whole one.
    static func sentence(about collection: ReplyCollection) -> String? {
        guard !collection.isComplete else { return nil }
        return switch collection.dropped {
        case 0: "The answer is incomplete: replies are missing."
        case 1: "The answer is incomplete: the gateway dropped a reply."
        case let count: "The answer is incomplete: the gateway dropped \(count) replies."
        }
    }

    private static func dropped(_ collection: ReplyCollection) -> String {
        collection.dropped == 0 ? "" : "\"dropped\":\(collection.dropped),"
    }

    private static func object(
        _ reply: ReplyCollection.Item, of collection: ReplyCollection, _ notation: Notation?
    ) -> String {
        let from = collection.shows(reply.sender) ? "\"from\":\"\(reply.sender)\"," : ""
        return "{\"at\":\(reply.time.milliseconds),\(from)\"reply\":\(ReplyResponse.json(reply.bytes[...], notation))}"
    }
}
