import CLinux
import Foundation
import Glibc
import Testing

@testable import System

/// Listeners at paths.
@Suite struct UnixListenerTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lb-\(UUID().uuidString.prefix(8))")
        .path

    private func inFolder(_ body: (String) throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body("\(folder)/s")
    }

    private func connect(_ path: String) throws -> StreamBox? {
        let descriptor = try Descriptor(domain: AF_UNIX, type: SOCK_STREAM)
        let number = descriptor.number
        let status = unsafe try UnixAddress(path).withSocketAddress { unsafe Glibc.connect(number, $0, $1) }
        return status == 0 ? StreamBox(descriptor.release()) : nil
    }

    @Test func connectionsComeThroughAPath() throws {
        try inFolder { path in
            let listener = try StreamListener(at: UnixAddress(path))
            #expect(listener.address == .unix(path) && !listener.address.isLoopback)
            #expect(Files.permissions(of: path) == 0o660)
            let client = try #require(try connect(path))
            waitToRead(listener.descriptor)
            let server = try StreamBox(#require(try listener.accept()?.release()))
            #expect(try client.socket.send([1, 2].span) == 2)
            waitToRead(server.socket.descriptor)
            var bytes = [UInt8](repeating: 0, count: 4)
            #expect(try server.socket.receive(into: &bytes, 0..<4) == 2)
            listener.stop()
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try connect(path) == nil)
        }
    }

    @Test func theFileEndsWithTheListener() throws {
        try inFolder { path in
            do { _ = try StreamListener(at: UnixAddress(path)) }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    /// Another program's socket at the same path stays.
    @Test func aFileThatTookItsPlaceStays() throws {
        try inFolder { path in
            let listener = try StreamListener(at: UnixAddress(path))
            #expect(unsafe unlink(path) == 0)
            let other = try StreamListener(at: UnixAddress(path))
            listener.stop()
            #expect(try connect(path) != nil)
            _ = other.address
        }
    }

    /// A file system soon gives the number of a removed file to another one, such as the next gateway's socket.
    @Test func aFileIsRemovedOnce() throws {
        try inFolder { path in
            do {
                let listener = try StreamListener(at: UnixAddress(path))
                #expect(unsafe link(path, "\(path)2") == 0)
                listener.stop()
                #expect(!FileManager.default.fileExists(atPath: path))
                #expect(unsafe rename("\(path)2", path) == 0)
            }
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func aSocketThatIsLeftOverIsReplaced() throws {
        try inFolder { path in
            let descriptor = try Descriptor(domain: AF_UNIX, type: SOCK_STREAM)
            let number = descriptor.number
            #expect(unsafe try UnixAddress(path).withSocketAddress { unsafe Glibc.bind(number, $0, $1) } == 0)
            _ = close(descriptor.release())
            let listener = try StreamListener(at: UnixAddress(path))
            #expect(try connect(path) != nil)
            _ = listener.address
        }
    }

    @Test func aSocketThatAnswersStays() throws {
        try inFolder { path in
            let listener = try StreamListener(at: UnixAddress(path), backlog: 0)
            for _ in 0..<3 {
                // The queue is full from the second on.
                #expect(throws: UnixSocketError(path, .inUse)) { _ = try StreamListener(at: UnixAddress(path)) }
            }
            #expect(FileManager.default.fileExists(atPath: path))
            _ = listener.address
        }
    }

    @Test func whatIsNoSocketStays() throws {
        try inFolder { path in
            try Data("text".utf8).write(to: URL(filePath: path))
            #expect(throws: UnixSocketError(path, .noSocket)) { _ = try StreamListener(at: UnixAddress(path)) }
            #expect(FileManager.default.contents(atPath: path) == Data("text".utf8))
            #expect(unsafe unlink(path) == 0)
            #expect(unsafe symlink("/nowhere", path) == 0)
            #expect(throws: UnixSocketError(path, .noSocket)) { _ = try StreamListener(at: UnixAddress(path)) }
            #expect(throws: UnixSocketError("\(path)/none/s", .noFolder)) {
                _ = try StreamListener(at: UnixAddress("\(path)/none/s"))
            }
        }
    }

    /// unix(7): 108 bytes, of which the last one is zero.
    @Test func aPathHas107BytesAtMost() throws {
        let longest = "/" + String(repeating: "a", count: UnixAddress.mostBytes - 1)
        #expect(try UnixAddress(longest).path == longest)
        #expect(throws: UnixSocketError(longest + "a", .tooLong)) { _ = try UnixAddress(longest + "a") }
        #expect(throws: UnixSocketError("", .system(.invalidArgument))) { _ = try UnixAddress("") }
        try inFolder { path in
            let full = path + String(repeating: "a", count: UnixAddress.mostBytes - path.utf8.count)
            let listener = try StreamListener(at: UnixAddress(full))
            #expect(listener.address == .unix(full))
            #expect(try connect(full) != nil)
        }
    }

    /// Another program may fill all 108 bytes; the kernel then counts a zero that the address has no room for (unix(7), BUGS).
    @Test(arguments: [107, 108]) func aPathOfAnotherProgramIsRead(length: Int) throws {
        try inFolder { path in
            let full = path + String(repeating: "a", count: length - path.utf8.count)
            let descriptor = try Descriptor(domain: AF_UNIX, type: SOCK_STREAM)
            let number = descriptor.number
            #expect(unsafe withUnixAddress(Array(full.utf8)) { unsafe Glibc.bind(number, $0, $1) } == 0)
            #expect(UnixAddress.path(of: descriptor) == full)
        }
    }
}
