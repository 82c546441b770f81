/// Conformance and smuggling, as RFC 9110 and RFC 9112 have it, for the real program.
enum WireTable {
    struct Group: Sendable {
        let name: String
        let cases: [WireCase]
    }

    static let groups = [
        Group(name: "Content-Length", cases: lengths),
        Group(name: "Transfer-Encoding", cases: codings),
        Group(name: "Chunks", cases: chunks),
        Group(name: "Refused chunks", cases: refusedChunks),
        Group(name: "Line ends", cases: lineEnds),
        Group(name: "Request line", cases: requestLines),
        Group(name: "Methods and targets", cases: targets),
        Group(name: "Host", cases: hosts),
        Group(name: "Fields", cases: fields),
        Group(name: "Limits", cases: limits),
        Group(name: "Persistence", cases: persistence),
        Group(name: "Pipelines", cases: pipelines),
        Group(name: "Expectations", cases: expectations),
        Group(name: "Messages cut off", cases: cutOff),
    ]

    static let all = groups.flatMap(\.cases)

    /// The beginning of a POST.
    static let post = "POST / HTTP/1.1|Host: a|"
}
