import Testing

/// The bytes to send over a connection, and the responses that must come back.
struct WireCase: Sendable, CustomTestStringConvertible {
    /// The state of the connection after the answers.
    enum End: Sendable {
        /// Another request on the connection is answered.
        case goesOn
        /// The last answer says that the connection closes, and so it does: what follows the message is not answered.
        case closes
        /// The client ends its side in the middle of a message, and the gateway ends the connection without a word.
        case cutOff
    }

    /// One response.
    struct Answer: Sendable, ExpressibleByIntegerLiteral {
        var status: Int
        /// The content that must come; nil for any.
        var content: [UInt8]?
        /// Whether the response is to a HEAD request.
        var isToHead = false

        init(integerLiteral status: Int) { self.status = status }

        /// A reply with exactly this content.
        static func ok(_ content: String) -> Answer {
            var answer: Answer = 200
            answer.content = wireBytes(content)
            return answer
        }

        /// A response to HEAD.
        static func head(_ status: Int) -> Answer {
            var answer = Answer(integerLiteral: status)
            answer.isToHead = true
            return answer
        }
    }

    let why: String
    let bytes: [UInt8]
    let answers: [Answer]
    let end: End

    /// The text is in ASCII and Latin-1, a character a byte; `|` stands for CRLF.
    init(_ why: String, _ text: String, _ answers: [Answer], _ end: End) {
        self.why = why
        bytes = wireBytes(text)
        self.answers = answers
        self.end = end
    }

    /// A message that is answered with one refusal, and then no more.
    static func refused(_ status: Answer, _ why: String, _ text: String) -> WireCase {
        WireCase(why, text, [status], .closes)
    }

    /// A POST whose content is "hello", whatever its framing looks like.
    static func hello(_ why: String, _ text: String) -> WireCase {
        WireCase(why, "POST / HTTP/1.1|Host: a|" + text, [.ok("HELLO")], .goesOn)
    }

    var testDescription: String { why }
}

/// The text as bytes: `|` is CRLF, every other character itself.
func wireBytes(_ text: String) -> [UInt8] {
    text.unicodeScalars.flatMap { $0 == "|" ? [13, 10] : [UInt8($0.value)] }
}
