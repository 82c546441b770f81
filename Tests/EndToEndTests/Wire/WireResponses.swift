import Testing

/// One response as it came.
struct WireResponse {
    var status: Int
    var fields: [(name: String, value: String)]
    var content: [UInt8]

    /// The values of the fields with the name, which is in lower case.
    func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
}

/// Cuts what came into responses; `100 Continue` is passed over, since it depends on when the head was read.
struct WireResponses {
    private var rest: ArraySlice<UInt8>

    struct Malformed: Error { var what: String }

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// Whether nothing is left.
    var isAtEnd: Bool { rest.isEmpty }
    /// How many bytes are left.
    var count: Int { rest.count }
    /// The remaining bytes, for a message.
    var remainder: String { String(decoding: rest.prefix(200), as: UTF8.self) }

    /// The next response.
    mutating func next(toHead: Bool) throws -> WireResponse {
        while true {
            let statusLine = try line()
            let parts = statusLine.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, parts[0] == "HTTP/1.1", parts[1].count == 3, let status = Int(parts[1]) else {
                throw Malformed(what: "no status line: \(statusLine)")
            }
            var response = WireResponse(status: status, fields: try fields(), content: [])
            if status == 100 { continue }
            response.content = try content(response, toHead)
            return response
        }
    }

    private mutating func content(_ response: WireResponse, _ toHead: Bool) throws -> [UInt8] {
        let lengths = response.values("content-length")
        if response.status == 204 {
            guard lengths.isEmpty else { throw Malformed(what: "204 with Content-Length") }
            return []
        }
        guard lengths.count == 1, let length = Int(lengths[0]) else { throw Malformed(what: "lengths \(lengths)") }
        if toHead { return [] }
        guard rest.count >= length else { throw Malformed(what: "content is cut off") }
        defer { rest = rest.dropFirst(length) }
        return Array(rest.prefix(length))
    }

    private mutating func fields() throws -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        while true {
            let line = try line()
            if line.isEmpty { return fields }
            guard let colon = line.firstIndex(of: ":") else { throw Malformed(what: "no field: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            fields.append((line[..<colon].lowercased(), String(value)))
        }
    }

    private mutating func line() throws -> String {
        guard let end = rest.firstIndex(of: 10), end > rest.startIndex, rest[end - 1] == 13 else {
            throw Malformed(what: "no line: \(remainder)")
        }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<(end - 1)], as: UTF8.self)
    }
}
