import Glibc
import Testing

@testable import System

@Suite struct FolderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func regularFilesInOrderOfTheirNames() throws {
        try folder.add("b.txt", [1, 2, 3])
        try folder.add("a.css", Array(repeating: 7, count: 200_000))
        try folder.add(".hidden", [9])
        try folder.add("empty", [])
        let files = try Files.files(in: folder.path)
        #expect(files.map(\.name) == ["a.css", "b.txt", "empty"])
        #expect(files.map(\.bytes) == [Array(repeating: 7, count: 200_000), [1, 2, 3], []])
    }

    /// Neither a pipe without a writer nor a socket is a file, and none of them holds the reader up.
    @Test(.timeLimit(.minutes(1))) func everythingElseIsLeftOut() throws {
        try folder.add("a", [1])
        try #require(unsafe symlink("\(folder.path)/pipe", folder.entry("link")) == 0)
        try #require(unsafe mkfifo(folder.entry("pipe"), 0o600) == 0)
        try #require(unsafe mknod(folder.entry("socket"), S_IFSOCK | 0o600, 0) == 0)
        #expect(try Files.files(in: folder.path).map(\.name) == ["a"])
    }

    @Test func aFileIsNoFolder() throws {
        try folder.add("a", [1])
        #expect(throws: FilesError.unreadable(FileError(path: "\(folder.path)/a", reason: ErrorNumber(ENOTDIR)))) {
            try Files.files(in: "\(folder.path)/a")
        }
    }

    @Test func aFolderThatIsNotThere() {
        let error = #expect(throws: FilesError.self) { try Files.files(in: "/no/such/folder") }
        #expect(error?.description == "cannot read /no/such/folder: No such file or directory")
    }

    @Test func aFileThatCannotBeRead() throws {
        try #require(unsafe symlink("/no/such/file", folder.entry("a")) == 0)
        #expect(throws: FilesError.unreadable(FileError(path: "\(folder.path)/a", reason: ErrorNumber(ENOENT)))) {
            try Files.files(in: folder.path)
        }
    }

    @Test func foldersBelow() throws {
        try folder.add("b", [1])
        for name in ["a", "a/c", ".git", "empty"] { try folder.addFolder(name) }
        try folder.add("a/d", [2])
        try folder.add("a/c/e f", [3])
        try folder.add("a/.hidden", [4])
        try folder.add(".git/config", [5])
        let files = try Files.files(in: folder.path)
        #expect(files.map(\.name) == ["a/c/e f", "a/d", "b"])
        #expect(files.map(\.bytes) == [[3], [2], [1]])
    }

    /// A dot with a combining character behind it is one character, and hidden all the same.
    @Test func hiddenIsWhatBeginsWithTheByteOfADot() throws {
        try folder.add(".\u{301}a", [1])
        #expect(try Files.files(in: folder.path).isEmpty)
    }

    @Test func aNameThatIsNotText() throws {
        let name = folder.path.utf8CString.dropLast() + [CChar(UInt8(ascii: "/")), -1, 0]
        try #require(unsafe mkdir(Array(name), 0o700) == 0)
        defer { unsafe rmdir(Array(name)) }
        #expect(throws: FilesError.invalidName(path: folder.path)) { try Files.files(in: folder.path) }
    }

    // MARK: - Links

    /// As Kubernetes mounts a map of files: links to a hidden folder, which is a link itself.
    @Test func aLinkToAFileOfTheFolderIsThatFile() throws {
        try folder.addFolder("..2026")
        try folder.add("..2026/page", [1])
        try folder.addLink("..data", to: "..2026")
        try folder.addLink("index.html", to: "..data/page")
        try folder.addFolder("sub")
        try folder.addLink("sub/up", to: "../index.html")
        let files = try Files.files(in: folder.path)
        #expect(files.map(\.name) == ["index.html", "sub/up"])
        #expect(files.map(\.bytes) == [[1], [1]])
    }

    /// A folder may itself be reached by a link.
    @Test func theFolderMayBeALink() throws {
        let link = try TemporaryFolder()
        try folder.add("a", [1])
        try folder.addLink("b", to: "a")
        try link.addLink("public", to: folder.path)
        #expect(try Files.files(in: "\(link.path)/public").map(\.name) == ["a", "b"])
    }

    @Test(arguments: ["/etc/passwd", "../../etc/passwd", "/dev/null", "/etc", "sub", ".", ".."])
    func anyOtherLinkIsAnError(target: String) throws {
        try folder.addFolder("sub")
        try folder.addLink("a", to: target)
        #expect(throws: FilesError.outsideLink(path: "\(folder.path)/a")) { try Files.files(in: folder.path) }
    }

    /// A neighbour whose name only begins like the folder's is outside.
    @Test func aLinkToANeighbour() throws {
        let parent = try TemporaryFolder()
        for name in ["public", "public-not"] { try parent.addFolder(name) }
        try parent.add("public-not/key", [1])
        try parent.addLink("public/a", to: "../public-not/key")
        #expect(throws: FilesError.outsideLink(path: "\(parent.path)/public/a")) {
            try Files.files(in: "\(parent.path)/public")
        }
    }

    @Test func aLinkToItself() throws {
        try folder.addLink("a", to: "a")
        #expect(throws: FilesError.unreadable(FileError(path: "\(folder.path)/a", reason: ErrorNumber(ELOOP)))) {
            try Files.files(in: folder.path)
        }
    }

    // MARK: - Limits

    @Test func theDefaultLimits() {
        let limits = Files.Limits()
        #expect(limits.maxFiles == 1000 && limits.maxDepth == 8 && limits.maxBytes == 64 << 20)
    }

    @Test func theMostFiles() throws {
        try folder.addFolder("sub")
        for name in ["a", "b", "sub/c"] { try folder.add(name, []) }
        var limits = Files.Limits()
        limits.maxFiles = 3
        #expect(try Files.files(in: folder.path, limits: limits).count == 3)
        try folder.add("sub/d", [])
        #expect(throws: FilesError.tooManyFiles(path: folder.path, limit: 3)) {
            try Files.files(in: folder.path, limits: limits)
        }
    }

    @Test func theDeepestFolder() throws {
        for name in ["a", "a/b", "a/b/c"] { try folder.addFolder(name) }
        try folder.add("a/b/c/d", [1])
        var limits = Files.Limits()
        limits.maxDepth = 3
        #expect(try Files.files(in: folder.path, limits: limits).map(\.name) == ["a/b/c/d"])
        limits.maxDepth = 2
        #expect(throws: FilesError.tooDeep(path: "\(folder.path)/a/b/c", limit: 2)) {
            try Files.files(in: folder.path, limits: limits)
        }
    }

    @Test func theMostBytes() throws {
        try folder.add("a", [1, 2, 3])
        try folder.add("b", [4, 5])
        var limits = Files.Limits()
        limits.maxBytes = 5
        #expect(try Files.files(in: folder.path, limits: limits).count == 2)
        limits.maxBytes = 4
        #expect(throws: FilesError.tooLarge(path: folder.path, limit: 4)) {
            try Files.files(in: folder.path, limits: limits)
        }
    }
}
