internal import HTTP

/// The page that a browser gets: files, read once at start into a table.
///
/// A path can only ever name an entry of the table, so that none leads out of the folder.
public struct Page: Sendable {
    /// One file.
    struct File: Sendable {
        let bytes: [UInt8]
        let mediaType: FieldValue
    }

    private let files: [[UInt8]: File]
    private let template: FormTemplate

    /// A page from files by name, such as "style.css"; "index.html" is the path "/".
    public init(files: [(name: String, bytes: [UInt8])]) {
        var table: [[UInt8]: File] = [:]
        for (name, bytes) in files {
            let file = File(bytes: bytes, mediaType: MediaType.ofFile(named: name))
            table[Array("/\(name)".utf8)] = file
            if name == "index.html" { table[Array("/".utf8)] = file }
        }
        let template = files.first { $0.name == Self.templateName }.map { String(decoding: $0.bytes, as: UTF8.self) }
        table[Array("/\(Self.templateName)".utf8)] = nil
        self.files = table
        self.template = FormTemplate(template ?? FormTemplate.plain)
    }

    /// The file that `form(_:text:outcome:)` fills in; it is not served itself.
    private static let templateName = "form-reply.html"

    /// The file at a path; nil when there is none.
    func file(at path: ArraySlice<UInt8>) -> File? {
        files[Array(path)]
    }

    /// What a form that was posted without JavaScript gets: the text and its reply, or why there is none.
    func form(_ status: Status, text: [UInt8], outcome: FormTemplate.Outcome) -> Response {
        let html = template.fill(text: String(decoding: text, as: UTF8.self), outcome)
        return Response(status, FieldValue("text/html; charset=utf-8"), content: .bytes(Array(html.utf8)))
    }
}
