import HTTP
import Testing

@Suite struct MultipartDecoderTests {
    /// A form, written with "|" for CRLF, and what is read of it.
    struct Form: Sendable, CustomTestStringConvertible {
        let title: String
        let bytes: [UInt8]
        let outcome: Outcome

        enum Outcome: Sendable, Equatable {
            case text(String)
            case file(String)
            case refused(MultipartError)
        }

        init(_ title: String, _ text: String, _ outcome: Outcome) {
            self.title = title
            bytes = Self.bytes(text)
            if case .text(let content) = outcome {
                self.outcome = .text(String(decoding: Self.bytes(content), as: UTF8.self))
            } else if case .file(let content) = outcome {
                self.outcome = .file(String(decoding: Self.bytes(content), as: UTF8.self))
            } else {
                self.outcome = outcome
            }
        }

        private static func bytes(_ text: String) -> [UInt8] { Array(text.replacing("|", with: "\r\n").utf8) }

        var testDescription: String { title }
    }

    private static let text = "Content-Disposition: form-data; name=\"text\"||"
    private static let file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"|Content-Type: a/b||"
    private static let noFile =
        "Content-Disposition: form-data; name=\"file\"; filename=\"\"|Content-Type: application/octet-stream||"

    static let forms: [Form] = [
        // RFC 7578 4 and RFC 2046 5.1.1.
        Form("A text", "--b|\(text)hello|--b--|", .text("hello")),
        Form("A text, and no line end in the end", "--b|\(text)hello|--b--", .text("hello")),
        Form("A file", "--b|\(file)hello|--b--|", .file("hello")),
        Form("An empty text", "--b|\(text)|--b--|", .text("")),
        Form("An empty file", "--b|\(file)|--b--|", .file("")),
        Form("Fields and no content", "--b|Content-Disposition: form-data; name=text||--b--|", .text("")),
        Form("Line ends in the content", "--b|\(text)|a|||b||--b--|", .text("|a|||b|")),
        Form("Hyphens in the content", "--b|\(text)--|--a|--|-b--|--b--|", .text("--|--a|--|-b--")),
        Form("The boundary within a line", "--b|\(text)a --b|--b--|", .text("a --b")),
        Form("A line feed before the boundary", "--b|\(text)a\n--b\n--b--|--b--|", .text("a\n--b\n--b--")),
        Form("Bare carriage returns", "--b|\(text)\r\r\r|--b--|", .text("\r\r\r")),
        Form("A preamble", "To be ignored.|--a|--b|\(text)hello|--b--|", .text("hello")),
        Form("A preamble of a line end", "|--b|\(text)hello|--b--|", .text("hello")),
        Form("An epilogue", "--b|\(text)hello|--b--|--b|\(text)more|--b--|", .text("hello")),
        Form("White space behind the boundaries", "--b \t|\(text)hello|--b-- \t|", .text("hello")),
        Form("Other fields", "--b|\(other("a"))1|--b|\(text)hello|--b|\(other("texts"))2|--b--|", .text("hello")),
        Form("No file was chosen", "--b|\(text)hello|--b|\(noFile)|--b--|", .text("hello")),
        Form("No file was chosen, and no text", "--b|\(noFile)|--b|\(text)|--b--|", .text("")),
        Form("A file was chosen, and no text", "--b|\(text)|--b|\(file)hello|--b--|", .file("hello")),
        Form("A file without a name", "--b|\(noFile)hello|--b--|", .file("hello")),
        Form("A file in a field named text", "--b|\(field("name=text; filename=a"))hello|--b--|", .file("hello")),
        // The grammar of fields.
        Form("A name that is a token", "--b|\(field("name=text"))hello|--b--|", .text("hello")),
        Form("A quoted pair in a name", "--b|\(field("name=\"t\\ext\""))hello|--b--|", .text("hello")),
        Form("A semicolon in a name", "--b|\(field("name=\"a;name=text\""))1|--b|\(text)2|--b--|", .text("2")),
        Form("An escaped quote in a name", "--b|\(field("name=\"a\\\";b\""))1|--b|\(text)2|--b--|", .text("2")),
        Form("A backslash before the last quote", "--b|\(field("name=a; filename=\"b\\\""))c|--b--|", .file("c")),
        Form("A backslash as a file's name", "--b|\(field("name=\"a\"; filename=\"\\\""))c|--b--|", .file("c")),
        Form("A name that ends in a backslash", "--b|\(field("name=\"to\\\""))1|--b|\(text)2|--b--|", .text("2")),
        Form("An opening quote alone", "--b|\(field("name=\""))a|--b--|", .refused(.malformedPart)),
        Form("Case", "--b|CONTENT-disposition:FORM-Data; NAME=text||hello|--b--|", .text("hello")),
        Form("The name's case", "--b|\(field("name=Text"))hello|--b--|", .refused(.noPayload)),
        Form("A parameter for later", "--b|\(field("name=text; filename*=UTF-8''a"))hello|--b--|", .text("hello")),
        Form("Fields in another order", "--b|Content-Type: text/plain|\(text)hello|--b--|", .text("hello")),
        Form("Content that is not encoded", "--b|Content-Transfer-Encoding: Binary|\(text)a|--b--|", .text("a")),
        Form("Encoded content", "--b|Content-Transfer-Encoding: base64|\(text)a|--b--|", .refused(.encodedPart)),
        Form("A name twice", "--b|\(field("name=a; name=text"))hello|--b--|", .refused(.malformedPart)),
        Form("A file name twice", "--b|\(field("name=a; filename=a; filename=b"))|--b--|", .refused(.malformedPart)),
        Form("A disposition twice", "--b|\(line("name=a"))|\(text)a|--b--|", .refused(.malformedPart)),
        Form("No name", "--b|\(field("filename=a"))hello|--b--|", .refused(.malformedPart)),
        Form("No disposition", "--b|Content-Type: text/plain||hello|--b--|", .refused(.malformedPart)),
        Form("Another disposition", "--b|Content-Disposition: file; name=text||a|--b--|", .refused(.malformedPart)),
        Form("A quote that does not end", "--b|\(field("name=\"text"))a|--b--|", .refused(.malformedPart)),
        Form("Something behind a quote", "--b|\(field("name=\"text\"a"))a|--b--|", .refused(.malformedPart)),
        Form("A folded field", "--b|Content-Disposition: form-data;| name=text||a|--b--|", .refused(.malformedPart)),
        Form("A field that ends in a line feed", "--b|A: b\n\(text)a|--b--|", .refused(.malformedPart)),
        Form("A field that does not end", "--b|\(line("name=text"))|--b--|", .refused(.malformedPart)),
        Form("A bare carriage return for the empty line", "--b|A: b|\ra|--b--|", .refused(.malformedPart)),
        // Delimiters.
        Form("No part", "--b--|", .refused(.noPayload)),
        Form("No boundary", "hello|", .refused(.noPart)),
        Form("Nothing", "", .refused(.noPart)),
        Form("Another boundary", "--a|\(text)hello|--a--|", .refused(.noPart)),
        Form("No end", "--b|\(text)hello|", .refused(.notClosed)),
        Form("No end of the last line", "--b|\(text)hello|--b", .refused(.notClosed)),
        Form("Half an end", "--b|\(text)hello|--b-", .refused(.notClosed)),
        Form("Another delimiter, and no end", "--b|\(text)hello|--b|", .refused(.notClosed)),
        Form("A longer boundary", "--b|\(text)hello|--bc|--b--|", .refused(.malformedDelimiter)),
        Form("A longer last boundary", "--b|\(text)hello|--b--c|", .refused(.malformedDelimiter)),
        Form("A boundary that ends in a line feed", "--b\n\(text)hello|--b--|", .refused(.malformedDelimiter)),
        Form("Two boundaries", "--b|--b|\(text)hello|--b--|", .refused(.malformedPart)),
        Form("Two boundaries, one of which is a field", "--b|--b: a|\(text)hello|--b--|", .refused(.malformedPart)),
        // How many payloads.
        Form("No payload", "--b|\(other("a"))1|--b--|", .refused(.noPayload)),
        Form("Two texts", "--b|\(text)a|--b|\(text)b|--b--|", .refused(.severalPayloads)),
        Form("Two texts, one of them empty", "--b|\(text)|--b|\(text)b|--b--|", .refused(.severalPayloads)),
        Form("Two files", "--b|\(file)a|--b|\(file)b|--b--|", .refused(.severalPayloads)),
        Form("A text and a file", "--b|\(text)a|--b|\(file)b|--b--|", .refused(.severalPayloads)),
        Form("A text and an empty file", "--b|\(text)a|--b|\(file)|--b--|", .refused(.severalPayloads)),
    ]

    private static func line(_ parameters: String) -> String { "Content-Disposition: form-data; \(parameters)" }
    private static func field(_ parameters: String) -> String { line(parameters) + "||" }
    private static func other(_ name: String) -> String { field("name=\"\(name)\"") }

    @Test(arguments: forms)
    func payloads(form: Form) throws {
        #expect(try Self.read(form.bytes) == form.outcome)
    }

    /// A form that is cut off has no payload, unless the last boundary and its hyphens are there already.
    @Test(arguments: forms)
    func cutAnywhere(form: Form) throws {
        for length in 0..<form.bytes.count {
            let bytes = Array(form.bytes.prefix(length))
            let outcome = try GuardedPage.lend(bytes) { try Self.read($0) }
            if case .refused = outcome { continue }
            let isWhole = outcome == form.outcome || bytes.suffix(5).elementsEqual("--b--".utf8)
            #expect(isWhole, "after \(length) bytes")
        }
    }

    /// Long forms that a reader could go through again and again: it takes moments, or does not come to an end.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("--b|\(text)", "|--", "|--b--", true), ("--b|\(text)", "||", "|--b--", true),
            ("--b|\(text)", "\r", "|--b--", true), ("--b|\(text)hello", "|--b|\(other("a"))", "|--b--", true),
            ("--b|", "A: b|", "\(text)|--b--", true), ("--b|A: ", "b", "|\(text)|--b--", true),
            ("--b|Content-Disposition: form-data; name=\"", "\\\"", "\"; filename=a||a|--b--", true),
            ("--b|Content-Disposition: form-data", ";", "; name=text||a|--b--", true),
            ("--b|Content-Disposition: form-data", "; a=b", "; name=text||a|--b--", true),
            ("", "|--a", "", false), ("--b ", "\t", "\(text)|--b--", false), ("", "--b", "", false),
        ])
    func longForms(front: String, middle: String, back: String, isPayload: Bool) throws {
        let count = 400_000 / middle.utf8.count
        let form = front + String(repeating: middle, count: count) + back
        let outcome = try Self.read(Array(form.replacing("|", with: "\r\n").utf8))
        if case .refused(let error) = outcome {
            #expect(!isPayload, "\(error)")
        } else {
            #expect(isPayload)
        }
    }

    /// Any payload of any bytes comes out as it went in, whatever its neighbours.
    @Test func thereAndBack() throws {
        var generator = Seeded(state: 11)
        let alphabet = Array("\r\n-bc \0".utf8)
        for round in 0..<2000 {
            let length = Int.random(in: 0...40, using: &generator)
            let payload = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            // The sender's duty (RFC 2046 5.1.1): a boundary that no line of the payload begins with.
            guard !String(decoding: [13, 10] + payload, as: UTF8.self).utf8.contains("\r\n--b".utf8) else { continue }
            let head = round % 2 == 0 ? Self.text : Self.file
            var form = Array("--b|\(Self.other("a"))1|--b|\(head)".replacing("|", with: "\r\n").utf8)
            let start = form.count
            form += payload + Array("\r\n--b--\r\n".utf8)
            let found = try #require(try Self.decoder("multipart/form-data; boundary=b")).payload(in: form.span)
            #expect(found.range == start..<start + payload.count && found.isFile == (round % 2 == 1))
        }
    }

    /// Bytes that are nearly a form never do harm, whatever they are taken for.
    @Test func anyByteAnywhere() throws {
        let form = Array("--b|\(Self.text)hello|--b|\(Self.noFile)|--b--|".replacing("|", with: "\r\n").utf8)
        for place in form.indices {
            for byte in Array("\0\t\r\n \";:=-b\u{7F}".utf8) + [0xFF] {
                var bytes = form
                bytes[place] = byte
                _ = try GuardedPage.lend(bytes) { try Self.read($0) }
            }
        }
    }

    /// Of two companion fields with one name the first counts.
    @Test(arguments: ["to", "as"]) func theFirstCompanionCounts(name: String) throws {
        let parts = "--b|\(Self.other(name))first|--b|\(Self.text)hello|--b|\(Self.other(name))second|--b--|"
        let form = Array(parts.replacing("|", with: "\r\n").utf8)
        let payload = try #require(try Self.decoder("multipart/form-data; boundary=b")).payload(in: form.span)
        let place = try #require(payload.others[name])
        #expect(String(decoding: form[place], as: UTF8.self) == "first")
    }

    @Test(arguments: [
        "multipart/form-data; boundary=b", "Multipart/Form-Data;BOUNDARY=b", "multipart/form-data; boundary=\"b\"",
        "multipart/form-data; charset=utf-8; boundary=\"\\b\"", "multipart/form-data ; boundary=b;",
    ])
    func boundaries(type: String) throws {
        let form = Array("--b|\(Self.text)hello|--b--|".replacing("|", with: "\r\n").utf8)
        let decoder = try #require(try Self.decoder(type))
        #expect(try decoder.payload(in: form.span).range.count == 5)
    }

    /// A boundary at the limit and one past it; all that RFC 2046 5.1.1 has in one, and what it has not.
    @Test(arguments: [
        (String(repeating: "b", count: 70), true), (String(repeating: "b", count: 71), false), ("", false),
        ("'()+_,-./:=?09azAZ b", true), (" ", false), ("b ", false), ("b@", false), ("b\\\"", false), ("ä", false),
    ])
    func boundaryCharacters(boundary: String, isGood: Bool) throws {
        let type = "multipart/form-data; boundary=\"\(boundary)\""
        guard isGood else {
            #expect(throws: MultipartError.noBoundary) { try Self.decoder(type) }
            return
        }
        let form = Array("--\(boundary)|\(Self.text)hello|--\(boundary)--|".replacing("|", with: "\r\n").utf8)
        #expect(try Self.decoder(type)?.payload(in: form.span).range.count == 5)
    }

    @Test(arguments: [
        "multipart/form-data", "multipart/form-data; charset=utf-8", "multipart/form-data; boundary=a; boundary=a",
        "multipart/form-data; boundary", "multipart/form-data; boundary=a b", "multipart/form-data; boundary=a:b",
        "multipart/form-data; boundary=\"a", "multipart/form-data, a/b; boundary=a", "multipart/form-data boundary=a",
    ])
    func noBoundary(type: String) {
        #expect(throws: MultipartError.noBoundary) { try Self.decoder(type) }
    }

    @Test(arguments: [
        "", "multipart", "multipart/", "multipart/mixed; boundary=b", "multipart/form-datas; boundary=b", "form-data",
        "application/x-www-form-urlencoded", " multipart/form-data; boundary=b",
    ])
    func otherTypes(type: String) throws {
        #expect(try Self.decoder(type) == nil)
    }

    @Test(arguments: MultipartError.allCases)
    func everyErrorIsASentence(error: MultipartError) {
        #expect(error.rawValue.hasSuffix(".") && [400, 415].contains(error.status.code))
    }

    private static func decoder(_ type: String) throws(MultipartError) -> MultipartDecoder? {
        let bytes = Array(type.utf8)
        return try MultipartDecoder(contentType: bytes.span)
    }

    private static func read(_ bytes: [UInt8]) throws -> Form.Outcome { try read(bytes.span) }

    private static func read(_ bytes: Span<UInt8>) throws -> Form.Outcome {
        let decoder = try #require(try decoder("multipart/form-data; boundary=b"))
        do throws(MultipartError) {
            let payload = try decoder.payload(in: bytes)
            var content: [UInt8] = []
            for index in payload.range { content.append(bytes[index]) }
            let text = String(decoding: content, as: UTF8.self)
            return payload.isFile ? .file(text) : .text(text)
        } catch {
            return .refused(error)
        }
    }
}
