import CurlClient
import Foundation
import Testing

/// A folder that is served in place of the built-in page.
@Suite struct PublicFolderTests {
    private let folder: URL

    init() throws {
        let name = "letterbox-public-\(UInt64.random(in: 0 ... .max))"
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: folder.appending(path: "sub"), withIntermediateDirectories: true)
    }

    /// Gives the folder these files, each of which holds its own name; removes it in the end.
    private func with(_ names: [String], _ body: () throws -> Void) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in names { try Data(name.utf8).write(to: folder.appending(path: name)) }
        try body()
    }

    @Test func `files with any name are served, and so are those below`() throws {
        try with(["my file.txt", "grüße.txt", "100%.txt", "%41.txt", "sub/index.html", "form-reply.html"]) {
            let gateway = try RunningGateway(["--public", folder.path])
            let paths = [
                ("/my%20file.txt", "my file.txt"), ("/gr%C3%BC%C3%9Fe.txt", "grüße.txt"), ("/100%25.txt", "100%.txt"),
                ("/%2541.txt", "%41.txt"), ("/sub/", "sub/index.html"),
            ]
            for (path, content) in paths {
                let response = try CurlClient().perform(
                    CurlRequest("\(gateway.url)\(path)", timeout: Program.timeLimit))
                #expect(response.status == 200 && response.text == content, "\(path)")
            }
            for path in ["/sub%2Findex.html", "/%41.txt", "/%68ealthz", "/form-reply.html"] {
                let response = try CurlClient().perform(
                    CurlRequest("\(gateway.url)\(path)", timeout: Program.timeLimit))
                #expect(response.status == 404, "\(path)")
            }
        }
    }

    /// Latin-1, and UTF-16 with its byte order mark, which browsers obey before the response's charset (WHATWG Encoding 6).
    @Test(arguments: [Data("gr\u{FC}\u{DF}e".unicodeScalars.map { UInt8($0.value) }), Data([0xFE, 0xFF, 0, 0x41])])
    func `an index file that is not UTF-8 is served unchanged`(content: Data) throws {
        let marked = Data("<meta name=\"letterbox-version\" content=\"\">".utf8) + content
        try with([]) {
            for whole in [content, marked] {
                try whole.write(to: folder.appending(path: "index.html"))
                let gateway = try RunningGateway(["--public", folder.path])
                let response = try CurlClient().perform(CurlRequest("\(gateway.url)/", timeout: Program.timeLimit))
                #expect(Data(response.body) == whole)
            }
        }
    }

    @Test func `a line says how much is served`() throws {
        try with(["a", "sub/b", "form-reply.html"]) {
            let arguments = ["--port", "0", "--server-port", "0", "--public", folder.path]
            let program = try Program(Binaries.letterbox, arguments)
            let line = try program.errorLine(startingWith: "The page is ")
            #expect(line == "The page is \(folder.path): 2 files of 6 bytes")
        }
    }

    /// Each flag with the most that is too little, the least that is enough, and what is said.
    @Test(arguments: [
        ("--max-public-files", 1, 2, " has more than 1 files. "),
        ("--max-public-depth", 0, 1, " lies more than 0 folders deep. "),
        ("--max-public-bytes", 5, 6, " have more than 5 bytes. "),
    ])
    func `a folder with more than its limits is no start`(flag: String, less: Int, enough: Int, said: String) throws {
        try with(["a", "sub/b"]) {
            _ = try RunningGateway(["--public", folder.path, flag, "\(enough)"])
            let arguments = ["--port", "0", "--server-port", "0", "--public", folder.path, flag, "\(less)"]
            let ending = try Program(Binaries.letterbox, arguments).ending()
            #expect(ending.status == 2)
            #expect(ending.errorLines.count == 1)
            #expect(ending.error.contains(said) && ending.error.contains(flag), "\(ending.error)")
        }
    }
}
