import Glibc
import Testing

@testable import System

/// An empty folder of its own for one test, gone with it.
final class TemporaryFolder {
    let path: String
    private var names: [String] = []

    init() throws {
        path = "/tmp/letterbox-folder-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try #require(unsafe mkdir(path, 0o700) == 0)
    }

    /// The path of a new entry, which is removed in the end.
    func entry(_ name: String) -> String {
        names.append(name)
        return "\(path)/\(name)"
    }

    /// Adds a file.
    func add(_ name: String, _ bytes: [UInt8]) throws {
        let file = Descriptor(owning: unsafe open(entry(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
        let count = unsafe bytes.withUnsafeBytes { unsafe write(file.number, $0.baseAddress, $0.count) }
        try #require(count == bytes.count)
    }

    /// Adds a folder.
    func addFolder(_ name: String) throws {
        try #require(unsafe mkdir(entry(name), 0o700) == 0)
    }

    /// Adds a symbolic link.
    func addLink(_ name: String, to target: String) throws {
        try #require(unsafe symlink(target, entry(name)) == 0)
    }

    deinit {
        // A folder was added before what is in it.
        for name in names.reversed() { unsafe remove("\(path)/\(name)") }
        unsafe rmdir(path)
    }
}
