import Checks
import Testing

@testable import HTTP

/// The ways that spare the parser a scan, at their edges: each must come to what the long way comes to.
@Suite struct ShortcutTests {
    /// The names that are recognised together with their colon, and some that only begin like them.
    private static let names: [String: KnownField?] = [
        "host": .host, "accept": .accept, "origin": .origin, "connection": .connection,
        "content-length": .contentLength, "content-type": .contentType, "sec-fetch-site": .secFetchSite,
        "accept-encoding": nil, "user-agent": nil, "accept-language": nil, "sec-fetch-mode": nil,
        "traceparent": .traceparent, "x-request-id": .xRequestId, "sec-fetch-dest": nil, "hosts": nil,
        "content-lengths": nil, "content-encoding": .contentEncoding,
        "authorization": .authorization,
    ]

    /// Any byte at any place of a name and its colon: it is that name, or another, or no name.
    @Test(arguments: names.keys.sorted())
    func anyByteInAName(name: String) {
        for place in 0...name.utf8.count {
            for byte in UInt8.min...UInt8.max {
                var line = Array("\(name): 12345678".utf8)
                line[place] = byte
                let found = Self.read(line, following: 8)
                #expect(found == Self.readSlowly(line), "\(byte) at \(place)")
            }
        }
    }

    /// Wherever the bytes end, it is the same name, or not yet a name.
    @Test(arguments: names.keys.sorted())
    func aNameWhereTheBytesEnd(name: String) {
        let line = Array("\(name): 12345678".uppercased().utf8)
        for length in 0...line.count {
            let part = Array(line[..<length])
            #expect(Self.read(part, following: 0) == Self.readSlowly(part), "\(length)")
        }
    }

    private enum Name: Equatable {
        case missing
        case field(KnownField?, length: Int)
        case refused(at: Int)
    }

    private static func read(_ line: [UInt8], following count: Int) -> Name {
        let front = Array("GET / HTTP/1.1\r\n".utf8)
        let bytes = front + line + [UInt8](repeating: 97, count: count)
        do throws(RequestError) {
            guard let name = try KnownField.read(bytes.span, at: front.count) else { return .missing }
            return .field(name.field, length: name.colon - front.count)
        } catch {
            return .refused(at: error.offset - front.count)
        }
    }

    private static func readSlowly(_ line: [UInt8]) -> Name {
        guard let end = line.firstIndex(where: { !ByteClass.token.contains($0) }) else { return .missing }
        guard end > 0, line[end] == ASCII.colon else { return .refused(at: end) }
        let name = String(decoding: line[..<end].map(\.lowercased), as: UTF8.self)
        return .field(names[name] ?? nil, length: end)
    }

    /// Any byte at any place behind the method: GET and POST are read like PUT and HEAD, which have no shortcut.
    @Test(arguments: [("GET", "PUT"), ("POST", "HEAD")], ["/", "/a", "/abcdefgh", "/ab?c", "/%41"])
    func anyByteInARequestLine(methods: (usual: String, other: String), target: String) {
        let rest = Array(" \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        for place in 0..<rest.count - 11 {
            for byte in UInt8.min...UInt8.max {
                var line = rest
                line[place] = byte
                let (usual, other) = (Self.parse(methods.usual, line), Self.parse(methods.other, line))
                #expect(usual == other, "\(byte) at \(place)")
            }
        }
    }

    /// Wherever the limit lies, and wherever the bytes end.
    @Test(arguments: [("GET", "PUT"), ("POST", "HEAD")])
    func aRequestLineWhereItsLimitLies(methods: (usual: String, other: String)) {
        let rest = Array(" /abc HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        for length in 0...rest.count {
            for limit in 0...20 {
                let line = Array(rest[..<length])
                let (usual, other) = (Self.parse(methods.usual, line, limit), Self.parse(methods.other, line, limit))
                #expect(usual == other, "\(length) bytes, limit \(limit)")
            }
        }
    }

    /// The outcome, without the method's name.
    private static func parse(_ method: String, _ rest: [UInt8], _ limit: Int = 100) -> String {
        let bytes = Array(method.utf8) + rest
        var parser = RequestParser(limits: Limits(maxRequestLine: limit))
        let text = Outcome.of(&parser, bytes.span).text
        return text.replacing("\n\(method.lowercased()) ", with: "\n")
    }

    /// Any two bytes in front of a value, and any two behind it.
    @Test func anyBytesAroundAValue() {
        let front = Array("GET / HTTP/1.1\r\nHost".utf8)
        for first in UInt8.min...UInt8.max {
            for second in [UInt8(9), 13, 31, 32, 33, 97, 127, 128] {
                for value in [[first, second], [first, second, 97], [97, first, second], [32, 97, first, second]] {
                    let bytes = front + [58] + value + Array("\r\n\r\nabcdefgh".utf8)
                    guard value.allSatisfy(ByteClass.value.contains) else { continue }
                    let text = value.drop { $0 == 32 || $0 == 9 }.reversed().drop { $0 == 32 || $0 == 9 }
                    let start = front.count + 1 + value.prefix { $0 == 32 || $0 == 9 }.count
                    let line = try? FieldLine.cut(bytes.span, after: front.count)
                    #expect(line?.value.count == text.count && line?.next == front.count + value.count + 3, "\(value)")
                    #expect(text.isEmpty || line?.value.lowerBound == start, "\(value)")
                }
            }
        }
    }

    /// Any byte at any place of a number of any length, with much and with little in front of it.
    @Test(arguments: [0, 1, 7, 8, 20])
    func anyByteInANumber(start: Int) {
        let digits = Array("98765432109876543210".utf8)
        for length in 0...digits.count {
            for place in 0..<max(1, length) {
                for byte in UInt8.min...UInt8.max {
                    var number = Array(digits[..<length])
                    if length > 0 { number[place] = byte }
                    let bytes = [UInt8](repeating: 0x39, count: start) + number + Array("99".utf8)
                    let isNumber = number.allSatisfy { ASCII.digit($0) != nil }
                    let expected = isNumber ? Int(String(decoding: number, as: UTF8.self)) : nil
                    #expect(bytes.span.decimal(start..<start + length) == expected, "\(byte) at \(place) of \(length)")
                }
            }
        }
    }
}
