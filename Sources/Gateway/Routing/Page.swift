internal import HTTP
internal import System

/// The page for browsers: a table of files, read once at start.
///
/// A path can only name an entry of the table, so that none leads out of the folder.
package struct Page: Sendable {
    /// A file's name, content and time.
    package struct Source: Sendable {
        /// Its path in the folder, such as "style.css" or "images/logo.svg".
        package let name: String
        /// Its content.
        package let bytes: [UInt8]
        /// The time of its last change, in seconds since 1970.
        package let modified: Int64

        package init(name: String, bytes: [UInt8], modified: Int64) {
            self.name = name
            self.bytes = bytes
            self.modified = modified
        }
    }

    let sources: [Source]
    private let files: [ArraySlice<UInt8>: StaticFile]
    private let template: FormTemplate

    /// The file that `form(_:_:outcome:)` fills in; it has no path of its own.
    private static let templateName = "form-reply.html"

    /// The end of the path of a folder's index file.
    private static let index = Array("/index.html".utf8)

    /// A page from files; "index.html" has the path "/", too, and "sub/index.html" the path "/sub/".
    package init(_ sources: [Source]) {
        self.sources = sources
        var table: [ArraySlice<UInt8>: StaticFile] = [:]
        var template = FormTemplate.plain
        for source in sources {
            if source.name == Self.templateName {
                template = String(decoding: source.bytes, as: UTF8.self)
                continue
            }
            let file = StaticFile(name: source.name, bytes: source.bytes, modified: source.modified)
            let path = "/\(source.name)".bytes
            table[path] = file
            if path.suffix(Self.index.count).elementsEqual(Self.index) {
                table[path.dropLast(Self.index.count) + [UInt8(ascii: "/")]] = file
            }
        }
        self.files = table
        self.template = FormTemplate(template)
    }

    /// The number of files, and of their bytes.
    package var size: (files: Int, bytes: Int) {
        let served = sources.lazy.filter { $0.name != Self.templateName }
        return (served.count, served.reduce(0) { $0 + $1.bytes.count })
    }

    /// The file name of a target's path, with a leading slash; nil for a path that cannot name a file.
    ///
    /// Paths that differ in their escapes alone are the same path (RFC 3986 6.2.2.2), and the table's names have no
    /// escapes. Routes compare the unchanged path, and so a route has one spelling.
    static func name(at path: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        path.contains(UInt8(ascii: "%")) ? FilePath.decode(path.span)?[...] : path
    }

    func file(named name: ArraySlice<UInt8>) -> StaticFile? { files[name] }

    /// The file at the path of a target; nil when there is none.
    package func file(at path: ArraySlice<UInt8>) -> StaticFile? { Self.name(at: path).flatMap(file(named:)) }

    /// The page for a form posted without JavaScript: the text and its reply, or the reason why there is none.
    func form(_ status: Status, _ form: PostedForm, outcome: FormTemplate.Outcome) -> Response {
        let html = template.fill(form, outcome)
        var response = Response(status, MediaType.html, content: Array(html.utf8))
        response.fields.add(StaticFile.securityPolicy, StaticFile.policy)
        return response
    }
}
