import Checks
import HTTP
import Testing

@Suite struct ParserTests {
    @Test func aParserIsReadyForTheNextMessageAndAfterReset() throws {
        var parser = RequestParser(limits: Limits())
        let good = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        let early = try parser.parse(good.span.extracting(first: 20))
        #expect(early == nil)
        parser.reset()
        let first = try parser.parse(good.span)?.length
        #expect(first == good.count)
        let second = try parser.parse(good.span)?.length
        #expect(second == good.count)
    }

    /// One byte wrong anywhere never reads past the end and never depends on the packets.
    @Test(
        arguments: [UInt8(0), 9, 10, 13, 32, 44, 58, 127, 128, 255],
        [
            "POST /a?b HTTP/1.1\r\nHost: a:1\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a.b\r\nUser-Agent: curl/8\r\nAccept: */*\r\nSec-Fetch-Site: none\r\n\r\n",
        ])
    func anyByteAnywhere(byte: UInt8, text: String) {
        let request = Array(text.utf8)
        for place in request.indices {
            var bytes = request
            bytes[place] = byte
            var whole = RequestParser(limits: Limits())
            let expected = Outcome.of(&whole, bytes.span)
            var dripped = RequestParser(limits: Limits())
            var outcome = Outcome.incomplete
            for length in 1...bytes.count where outcome == .incomplete {
                outcome = Outcome.of(&dripped, bytes.span.extracting(first: length))
            }
            #expect(outcome == expected, "\(byte) at \(place)")
        }
    }

    /// Of two names for the server, the target's counts (RFC 9112 3.2.2).
    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a:1\r\n\r\n", "a:1"), ("GET http://b:2/ HTTP/1.1\r\nHost: a:1\r\n\r\n", "b:2"),
        ("GET http://b:2/ HTTP/1.1\r\nHost:\r\n\r\n", "b:2"), ("GET http://b HTTP/1.0\r\n\r\n", "b"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "a"), ("GET / HTTP/1.1\r\nHost:\r\n\r\n", ""),
        ("GET / HTTP/1.0\r\n\r\n", nil),
    ])
    func authorities(text: String, expected: String?) throws {
        let bytes = Array(text.utf8)
        var parser = RequestParser(limits: Limits())
        let head = try #require(try parser.parse(bytes.span))
        #expect(head.authority.map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
    }

    @Test func theDefaultLimits() {
        let limits = Limits()
        #expect(limits == Limits(maxRequestLine: 8192, maxHead: 16384, maxFields: 100, maxBody: 65507))
    }

    /// The default limits, at the limit and one past it; the fixtures use small ones.
    @Test(arguments: [(8192, true), (8193, false)])
    func theLongestRequestLine(length: Int, isAccepted: Bool) {
        let path = String(repeating: "a", count: length - "GET / HTTP/1.1".utf8.count)
        let bytes = Array("GET /\(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        var parser = RequestParser(limits: Limits())
        switch Outcome.of(&parser, bytes.span) {
        case .accepted: #expect(isAccepted)
        case .refused(let text): #expect(!isAccepted && text == "refuse 414 requestLineTooLong at 8192")
        case .incomplete: Issue.record("The head was complete.")
        }
    }

    private static func accepts(_ outcome: Outcome) -> Bool { if case .accepted = outcome { true } else { false } }

    @Test(arguments: [(99, true), (100, false)])
    func theMostFields(more: Int, isAccepted: Bool) {
        let fields = String(repeating: "A: b\r\n", count: more)
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)
        var parser = RequestParser(limits: Limits())
        let outcome = Outcome.of(&parser, bytes.span)
        #expect(outcome == .refused("refuse 431 tooManyFields at 619") || Self.accepts(outcome))
        #expect(Self.accepts(outcome) == isAccepted)
    }

    /// Trailers share one budget, however many lines they are.
    @Test(arguments: [(81, true), (82, false)])
    func theLongestTrailers(lines: Int, isAccepted: Bool) {
        let line = "A: " + String(repeating: "b", count: 95) + "\r\n"
        let bytes = Array(("0\r\n" + String(repeating: line, count: lines) + "\r\n").utf8)
        var feeder = ChunkFeeder(Limits())
        let outcome = feeder.feed(bytes)
        #expect(outcome == .refused("refuse 431 trailersTooLarge at 8195") || Self.accepts(outcome))
        #expect(Self.accepts(outcome) == isAccepted)
        var dripped = ChunkFeeder(Limits())
        var last = Outcome.incomplete
        for byte in bytes where last == .incomplete { last = dripped.feed([byte]) }
        #expect(last == outcome)
    }
}
