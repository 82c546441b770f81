internal import CLinux
internal import Glibc

/// A file or folder that could not be read: which, and why.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where it is.
    public let path: String
    /// Why it could not be read.
    public let reason: ErrorNumber

    /// One line that names the path and the reason.
    public var description: String { "cannot read \(path): \(reason)" }
}

/// Reading files whole, as a program does once at its start.
public enum Files {
    /// A regular file and its content.
    public struct File: Sendable {
        /// Its path in the folder, such as "style.css" or "images/logo.svg".
        public let name: String
        /// Its content.
        public let bytes: [UInt8]
        /// When it was changed, in seconds since 1970.
        public let modified: Int64
    }

    /// How much is read at most: all of it stays in memory.
    public struct Limits: Sendable, Equatable {
        /// The most files.
        public var maxFiles = 1000
        /// The most folders on the way from the folder to a file in it.
        public var maxDepth = 8
        /// The most bytes of all files together.
        public var maxBytes = 67_108_864

        /// The default limits.
        public init() {}
    }

    /// The regular files in a folder and in the folders below it, in order of their names.
    ///
    /// Names that begin with a dot are left out, and so is what is neither a file nor a folder. A symbolic link is
    /// followed to a file that lies in the folder; any other one is an error, for nothing outside may be served by mistake.
    public static func files(in path: String, limits: Limits = Limits()) throws(FilesError) -> [File] {
        var walk = try FolderWalk(path, limits)
        try walk.enter("", depth: 0)
        return walk.files
    }

    /// A file as text; a file of more than so many bytes is an error (EFBIG).
    public static func text(of path: String, maxBytes: Int = 1 << 20) throws(FileError) -> String {
        do throws(ErrorNumber) {
            // O_NONBLOCK: a pipe without a writer is opened, and is empty (fifo(7)).
            let descriptor = Descriptor(
                owning: try call { unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) })
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 16_384)
            while true {
                let room = piece.indices
                let count = try call {
                    unsafe piece.withMutableBytes(in: room) { unsafe read(descriptor.number, $0.baseAddress, $0.count) }
                }
                if count == 0 { break }
                bytes += piece[..<count]
                guard bytes.count <= maxBytes else { throw ErrorNumber(EFBIG) }
            }
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            throw FileError(path: path, reason: error)
        }
    }

    /// Who may do what with a file: the last nine bits of its mode; nil when that cannot be told (stat(2), inode(7)).
    public static func permissions(of path: String) -> UInt32? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return UInt32(status.st_mode) & 0o777
    }

    /// When a file was changed, in seconds since 1970; nil when that cannot be told (stat(2)).
    public static func modificationTime(of path: String) -> Int64? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Int64(status.st_mtim.tv_sec)
    }
}
