import HTTP
import Testing

/// The identifiers of a request: strictly read, and ignored where they are malformed.
@Suite struct TraceParentTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    private func read(_ text: String) -> TraceParent? { TraceParent(Array(text.utf8).span) }

    private func isName(_ bytes: [UInt8], limit: Int) -> Bool { RequestID.isValid(bytes.span, limit: limit) }

    @Test(arguments: [("00", true), ("01", true), ("fe", true), ("cc", true), ("ff", false)])
    func `every version but ff is read as far as it is known`(version: String, isRead: Bool) {
        let found = read("\(version)-\(Self.trace)-\(Self.parent)-01")
        #expect((found != nil) == isRead)
        guard let found else { return }
        #expect(found.traceID == Array(Self.trace.utf8))
    }

    @Test func `flags change nothing`() {
        for flags in ["00", "01", "fe", "ff"] {
            #expect(read("00-\(Self.trace)-\(Self.parent)-\(flags)")?.traceID == Array(Self.trace.utf8))
        }
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(parent)-0", "00-\(trace)-\(parent)-011", "00-\(trace)-\(parent)-01-",
        "00-\(trace)-\(parent)-01-a",
        "01-\(trace)-\(parent)-01a", "00-\(String(repeating: "0", count: 32))-\(parent)-01",
        "00-\(trace)-0000000000000000-01", "00-\(trace.uppercased())-\(parent)-01", "0g-\(trace)-\(parent)-01",
        "00_\(trace)-\(parent)-01", "00-\(trace)_\(parent)-01", "00-\(trace)-\(parent)_01", "00-\(trace)-\(parent)-0G",
        "00-\(trace)-\(parent)-01,00-\(trace)-\(parent)-01", "\"00-\(trace)-\(parent)-01\"",
    ])
    func `anything else is none`(text: String) { #expect(read(text) == nil) }

    @Test func `a higher version may have more behind a hyphen`() {
        #expect(read("01-\(Self.trace)-\(Self.parent)-01-more") != nil)
        #expect(read("01-\(Self.trace)-\(Self.parent)-01-") != nil)
    }

    @Test func `any byte at any place of the first version`() {
        let value = Array("00-\(Self.trace)-\(Self.parent)-01".utf8)
        for place in value.indices {
            for byte in UInt8.min...UInt8.max {
                var other = value
                other[place] = byte
                let isHex = (48...57).contains(byte) || (97...102).contains(byte)
                let isKept = [2, 35, 52].contains(place) ? byte == 45 : isHex
                let found = TraceParent(other.span)
                #expect((found != nil) == isKept, "\(byte) at \(place)")
            }
        }
    }

    @Test func `a request's name is a token within its limit`() {
        let name = Array(repeating: UInt8(ascii: "a"), count: 8)
        #expect(isName(name, limit: 8) && !isName(name, limit: 7) && !isName([], limit: 8))
        let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(isName([97, byte], limit: 8) == tokens.contains(byte), "\(byte)")
        }
    }
}
