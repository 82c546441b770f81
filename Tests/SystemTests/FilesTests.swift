import Glibc
import Testing

@testable import System

@Suite struct FilesTests {
    /// A pipe whose writer has not come, one whose writer is silent, and one whose writer is done.
    @Test func aPipeIsReadWhereItsBytesAreThere() throws {
        let folder = try TemporaryFolder()
        let path = folder.entry("pipe")
        try #require(unsafe mkfifo(path, 0o600) == 0)
        let nothing = FileError(path: path, reason: ErrorNumber(ENODATA))
        #expect(throws: nothing) { try Files.text(of: path) }
        // Both ways: such an open(2) waits for no reader.
        let both = Descriptor(owning: unsafe open(path, O_RDWR | O_CLOEXEC))
        #expect(throws: nothing) { try Files.text(of: path) }
        #expect(unsafe write(both.number, "text", 4) == 4)
        #expect(throws: nothing) { try Files.text(of: path) }
    }

    /// A pipe without a name, such as that of a shell's `<(...)`, says only that its writer is gone (poll(2), POLLHUP).
    @Test func aPipeThatHasBeenReadHasNoDataAnyMore() throws {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe pipe(&ends) == 0)
        let reader = Descriptor(owning: ends[0])
        let path = "/proc/self/fd/\(reader.number)"
        #expect(unsafe write(ends[1], "text", 4) == 4)
        close(ends[1])
        #expect(try Files.text(of: path) == "text")
        #expect(throws: FileError(path: path, reason: ErrorNumber(ENODATA))) { try Files.text(of: path) }
        #expect(try Files.bytes(of: path, waiting: true).isEmpty)
        #expect(try Files.text(of: "/dev/null") == "")
    }

    @Test func theBytesOfAPipeAreWaitedFor() throws {
        let folder = try TemporaryFolder()
        let path = folder.entry("pipe")
        try #require(unsafe mkfifo(path, 0o600) == 0)
        try Thread.start {
            let end = Descriptor(owning: unsafe open(path, O_WRONLY | O_CLOEXEC))
            for text in ["port ", "80\n"] { _ = unsafe write(end.number, text, text.utf8.count) }
        }
        #expect(try Files.bytes(of: path, waiting: true) == Array("port 80\n".utf8))
    }
}
