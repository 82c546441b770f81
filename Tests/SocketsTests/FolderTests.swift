import Glibc
import Testing

@testable import Sockets

@Suite struct FolderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func regularFilesInOrderOfTheirNames() throws {
        try folder.add("b.txt", [1, 2, 3])
        try folder.add("a.css", Array(repeating: 7, count: 200_000))
        try folder.add(".hidden", [9])
        try folder.add("empty", [])
        let files = try Folder.files(in: folder.path)
        #expect(files.map(\.name) == ["a.css", "b.txt", "empty"])
        #expect(files.map(\.bytes) == [Array(repeating: 7, count: 200_000), [1, 2, 3], []])
    }

    /// Neither a folder nor a pipe without a writer nor a socket is a file, and none of them holds the reader up.
    @Test(.timeLimit(.minutes(1))) func everythingElseIsLeftOut() throws {
        try folder.add("a", [1])
        try #require(unsafe mkdir(folder.entry("folder"), 0o700) == 0)
        try #require(unsafe mkfifo(folder.entry("pipe"), 0o600) == 0)
        try #require(unsafe mknod(folder.entry("socket"), S_IFSOCK | 0o600, 0) == 0)
        #expect(try Folder.files(in: folder.path).map(\.name) == ["a"])
    }

    @Test func aFileIsNoFolder() throws {
        try folder.add("a", [1])
        #expect(throws: FileError(path: "\(folder.path)/a", reason: ErrorNumber(ENOTDIR))) {
            try Folder.files(in: "\(folder.path)/a")
        }
    }

    @Test func aFolderThatIsNotThere() {
        let error = #expect(throws: FileError.self) { try Folder.files(in: "/no/such/folder") }
        #expect(error?.description == "cannot read /no/such/folder: No such file or directory")
    }

    @Test func aFileThatCannotBeRead() throws {
        try #require(unsafe symlink("/no/such/file", folder.entry("a")) == 0)
        #expect(throws: FileError(path: "\(folder.path)/a", reason: ErrorNumber(ENOENT))) {
            try Folder.files(in: folder.path)
        }
    }
}
