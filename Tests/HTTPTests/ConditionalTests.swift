import HTTP
import Testing

@Suite struct ConditionalTests {
    private let tag = Array("\"a,b\"".utf8)
    private let now: Int64 = 1_700_000_000

    @Test(arguments: ["*", "\"a,b\"", "W/\"a,b\"", "\"x\", \"a,b\"", "\"x\",\t,W/\"y\" , \"a,b\"", "\"x\\\", \"a,b\""])
    func ifNoneMatchFinds(value: String) {
        let bytes = Array(value.utf8)
        let found = Conditional.names(bytes.span, tag.span, weakly: true)
        #expect(found)
    }

    @Test(arguments: ["", "\"a\"", "a,b", "\"a,b", "\"A,B\"", "x, \"a,b\"", "w/\"a,b\"", "\"a,bc\"", "**"])
    func ifNoneMatchDoesNot(value: String) {
        let bytes = Array(value.utf8)
        let found = Conditional.names(bytes.span, tag.span, weakly: true)
        #expect(!found)
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", true), ("Sun, 06 Nov 1994 08:49:38 GMT", true),
        ("Sun, 06 Nov 1994 08:49:36 GMT", false), ("yesterday", nil), ("", nil),
    ])
    func isUnchangedSince(value: String, holds: Bool?) {
        let bytes = Array(value.utf8)
        let date = HTTPDate(unixSeconds: 784_111_777)
        let found = Conditional.isUnchanged(date, since: bytes.span, now: now)
        #expect(found == holds)
    }

    @Test(arguments: [
        ("*", true), ("\"a,b\"", true), ("\"x\", \"a,b\"", true), ("W/\"x\",\"a,b\"", true), ("W/\"a,b\"", false),
        ("\"x\"", false), ("", false), ("a,b", false), ("**", false),
    ])
    func ifMatch(value: String, holds: Bool) {
        let bytes = Array(value.utf8)
        let found = Conditional.names(bytes.span, tag.span, weakly: false)
        #expect(found == holds)
    }

    @Test(arguments: [
        ("\"a,b\"", true), ("W/\"a,b\"", false), ("\"x\"", false), ("Sun, 06 Nov 1994 08:49:37 GMT", true),
        ("Sun, 06 Nov 1994 08:49:38 GMT", false),
    ])
    func ifRange(value: String, holds: Bool) {
        let bytes = Array(value.utf8)
        let date = HTTPDate(unixSeconds: 784_111_777)
        let result = Conditional.ifRange(
            bytes.span, 0..<bytes.count, matches: tag.span, lastModified: date, now: now)
        #expect(result == holds)
    }

    @Test(arguments: [
        ("bytes=0-0", RangeRequest.satisfiable(0..<1)), ("bytes=2-5", .satisfiable(2..<6)),
        ("Bytes=2-", .satisfiable(2..<10)), ("bytes=9-99", .satisfiable(9..<10)),
        ("bytes=0-99999999999999999999", .satisfiable(0..<10)), ("bytes=-3", .satisfiable(7..<10)),
        ("bytes=-99", .satisfiable(0..<10)), ("bytes= 2-5 ", .satisfiable(2..<6)),
        ("bytes=10-", .unsatisfiable), ("bytes=99999999999999999999-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
        ("bytes=5-2", .ignored), ("bytes=0-1,3-4", .ignored), ("bytes=", .ignored), ("bytes=-", .ignored),
        ("bytes=a-b", .ignored), ("bytes=+1-2", .ignored), ("lines=0-1", .ignored), ("bytes 0-1", .ignored),
        ("", .ignored),
    ])
    func ranges(value: String, expected: RangeRequest) {
        let bytes = Array(value.utf8)
        let found = RangeRequest(bytes.span, 0..<bytes.count, length: 10)
        #expect(found == expected)
    }

    @Test func nothingOfNothing() {
        let bytes = Array("bytes=-5bytes=0-".utf8)
        let suffix = RangeRequest(bytes.span, 0..<8, length: 0)
        // RFC 9110 14.1.2: satisfiable, and 206 has no range for no bytes.
        #expect(suffix == .ignored)
        let none = Array("bytes=-0".utf8)
        #expect(RangeRequest(none.span, 0..<8, length: 0) == .unsatisfiable)
        let rest = RangeRequest(bytes.span, 8..<16, length: 0)
        #expect(rest == .unsatisfiable)
    }
}
