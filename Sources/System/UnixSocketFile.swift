internal import Glibc
internal import Synchronization

/// A socket's file, which the value removes once, at its end or before, unless another file has taken its place; the
/// program's end removes it as well.
struct UnixSocketFile: ~Copyable, Sendable {
    private let key: Int

    /// The file at the path.
    init(_ path: String) throws(ErrorNumber) {
        var status = stat()
        _ = try call { unsafe lstat(path, &status) }
        key = UnixSocketFiles.add(
            UnixSocketFiles.File(path: path, device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
    }

    /// Removes the file, if it is still the same one.
    borrowing func remove() { UnixSocketFiles.remove(key) }

    deinit { remove() }
}

/// The socket files that this process has to remove: exit(3) ends no value.
private enum UnixSocketFiles {
    struct File {
        let path: String
        let device: UInt64
        let inode: UInt64

        func unlink() {
            var status = stat()
            guard unsafe lstat(path, &status) == 0, UInt64(status.st_dev) == device, UInt64(status.st_ino) == inode
            else { return }
            _ = unsafe Glibc.unlink(path)
        }
    }

    private struct State {
        var files: [Int: File] = [:]
        var known = 0
    }

    private static let state = Mutex(State())

    /// Adds a file, and returns its key.
    static func add(_ file: File) -> Int {
        state.withLock { state in
            if state.known == 0 { _ = atexit { UnixSocketFiles.removeAll() } }
            state.known += 1
            state.files[state.known] = file
            return state.known
        }
    }

    /// Removes a file once: another program's file at this path may get the inode of the removed one.
    static func remove(_ key: Int) { state.withLock { $0.files.removeValue(forKey: key)?.unlink() } }

    private static func removeAll() {
        state.withLock { state in
            for file in state.files.values { file.unlink() }
            state.files = [:]
        }
    }
}
