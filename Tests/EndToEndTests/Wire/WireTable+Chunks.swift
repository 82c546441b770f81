extension WireTable {
    private static let chunked = "Transfer-Encoding: chunked||"

    /// RFC 9112 7.1.
    static let chunks: [WireCase] = [
        WireCase("Nothing", post + chunked + "0||", [.ok("")], .goesOn),
        .hello("Several", chunked + "1|h|3|ell|1|o|0||"),
        WireCase(
            "Sizes in either case", post + chunked + "a|0123456789|A|abcdefghij|0||", [.ok("0123456789ABCDEFGHIJ")],
            .goesOn),
        .hello("Zeros before the size", chunked + "0000000000000000000005|hello|000||"),
        .hello("An extension", chunked + "5;a=b|hello|0;last||"),
        .hello("An extension with blanks", chunked + "5 ; a = b|hello|0||"),
        .hello("An extension in quotes", chunked + "5;a=\"b;\\\"c\"|hello|0||"),
        .hello("Trailers", chunked + "5|hello|0|A: b|C: d||"),
        .hello("Trailers that would mean much in a head", chunked + "5|hello|0|Content-Length: 9|Host: b||"),
        .hello("A trailer to end the connection is no head field", chunked + "5|hello|0|Connection: close||"),
        WireCase("Line ends within", post + chunked + "B|0||GET / |0||", [.ok("0||GET / ")], .goesOn),
    ]

    static let refusedChunks: [WireCase] = [
        bad("A size that ends in a line feed", "5\nhello|0||"),
        bad("Data that end in a line feed", "5|hello\n0||"),
        bad("A size that ends in a carriage return", "5\rhello|0||"),
        bad("An extension that ends in a line feed", "5;a\nhello|0||"),
        bad("An extension with a carriage return", "5;a\rb|hello|0||"),
        bad("An extension with NUL", "5;\0|hello|0||"),
        bad("An extension of two words", "5;a b|hello|0||"),
        bad("An extension without a name", "5;=x|hello|0||"),
        bad("An extension whose quotes do not end", "5;a=\"b|hello|0||"),
        bad("An extension whose name is in quotes", "5;\"a\"=b|hello|0||"),
        bad("A semicolon and no extension", "5;|hello|0||"),
        bad("A blank and no extension", "5 |hello|0||"),
        bad("A blank before the size", " 5|hello|0||"),
        bad("No size", "|hello|0||"),
        bad("An extension and no size", ";a|hello|0||"),
        bad("A plus sign", "+5|hello|0||"),
        bad("A minus sign", "-5|hello|0||"),
        bad("A prefix", "0x5|hello|0||"),
        bad("A prefix without digits", "x5|hello|0||"),
        bad("An underscore", "0_5|hello|0||"),
        bad("A letter that is no digit", "g|hello|0||"),
        bad("A comma", "5,a|hello|0||"),
        bad("More than 64 bits: 5 when they overflow", "10000000000000005|hello|0||"),
        bad("All of 64 bits", "FFFFFFFFFFFFFFFF|hello|0||"),
        bad("Data longer than the size", "4|hello|0||"),
        bad("Data shorter than the size", "6|hello|0||"),
        bad("No line end after the data", "5|hello0||"),
        bad("A trailer without a colon", "0|A||"),
        bad("A trailer with a blank before the colon", "0|A : b||"),
        bad("A folded trailer", "0|A: b| c||"),
        bad("A trailer with a control character", "0|A: \u{01}||"),
        bad("A trailer that ends in a line feed", "0|A: b\n|"),
        bad("A request in place of the trailers", "0|GET /healthz HTTP/1.1|Host: a||"),
        bad("Trailers that end in a line feed", "0|\n"),
        bad("A long extension", "5;" + String(repeating: "a", count: 256) + "|hello|0||"),
        bad("Many extensions", String(repeating: "1;" + String(repeating: "a", count: 240) + "|b|", count: 20) + "0||"),
        .refused(413, "A chunk larger than a datagram", post + chunked + "FFE4|hello"),
        .refused(413, "A chunk of the most that 63 bits hold", post + chunked + "7FFFFFFFFFFFFFFF|hello"),
        .refused(413, "A chunk that makes it larger", post + chunked + "5|hello|FFDF|hello"),
        .refused(431, "Long trailers", post + chunked + "0|A: " + String(repeating: "a", count: 8192) + "||"),
        .refused(431, "Many trailers", post + chunked + "0|" + String(repeating: "A: b|", count: 101) + "|"),
    ]

    private static func bad(_ why: String, _ body: String) -> WireCase {
        .refused(400, why, post + chunked + body)
    }
}
