import TestSupport
import Testing

@testable import CommandLineSupport

/// Keys in, lines out.
@Suite struct LineEditorTests {
    /// The results of keys: the requests, and the line afterwards.
    private func type(_ keys: String, limit: Int = 1000) -> (requests: [LineEditor.Request], line: String, cursor: Int)
    {
        var editor = LineEditor(limit: limit)
        let requests = keys.utf8.compactMap { editor.take($0) }
        return (requests, String(decoding: editor.cells.flatMap(\.bytes), as: UTF8.self), editor.cursor)
    }

    private static let esc = "\u{1b}"

    @Test(arguments: [
        ("hello", "hello", 5), ("hello\u{7f}", "hell", 4), ("\u{7f}", "", 0), ("hello\u{8}", "hell", 4),
        ("ab\(esc)[Dc", "acb", 2), ("ab\(esc)ODc", "acb", 2), ("ab\u{1}c", "cab", 1),
        ("ab\(esc)[Hc\(esc)[Fd", "cabd", 4),
        ("ab\(esc)[1~c\(esc)[4~d", "cabd", 4), ("abc\(esc)[D\(esc)[3~", "ab", 2), ("abc\u{1}\u{4}", "bc", 0),
        ("ab cd\u{17}", "ab ", 3), ("ab cd  \u{17}", "ab ", 3), ("abc\(esc)[D\u{15}", "c", 0),
        ("abc\(esc)[D\(esc)[D\u{b}", "a", 1), ("abc\(esc)[1;5Dd", "abdc", 3),
        ("Straße\u{7f}\u{7f}", "Stra", 4), ("\u{1F600}a\(esc)[D\(esc)[Db", "b\u{1F600}a", 1),
        // An accent that stands by itself goes with its letter.
        ("e\u{301}x\(esc)[D\u{7f}", "x", 0), ("a\tb", "a\tb", 3),
        ("a\(esc)[200~b", "ab", 2),
        // F1 and F5 of the Linux console (console_codes(4)).
        ("a\(esc)[[Ab\(esc)[[Ec", "abc", 3),
    ])
    func theLineChanges(keys: String, line: String, cursor: Int) {
        let typed = type(keys)
        #expect(typed.line == line)
        #expect(typed.cursor == cursor)
    }

    @Test func enterAndTheOthersAreRequests() {
        #expect(type("hello\rab\n").requests == [.done(Array("hello".utf8)), .done(Array("ab".utf8))])
        #expect(type("\u{4}").requests == [.end])
        #expect(type("a\u{4}").requests.isEmpty)
        #expect(type("a\u{7}").requests == [.bell])
        #expect(type("a\u{1b}b").requests == [.bell])
    }

    @Test func linesOfThePastComeBack() {
        let (up, down) = ("\u{1b}[A", "\u{1b}[B")
        #expect(type("one\rtwo\r\(up)").line == "two")
        #expect(type("one\rtwo\r\(up)\(up)").line == "one")
        #expect(type("one\rtwo\r\(up)\(up)\(up)").line == "one")
        #expect(type("one\rtwo\rdraft\(up)\(up)\(down)\(down)").line == "draft")
        #expect(type("one\r\r\(up)").line == "one")
        #expect(type("a\r" + (0..<101).map { "\($0)\r" }.joined() + String(repeating: up, count: 200)).line == "1")
    }

    @Test func aLineIsBoundedAndTheBellTells() {
        #expect(type("abcd", limit: 4) == ([], "abcd", 4))
        #expect(type("abcde", limit: 4) == ([.bell], "abcd", 4))
        #expect(type("abcé", limit: 4) == ([.bell], "abc", 3))
        #expect(type("abcde\u{7f}f", limit: 4).line == "abcf")
    }

    @Test func bytesThatAreNoTextStay() {
        var editor = LineEditor(limit: 100)
        for byte in [0x61, 0xff, 0xe2, 0x82, 0x62, 0x63] as [UInt8] { _ = editor.take(byte) }
        #expect(editor.take(13) == .done([0x61, 0xff, 0xe2, 0x82, 0x62, 0x63]))
    }

