/// Builds a response from curl's callbacks: header lines one at a time, body bytes as they come.
///
/// CURLOPT_HEADERFUNCTION(3): curl delivers the lines of every response of a transfer, also of interim ones, each complete,
/// and the trailers after the body likewise, which are left out.
struct ResponseCollector {
    private(set) var interim: [CurlResponse.Head] = []
    private(set) var head: CurlResponse.Head?
    private(set) var body: [UInt8] = []
    private var headIsComplete = true

    private let maxBody: Int

    init(maxBody: Int) {
        self.maxBody = maxBody
    }

    /// Takes one line of a head or of the trailers.
    mutating func take(line bytes: some Collection<UInt8>) {
        let line = Self.trimmed(bytes)
        if headIsComplete, let next = Self.statusLine(line) {
            begin(next)
        } else if line.isEmpty {
            headIsComplete = true
        } else if !headIsComplete {
            let (name, value) = Self.field(line)
            head?.fields.append(name, value)
        }
    }

    /// Takes the next bytes of the body; false when they are too many.
    mutating func take(body bytes: some Collection<UInt8>) -> Bool {
        guard bytes.count <= maxBody - body.count else { return false }
        body.append(contentsOf: bytes)
        return true
    }

    private mutating func begin(_ next: CurlResponse.Head) {
        if let head, head.status < 200 { interim.append(head) }
        head = next
        headIsComplete = false
    }
}

// The grammar of RFC 9112, sections 4 and 5.
extension ResponseCollector {
    /// `HTTP/1.1 200 OK`, in parts; nil when the line is not of that form.
    private static func statusLine(_ line: Substring) -> CurlResponse.Head? {
        guard line.hasPrefix("HTTP/") else { return nil }
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let status = Int(parts[1]) else { return nil }
        return CurlResponse.Head(
            version: String(parts[0].dropFirst("HTTP/".count)), status: status,
            reason: parts.count > 2 ? String(parts[2]) : "")
    }

    /// A name and a value; a line without a colon is all name, so that a test can see it.
    private static func field(_ line: Substring) -> (name: String, value: String) {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return (String(line), "") }
        let value = line[line.utf8.index(after: colon)...]
        return (String(line[..<colon]), String(trimmed(value.utf8)))
    }

    /// The text without the white space and line ends around it.
    private static func trimmed(_ bytes: some Collection<UInt8>) -> Substring {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        let text = String(decoding: bytes, as: UTF8.self)
        var utf8 = text.utf8[...]
        while let first = utf8.first, isSpace(first) { utf8.removeFirst() }
        while let last = utf8.last, isSpace(last) { utf8.removeLast() }
        return Substring(utf8)
    }
}
