/// A text to send through both doors.
struct Sentence {
    /// What the table calls it.
    let name: String
    /// The text.
    let bytes: [UInt8]

    private init(_ name: String, _ text: String) {
        self.name = name
        bytes = Array(text.utf8)
    }

    /// Everything that is sent, in order.
    static let all = [
        Sentence("empty", ""),
        Sentence("one letter", "a"),
        // Each of the three grows or changes its length in capitals: STRASSE, two letters for one, FI.
        Sentence("Unicode", "straße ŉ ﬁ"),
        // Fits a frame of Ethernet; the next one has to be cut into fragments, where the link is one.
        Sentence("1,400 bytes", letter(1_400)),
        Sentence("60,000 bytes", letter(60_000)),
    ]

    /// A long text of which no part is like another, so that none can be missing or moved without being noticed.
    private static func letter(_ length: Int) -> String {
        var text = ""
        var line = 1
        while text.utf8.count < length {
            text += "line \(line) of a long letter, "
            line += 1
        }
        return String(text.prefix(length))
    }
}
