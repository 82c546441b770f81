import Checks
import HTTP

/// The outcome of bytes in the module, as the text that fixtures hold.
enum Outcome: Equatable {
    case incomplete
    case accepted(String, length: Int)
    case refused(String)

    init(_ error: RequestError) {
        self = .refused("refuse \(error.status.code) \(error.reason) at \(error.offset)")
    }

    var text: String {
        switch self {
        case .incomplete: "incomplete"
        case .accepted(let text, _), .refused(let text): text
        }
    }

    /// One call to a parser.
    static func of(_ parser: inout RequestParser, _ bytes: Span<UInt8>) -> Outcome {
        do throws(RequestError) {
            guard let head = try parser.parse(bytes) else { return .incomplete }
            return .accepted(describe(head, bytes), length: head.length)
        } catch {
            return Outcome(error)
        }
    }

    private static func describe(_ head: RequestHead, _ bytes: Span<UInt8>) -> String {
        var lines = [
            "accept \(head.length) bytes, HTTP/1.\(head.minorVersion), \(head.keepsAlive ? "keep-alive" : "close")"
        ]
        let query = head.query.map { ", query \($0.text)" } ?? ""
        let form: String
        switch head.targetForm {
        case .origin: form = "origin"
        case .asterisk: form = "asterisk"
        case .absolute(let authority): form = "absolute \(authority.text)"
        }
        lines.append(
            "\(head.method) \(head.methodRange.text), target \(head.target.text) \(form), path \(head.path.text)\(query)"
        )
        let framing: String
        switch head.framing {
        case .none: framing = "none"
        case .length(let length): framing = "length \(length)"
        case .chunked: framing = "chunked"
        }
        lines.append("body \(framing)\(head.expectsContinue ? ", expects continue" : "")")
        for field in KnownField.allCases {
            guard let range = head.range(of: field) else { continue }
            let value = Escapes.text(of: range.map { bytes[$0] })
            lines.append("\(field) \(range.lowerBound)..\(range.upperBound) \"\(value)\"")
        }
        return lines.joined(separator: "\n")
    }
}

extension ByteRange {
    var text: String { "\(lower)..\(upper)" }
}

/// A decoder fed in pieces, as a connection feeds it: what is done with is thrown away.
struct ChunkFeeder {
    private var decoder: ChunkedDecoder
    private var pending: [UInt8] = []
    private var content: [UInt8] = []
    private var consumed = 0

    init(_ limits: Limits) { decoder = ChunkedDecoder(limits: limits) }

    /// Takes more bytes.
    mutating func feed(_ bytes: [UInt8]) -> Outcome {
        pending += bytes
        let all = pending
        let (outcome, done) = run(all.span)
        pending.removeFirst(done)
        return outcome
    }

    /// Takes bytes that lie somewhere else; how many of them are done with.
    mutating func run(_ bytes: Span<UInt8>) -> (Outcome, Int) {
        var offset = 0
        do throws(RequestError) {
            while true {
                switch try decoder.next(bytes, from: offset) {
                case .data(let range):
                    for index in range { content.append(bytes[index]) }
                    offset = range.upperBound
                case .incomplete(let end):
                    consumed += end
                    return (.incomplete, end)
                case .end(let end):
                    consumed += end
                    let text = "accept \(consumed) bytes\ncontent \"\(Escapes.text(of: content))\""
                    return (.accepted(text, length: consumed), end)
                }
            }
        } catch {
            return (Outcome(error), 0)
        }
    }
}
