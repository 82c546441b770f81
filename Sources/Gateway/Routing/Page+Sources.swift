package import System

extension Page {
    /// The page that is built into the program; its files have the time of the program's file.
    package static func builtIn() -> Page {
        let modified = Files.modificationTime(of: "/proc/self/exe") ?? 0
        let source = { (name, bytes) in Source(name: name, bytes: bytes, modified: modified) }
        return Page([
            source("admission.js", PackageResources.admission_js),
            source("app.js", PackageResources.app_js),
            source("bytes.js", PackageResources.bytes_js),
            source("commands.js", PackageResources.commands_js),
            source("copy.js", PackageResources.copy_js),
            source("diagram.js", PackageResources.diagram_js),
            source("example.js", PackageResources.example_js),
            source("favicon.svg", PackageResources.favicon_svg),
            source("fill.js", PackageResources.fill_js),
            source("form-reply.html", PackageResources.form_reply_html),
            source("format.js", PackageResources.format_js),
            source("history.js", PackageResources.history_js),
            source("index.html", PackageResources.index_html),
            source("journey.css", PackageResources.journey_css),
            source("journey.js", PackageResources.journey_js),
            source("keep.js", PackageResources.keep_js),
            source("lab.js", PackageResources.lab_js),
            source("live.js", PackageResources.live_js),
            source("load.js", PackageResources.load_js),
            source("many.js", PackageResources.many_js),
            source("openapi.yaml", PackageResources.openapi_yaml),
            source("post.js", PackageResources.post_js),
            source("press.js", PackageResources.press_js),
            source("reply.js", PackageResources.reply_js),
            source("services.js", PackageResources.services_js),
            source("steps.js", PackageResources.steps_js),
            source("style.css", PackageResources.style_css),
            source("svg.js", PackageResources.svg_js),
            source("target.js", PackageResources.target_js),
            source("theory.js", PackageResources.theory_js),
        ])
    }

    /// The page in a folder: its files and those of the folders below it, within the limits.
    ///
    /// Throws when there are more, or when one of them cannot be read.
    package init(folder: String, limits: Files.Limits = Files.Limits()) throws(FilesError) {
        let files = try Files.files(in: folder, limits: limits)
        self.init(files.map { Source(name: $0.name, bytes: $0.bytes, modified: $0.modified) })
    }
}
