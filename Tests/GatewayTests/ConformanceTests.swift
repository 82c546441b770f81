import Gateway
import Testing

/// What docs/http.md says of responses, seen by a client: each case is a request and what must come back.
@Suite struct ConformanceTests {
    @Test(arguments: ConformanceCase.all)
    func answers(to one: ConformanceCase) async throws {
        try await withDoor(files: Page.Source.few, hasUpstream: true) { port in
            let request = try one.request.replacing("ETAG", with: entityTag(port))
            let caller = try Caller(port: port)
            // Whether the connection goes on shows in whether another request, already sent, is answered.
            caller.send(request + "\r\n" + "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let answer = try Answer(caller.receiveAll(), hasContent: !request.hasPrefix("HEAD"))
            #expect(answer.status == one.status)
            for line in one.has { #expect(answer.fields.contains(line)) }
            for name in one.hasNot { #expect(!answer.fields.contains { $0.hasPrefix("\(name): ") }) }
            if let content = one.content { #expect(answer.content == content) }
            #expect(answer.isDated)
            #expect(answer.fields.contains("X-Content-Type-Options: nosniff"))
            #expect(answer.fields.contains("Connection: close") == !one.goesOn)
            #expect(answer.rest.hasPrefix("HTTP/1.1 200 OK\r\n") == one.goesOn)
            #expect(answer.rest.isEmpty == !one.goesOn)
        }
    }
}

/// The entity tag of the file that the cases ask for.
private func entityTag(_ port: UInt16) throws -> String {
    let caller = try Caller(port: port)
    caller.send("GET /letters.txt HTTP/1.0\r\n\r\n")
    let answer = try Answer(caller.receiveAll(), hasContent: true)
    let line = try #require(answer.fields.first { $0.hasPrefix("ETag: ") })
    return String(line.dropFirst("ETag: ".count))
}

/// A response taken apart, and what came behind it.
struct Answer {
    let status: Int
    let fields: [String]
    let content: String
    let rest: String

    init(_ text: String, hasContent: Bool) throws {
        let end = try #require(text.firstRange(of: "\r\n\r\n"))
        let lines = text[..<end.lowerBound].split(separator: "\r\n").map(String.init)
        try #require(lines[0].hasPrefix("HTTP/1.1 "))
        status = try #require(Int(lines[0].dropFirst(9).prefix(3)))
        fields = Array(lines.dropFirst())
        let length = fields.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) }
        let behind = text[end.upperBound...].utf8
        content = String(decoding: behind.prefix(hasContent ? length ?? 0 : 0), as: UTF8.self)
        rest = String(decoding: behind.dropFirst(content.utf8.count), as: UTF8.self)
    }

    /// Whether there is exactly one Date, in the form that is to be generated (RFC 9110 5.6.7).
    var isDated: Bool {
        let dates = fields.filter { $0.hasPrefix("Date: ") }
        return dates.count == 1 && dates[0].wholeMatch(of: /Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/) != nil
    }
}

extension Page.Source {
    /// A page, a file of ten letters from 1994, and one whose time is still to come.
    static let few = [
        Page.Source(name: "index.html", bytes: Array("<p>A page</p>\n".utf8), modified: 784_111_777),
        Page.Source(name: "letters.txt", bytes: Array("abcdefghij".utf8), modified: 784_111_777),
        Page.Source(name: "future.txt", bytes: Array("soon".utf8), modified: 32_503_680_000),
    ]
}
