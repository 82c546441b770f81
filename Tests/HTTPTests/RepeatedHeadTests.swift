import Checks
import Testing

@testable import HTTP

/// A head that comes again is not read again: it must mean what it meant, and any other must mean what it means.
@Suite struct RepeatedHeadTests {
    private static let post = Array(
        "POST /a?b HTTP/1.1\r\nHost: a:1\r\nAccept: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\n".utf8)
    private static let get = Array("\r\nGET / HTTP/1.1\r\nHost: b\r\nIf-None-Match: \"x\"\r\n\r\n".utf8)

    /// A parser that has kept the head.
    private static func parser(knowing head: [UInt8]) -> RequestParser {
        var parser = RequestParser(limits: Limits())
        for _ in 0..<RepeatedHead.headsPerStore { _ = Outcome.of(&parser, head.span) }
        return parser
    }

    private static func outcome(_ bytes: [UInt8]) -> Outcome {
        var parser = RequestParser(limits: Limits())
        return Outcome.of(&parser, bytes.span)
    }

    @Test(arguments: [post, get])
    func theSameHeadMeansTheSame(head: [UInt8]) {
        var parser = Self.parser(knowing: head)
        for content in ["", "hello", "\r\n\r\n"] {
            let message = head + Array(content.utf8)
            let outcome = Outcome.of(&parser, message.span)
            #expect(outcome == Self.outcome(message))
        }
    }

    /// Each byte is compared: whichever is another, the head is read, and so is the next.
    @Test(arguments: [post, get])
    func aHeadThatDiffersInOneByte(head: [UInt8]) {
        let known = Self.parser(knowing: head)
        for place in head.indices {
            for byte in [head[place] ^ 1, head[place] ^ 0x20, 0, 13] where byte != head[place] {
                var other = head + [104, 105]
                other[place] = byte
                var parser = known
                let outcome = Outcome.of(&parser, other.span)
                #expect(outcome == Self.outcome(other), "\(byte) at \(place)")
                parser.reset()
                let next = Outcome.of(&parser, head.span)
                #expect(next == Self.outcome(head), "after \(byte) at \(place)")
            }
        }
    }

    /// A head that has come in part is none yet, wherever it is cut.
    @Test(arguments: [post, get])
    func aHeadInParts(head: [UInt8]) {
        let known = Self.parser(knowing: head)
        for length in 1..<head.count {
            var parser = known
            let outcomes = [length, head.count].map { Outcome.of(&parser, head.span.extracting(first: $0)) }
            #expect(outcomes == [.incomplete, Self.outcome(head)], "\(length)")
        }
    }

    /// Clients with heads of their own take turns, in any order.
    @Test func headsThatTakeTurns() {
        let longer = Array(Self.post.dropLast(2)) + Array("User-Agent: a\r\n\r\n".utf8)
        let heads = [Self.post, Self.get, longer, Array("GET / HTTP/1.0\r\n\r\n".utf8), Array("BAD\r\n\r\n".utf8)]
        let expected = heads.map(Self.outcome)
        var random = Seeded(state: 7)
        var parser = RequestParser(limits: Limits())
        for _ in 0..<2000 {
            let turn = Int.random(in: 0..<heads.count, using: &random)
            let head = heads[turn]
            for _ in 0..<Int.random(in: 1..<20, using: &random) {
                let outcome = Outcome.of(&parser, head.span)
                #expect(outcome == expected[turn])
                if case .refused = outcome { parser.reset() }
            }
        }
    }

    /// It is recognised when so many have been read, at the limit of length, and not one past it.
    @Test(arguments: [(18, true), (RepeatedHead.longest, true), (RepeatedHead.longest + 1, false)])
    func whichHeadsAreKept(length: Int, isKept: Bool) {
        let head = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var repeated = RepeatedHead()
        for _ in 1..<RepeatedHead.headsPerStore {
            repeated.forget()
            repeated.store(head.span, length: length)
            #expect(!Self.begins(head, repeated))
        }
        repeated.forget()
        repeated.store(head.span, length: length)
        #expect(Self.begins(head, repeated) == isKept)
        #expect(!Self.begins(Array(head.dropLast()), repeated))
        repeated.forget()
        #expect(!Self.begins(head, repeated))
    }

    private static func begins(_ bytes: [UInt8], _ repeated: RepeatedHead) -> Bool { repeated.begins(bytes.span) }
}

/// The same random numbers in every run, so that a failure can be seen again.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 11 | state << 53
    }
}