    /// The first two are "é" in Latin-1, and the others begin a character or a sequence, too.
    @Test(
        arguments: [
            ([0xe9, 0xe9], [0xe9, 0xe9]), ([0xe9, 0x61], [0xe9, 0x61]), ([0xe9, 0xc3, 0xa9], [0xe9, 0xc3, 0xa9]),
            ([0xf0, 0x9f, 0xe9], [0xf0, 0x9f, 0xe9]), ([0x61, 0xe9, 0x1b, 0x5b, 0x44, 0x62], [0x61, 0x62, 0xe9]),
            ([0xe9, 0x7f], []), ([0x61, 0x1b], [0x61]), ([0x61, 0x1b, 0x1b, 0x5b, 0x44, 0x62], [0x62, 0x61]),
            ([0x61, 0x1b, 0x5b, 0x31, 0x1b, 0x5b, 0x44, 0x62], [0x62, 0x61]), ([0x1b, 0x5b, 0xe9], [0xe9]),
            ([0x1b, 0x5b], []), ([0x1b, 0xc3, 0xa9], [0xc3, 0xa9]),
        ] as [([UInt8], [UInt8])])
    func noByteAndNoEnterIsLost(typed: [UInt8], line: [UInt8]) {
        var editor = LineEditor(limit: 100)
        for byte in typed { _ = editor.take(byte) }
        #expect(editor.take(13) == .done(line))
        #expect(editor.take(13) == .done([]))
    }

    /// The visible text, without cursor movements, and its column.
    private func see(_ keys: String, columns: Int) -> String {
        var editor = LineEditor(limit: 1000)
        for byte in keys.utf8 { _ = editor.take(byte) }
        return editor.row(prompt: "> ", columns: columns)
    }

    @Test(arguments: [
        ("abc", "> abc", 6), ("", "> ", 3), ("abc\u{1}", "> abc", 3), ("日本", "> 日本", 7), ("✅a", "> ✅a", 6),
        ("\u{1F321}a", "> \u{1F321}a", 5), ("\u{1FAE0}a", "> \u{1FAE0}a", 6), ("\u{1F1E9}a", "> \u{1F1E9}a", 5),
        ("a\tb", "> a\\tb", 7),
        ("0123456", "> 0123456", 10), ("01234567", "> <234567", 10), ("0123456789", "> <456789", 10),
        ("0123456789\u{1}", "> 0123456>", 3), ("0123456789\u{1b}[D\u{1b}[D", "> <234567>", 10),
    ])
    func theRowShowsWhereTheCursorIs(keys: String, text: String, column: Int) {
        #expect(see(keys, columns: 11) == "\r\(text)\u{1b}[K\u{1b}[\(column)G")
    }

    /// Whatever is typed, a row fits the terminal and the cursor is in it.
    @Test func noRowIsTooLong() {
        var random = SeededGenerator(state: 12)
        let keys = [
            "a", "日", "\u{1b}[D", "\u{1b}[C", "\u{7f}", "\u{1}", "\u{5}", "\t", "e\u{301}", "\u{17}", "b ",
        ]
        for _ in 0..<30 {
            var editor = LineEditor(limit: 200)
            for _ in 0..<100 {
                for byte in (keys.randomElement(using: &random) ?? "").utf8 { _ = editor.take(byte) }
                let row = editor.row(prompt: "> ", columns: 20)
                let shown = row.dropFirst().prefix { $0 != "\u{1b}" }
                let width = shown.unicodeScalars.reduce(0) { $0 + LineCell(Array(String($1).utf8)).width }
                #expect(width <= 20, "\(row.debugDescription)")
                let column = row.dropFirst(1 + shown.count).wholeMatch(of: #/\x1b\[K\x1b\[(\d+)G/#).flatMap {
                    Int($0.1)
                }
                #expect((3...20).contains(column ?? 0), "\(row.debugDescription)")
            }
        }
    }
}

@Suite struct HexTextTests {
    @Test func aDumpHasRowsOfSixteen() {
        let lines = HexText.dump(Array(0x1f..<0x40)).split(separator: "\n")
        #expect(
            lines == [
                "00000000  1f 20 21 22 23 24 25 26  27 28 29 2a 2b 2c 2d 2e  |. !\"#$%&'()*+,-.|",
                "00000010  2f 30 31 32 33 34 35 36  37 38 39 3a 3b 3c 3d 3e  |/0123456789:;<=>|",
                "00000020  3f                                                |?|", "00000021",
            ])
        #expect(HexText.dump([]) == "00000000\n")
    }
}
