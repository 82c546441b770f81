/// A text to send both ways.
struct Sentence {
    /// Its name in the table.
    let name: String
    let bytes: [UInt8]

    private init(_ name: String, _ text: String) {
        self.name = name
        bytes = Array(text.utf8)
    }

    /// All sentences, in order.
    static let all = [
        Sentence("empty", ""),
        Sentence("one letter", "a"),
        // Each of these three grows or changes its length in capitals: STRASSE, two letters for one, FI.
        Sentence("Unicode", "straße ŉ ﬁ"),
        // This one fits a frame of Ethernet; the next one needs fragments, where the link is one.
        Sentence("1,400 bytes", letter(1_400)),
        Sentence("60,000 bytes", letter(60_000)),
    ]

    /// A long text whose parts all differ, so that a missing or moved part shows.
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
