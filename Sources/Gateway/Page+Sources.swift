public import Sockets

extension Page {
    /// The page that is built into the program.
    public static let builtIn = Page(files: [
        ("app.js", PackageResources.app_js),
        ("commands.js", PackageResources.commands_js),
        ("copy.js", PackageResources.copy_js),
        ("exchange.css", PackageResources.exchange_css),
        ("favicon.svg", PackageResources.favicon_svg),
        ("form-reply.html", PackageResources.form_reply_html),
        ("format.js", PackageResources.format_js),
        ("history.js", PackageResources.history_js),
        ("index.html", PackageResources.index_html),
        ("post.js", PackageResources.post_js),
        ("size.js", PackageResources.size_js),
        ("style.css", PackageResources.style_css),
    ])

    /// The page in a folder: the files directly in it.
    ///
    /// Throws when the folder or one of its files cannot be read.
    public init(folder: String) throws(FileError) {
        self.init(files: try Folder.files(in: folder))
    }
}
