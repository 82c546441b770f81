internal import HTTP
internal import System

/// The page that a browser gets: files, read once at start into a table.
///
/// A path can only ever name an entry of the table, so that none leads out of the folder.
package struct Page: Sendable {
    /// A file as it is handed in.
    package struct Source: Sendable {
        /// Its path in the folder, such as "style.css" or "images/logo.svg".
        package let name: String
        /// Its content.
        package let bytes: [UInt8]
        /// When it was changed, in seconds since 1970.
        package let modified: Int64

        /// Names a file and its content.
        package init(name: String, bytes: [UInt8], modified: Int64) {
            self.name = name
            self.bytes = bytes
            self.modified = modified
        }
    }

    private let sources: [Source]
    private let files: [[UInt8]: StaticFile]
    private let template: FormTemplate

    /// The file that `form(_:text:outcome:)` fills in; it is not served itself.
    private static let templateName = "form-reply.html"

    /// The end of the path of a file that its folder's path leads to.
    private static let index = Array("/index.html".utf8)

    /// A page from files; "index.html" is the path "/" too, and "sub/index.html" the path "/sub/".
    package init(_ sources: [Source]) {
        self.sources = sources
        var table: [[UInt8]: StaticFile] = [:]
        var template = FormTemplate.plain
        for source in sources {
            if source.name == Self.templateName {
                template = String(decoding: source.bytes, as: UTF8.self)
                continue
            }
            let file = StaticFile(name: source.name, bytes: source.bytes, modified: source.modified)
            let path = Array("/\(source.name)".utf8)
            table[path] = file
            if path.suffix(Self.index.count).elementsEqual(Self.index) {
                table[path.dropLast(Self.index.count) + [UInt8(ascii: "/")]] = file
            }
        }
        self.files = table
        self.template = FormTemplate(template)
    }

    /// The page that tells its scripts where the UDP service is, or an empty text, how long a datagram may be,
    /// how often a datagram is sent at most where there is a lab, whether the service is the gateway's own, whether there are
    /// others to choose, and the version.
    ///
    /// A script that asked for one where there is none would leave an error in the browser's console.
    ///
    /// These stand in the `meta` elements of "index.html". A file that changes by that changes now.
    func telling(
        upstream: SocketAddress?, maxDatagram: Int, labAttempts: Int?, isEmbedded: Bool, hasOthers: Bool, now: Int64
    ) -> Page {
        Page(
            sources.map { source in
                guard source.name == "index.html" else { return source }
                var html = String(decoding: source.bytes, as: UTF8.self)
                Self.fill("letterbox-udp", upstream.map { "\($0.host) \($0.port)" } ?? "", in: &html)
                Self.fill("letterbox-max-datagram", "\(maxDatagram)", in: &html)
                Self.fill("letterbox-lab", labAttempts.map(String.init) ?? "", in: &html)
                Self.fill("letterbox-version", Version.current, in: &html)
                Self.fill("letterbox-embedded", isEmbedded ? "yes" : "", in: &html)
                Self.fill("letterbox-services", hasOthers ? "yes" : "", in: &html)
                let bytes = Array(html.utf8)
                return bytes == source.bytes ? source : Source(name: source.name, bytes: bytes, modified: now)
            })
    }

    /// How many files are served, and how many bytes they have together.
    package var size: (files: Int, bytes: Int) {
        let served = sources.lazy.filter { $0.name != Self.templateName }
        return (served.count, served.reduce(0) { $0 + $1.bytes.count })
    }

    /// Replaces the content of a `meta` element; a page without it stays as it is.
    private static func fill(_ name: String, _ value: String, in html: inout String) {
        guard let start = html.firstRange(of: "<meta name=\"\(name)\" content=\""),
            let end = html[start.upperBound...].firstIndex(of: "\"")
        else { return }
        html.replaceSubrange(start.upperBound..<end, with: FormTemplate.escaped(value))
    }

    /// The name that the path of a target gives to a file, with a slash in front; nil for a path that names none.
    ///
    /// Paths that differ in their escapes alone are the same path (RFC 3986 6.2.2.2), and the table's names have no
    /// escapes. Routes compare the path as it came, and so a route has one spelling.
    static func name(at path: ArraySlice<UInt8>) -> [UInt8]? {
        path.contains(UInt8(ascii: "%")) ? FilePath.decode(path.span) : Array(path)
    }

    /// The file with a name as ``name(at:)`` gives it; nil when there is none.
    func file(named name: [UInt8]) -> StaticFile? { files[name] }

    /// The file at the path of a target; nil when there is none.
    package func file(at path: ArraySlice<UInt8>) -> StaticFile? { Self.name(at: path).flatMap(file(named:)) }

    /// What a form that was posted without JavaScript gets: the text and its reply, or why there is none.
    func form(_ status: Status, _ form: PostedForm, outcome: FormTemplate.Outcome) -> Response {
        let html = template.fill(form, outcome)
        var response = Response(status, MediaType.html, content: Array(html.utf8))
        response.fields.append((StaticFile.securityPolicy, StaticFile.policy))
        return response
    }
}
