internal import ArgumentParser
internal import CommandLineSupport
internal import Gateway
internal import System

/// The page for browsers.
struct PageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Serve the files of this folder and those below it instead of the built-in page.", valueName: "dir"),
        completion: .directory)
    var `public`: String?

    @Option(
        number: "The most files of that folder and those below it; with more the gateway does not start.",
        in: 1...1_000_000)
    var maxPublicFiles = Files.Limits().maxFiles

    @Option(
        number: "The most folders on the way from that folder to a file; with more the gateway does not start.",
        in: 0...100)
    var maxPublicDepth = Files.Limits().maxDepth

    @Option(
        number: "The most bytes of all its files together, which stay in memory; with more the gateway does not start.",
        in: 1...1_099_511_627_776)
    var maxPublicBytes = Files.Limits().maxBytes

    /// Reads the folder and logs its content; without a folder the page is the built-in one.
    func load() throws -> Page {
        let page = try read()
        guard let folder = `public` else { return page }
        let (files, bytes) = page.size
        Console.error("The page is \(folder): \(files) \(files == 1 ? "file" : "files") of \(bytes) bytes", as: .notice)
        return page
    }

    /// Reads the folder; without a folder the page is the built-in one.
    func read() throws -> Page {
        guard let folder = `public` else { return Page.builtIn() }
        var limits = Files.Limits()
        limits.maxFiles = maxPublicFiles
        limits.maxDepth = maxPublicDepth
        limits.maxBytes = maxPublicBytes
        return try Page(folder: folder, limits: limits)
    }
}
