import System
import Gateway
import HTTP

/// See ``Check/target``.
enum TargetCheck {
    /// Each file holds its own path.
    private static let names = [
        "index.html", "app.js", "style.css", "a", "..", ".", "%2e", "%41", "100%", "my file", "secret/key",
    ]
    private static let page = Page(
        (names + ["form-reply.html"]).map { Page.Source(name: $0, bytes: Array("/\($0)".utf8), modified: 0) })

    /// The bytes that a client must escape, or that may be read as something else.
    private static let notInQuery = Array("\"#<>".utf8)
    private static let notInPath = notInQuery + Array("?\\^`{}".utf8)

    static func run(_ bytes: Span<UInt8>) throws(Broken) {
        let target = bytes.copy()
        try check(target, method: "GET")
        try check(target, method: "OPTIONS")
    }

    private static func check(_ target: [UInt8], method: String) throws(Broken) {
        let message = Array("\(method) ".utf8) + target + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        var parser = RequestParser(limits: Limits())
        guard let head = try? parser.parse(message.span) else { return }
        guard message[head.target.range] == target[...] else { return }  // The bytes held more than a target.

        let path = Array(message[head.path.range])
        if case .asterisk = head.targetForm {
            return try require(method == "OPTIONS" && path == [42], "An asterisk is misplaced.")
        }
        try require(path.first == 47, "A path begins with no slash: \(path.shown)")
        try require(path.allSatisfy { (33...126).contains($0) && !notInPath.contains($0) }, "A path is none.")
        let query = head.query.map { message[$0.range] } ?? []
        try require(query.allSatisfy { (33...126).contains($0) && !notInQuery.contains($0) }, "A query is none.")
        try checkPath(path, head, message)
        try checkEntry(path)
    }

    /// In origin form the path is the target's beginning; in absolute form it lies behind the authority.
    private static func checkPath(_ path: [UInt8], _ head: RequestHead, _ message: [UInt8]) throws(Broken) {
        var parts = [path]
        if let query = head.query { parts.append(Array(message[query.range])) }
        let rest = Array(parts.joined(separator: [63]))
        var expected = rest
        if case .absolute(let authority) = head.targetForm {
            let host = Array(message[authority.range])
            try require(!host.contains(64) && !host.contains(47) && !host.isEmpty, "\(host.shown) is no authority.")
            let start = Int(head.target.lower)
            expected = Array(message[start..<Int(authority.upper)])
            // An empty path stands for "/", which is then not in the target.
            let isEmpty = head.path.upper <= authority.lower
            expected += isEmpty ? Array(rest.dropFirst()) : rest
        }
        try require(expected == Array(message[head.target.range]), "The path is not the target's: \(path.shown)")
    }

    private static func checkEntry(_ path: [UInt8]) throws(Broken) {
        let name = path == [47] ? Array("/index.html".utf8) : decode(path)
        let isNamed = names.contains { "/\($0)".utf8.elementsEqual(name) }
        guard let file = page.file(at: path[...]) else {
            return try require(!isNamed, "\(path.shown) leads nowhere.")
        }
        try require(isNamed && file.bytes == name, "\(path.shown) leads to \(file.bytes.shown).")
    }

    /// Decodes the way that is slow and obvious, part for part; a slash that comes out of a part can be in no name.
    private static func decode(_ path: [UInt8]) -> [UInt8] {
        let parts = path.split(separator: 47, omittingEmptySubsequences: false).map { part in
            let pieces = part.split(separator: 37, omittingEmptySubsequences: false)
            return pieces.dropFirst().reduce(Array(pieces[0])) { name, piece in
                let byte = UInt8(String(decoding: piece.prefix(2), as: UTF8.self), radix: 16)
                return name + [byte ?? 0] + piece.dropFirst(2)
            }
        }
        if parts.contains(where: { $0.contains(47) }) { return [] }
        return Array(parts.joined(separator: [47]))
    }
}
