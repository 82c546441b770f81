internal import HTTP

/// An HTML page with the placeholders `{{heading}}`, `{{state}}`, `{{text}}` and `{{reply}}`, and for the next post of
/// the same kind `{{to}}` and `{{as}}`.
package struct FormTemplate: Sendable {
    /// The outcome of a posted form.
    enum Outcome {
        /// The reply's bytes.
        case success([UInt8])
        /// The payload has been sent, and gets no reply.
        case sent
        /// A sentence with the reason why there is no reply.
        case failure(String)
    }

    /// The template for a page without its own.
    static let plain = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>{{heading}} - Letterbox</title>
        <h1>{{heading}}</h1>
        <p>Posted: <q>{{text}}</q></p>
        <output id="reply">{{reply}}</output>
        <p><a href="/">Post another letter</a></p>
        </html>

        """

    private let html: String

    init(_ html: String) {
        self.html = html
    }

    /// The page with all placeholders filled in, each text escaped.
    func fill(_ form: PostedForm, _ outcome: Outcome) -> String {
        let (heading, state, reply) =
            switch outcome {
            case .success(let bytes) where bytes.isEmpty:
                ("The reply", "empty", "The reply is empty: a datagram of 0 bytes.")
            case .success(let bytes): Self.show(PageText(bytes))
            case .sent: ("Sent", "reply", "The datagram has left. This service sends no reply.")
            case .failure(let sentence): ("No reply", "error", sentence)
            }
        let (text, notation) = form.shown
        var rest = html[...]
        var result = ""
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            result += rest[..<open.lowerBound]
            switch rest[open.upperBound..<close.lowerBound] {
            case "heading": result += Self.escaped(heading)
            case "state": result += state
            case "text": result += Self.escaped(text)
            case "to": result += Self.escaped(form.to)
            case "as": result += notation?.rawValue ?? ""
            case "reply": result += Self.escaped(reply)
            default: result += rest[open.lowerBound..<close.upperBound]
            }
            rest = rest[close.upperBound...]
        }
        return result + rest
    }

    private static func show(_ reply: PageText) -> (heading: String, state: String, reply: String) {
        (reply.isHex ? "The reply, which is not text" : "The reply", "reply", reply.text)
    }

    /// The text with HTML's special characters replaced (WHATWG HTML 13.3), and each CR LF and each other CR by the line
    /// end that browsers make of it (WHATWG HTML 13.2.3.5).
    package static func escaped(_ text: String) -> String {
        var result = ""
        var isAfterReturn = false
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\r": result += "\n"
            case "\n" where isAfterReturn: break
            default: result.unicodeScalars.append(character)
            }
            isAfterReturn = character == "\r"
        }
        return result
    }
}
