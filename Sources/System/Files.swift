internal import CLinux
internal import Glibc

/// A file or folder that could not be read, and the reason.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file's path.
    public let path: String
    /// The reason.
    public let reason: ErrorNumber

    /// One line that names the path and the reason.
    public var description: String { "cannot read \(path): \(reason)" }
}

/// Reads whole files, as a program does at its start.
public enum Files {
    /// A regular file and its content.
    public struct File: Sendable {
        /// Its path in the folder, such as "style.css" or "images/logo.svg".
        public let name: String
        /// Its content.
        public let bytes: [UInt8]
        /// The time of its last change, in seconds since 1970.
        public let modified: Int64
    }

    /// Limits on the files that are read: all of them stay in memory.
    public struct Limits: Sendable, Equatable {
        /// The most files.
        public var maxFiles = 1000
        /// The most folders between the folder and a file in it.
        public var maxDepth = 8
        /// The most bytes of all files together.
        public var maxBytes = 67_108_864

        /// The default limits.
        public init() {}
    }

    /// The regular files in a folder and in the folders below it, in order of their names.
    ///
    /// The walk skips names that begin with a dot, and everything that is neither a file nor a folder. A symbolic link
    /// must lead to a file within the folder: any other one is an error, so that no file outside is served by mistake.
    public static func files(in path: String, limits: Limits = Limits()) throws(FilesError) -> [File] {
        var walk = try FolderWalk(path, limits)
        try walk.enter("", depth: 0)
        return walk.files
    }

    /// A file of the kernel's as text; bytes in it that are not UTF-8, such as those of a program's name, become U+FFFD.
    public static func text(of path: String) throws(FileError) -> String {
        String(decoding: try bytes(of: path), as: UTF8.self)
    }

    /// The bytes of a file; more than `maxBytes` are an error (EFBIG).
    ///
    /// - `waiting`: waits for the writer of a pipe to begin and to end; otherwise a pipe without all of its bytes is an error
    ///   (ENODATA), and so is one that has been read before.
    public static func bytes(
        of path: String, maxBytes: Int = 1 << 20, waiting: Bool = false
    ) throws(FileError) -> [UInt8] {
        do throws(ErrorNumber) {
            // O_NONBLOCK: a pipe opens before its writer (fifo(7)), and its bytes may be waited for, or not.
            let descriptor = Descriptor(
                owning: try call { unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) })
            return try bytes(of: descriptor, atMost: maxBytes, waiting: waiting)
        } catch {
            throw FileError(path: path, reason: error)
        }
    }

    /// All bytes of an open file; more than the limit are an error (EFBIG).
    static func bytes(
        of descriptor: borrowing Descriptor, atMost limit: Int, waiting: Bool = false
    ) throws(ErrorNumber) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        let (number, room) = (descriptor.number, piece.indices)
        while true {
            try awaitBytes(descriptor, waiting, isFirst: bytes.isEmpty)
            let count = try call {
                unsafe piece.withMutableBytes(in: room) { unsafe read(number, $0.baseAddress, $0.count) }
            }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= limit else { throw ErrorNumber(EFBIG) }
        }
    }

    /// Waits for bytes or the end (poll(2)); of a pipe read(2) says that it has ended where no writer has come yet.
    private static func awaitBytes(
        _ descriptor: borrowing Descriptor, _ waiting: Bool, isFirst: Bool
    ) throws(ErrorNumber) {
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        let count = try call { unsafe poll(&entry, 1, waiting ? -1 : 0) }
        // The end of a pipe is POLLHUP alone, that of an empty file POLLIN.
        let hasNothing = count == 0 || isFirst && Int32(entry.revents) & POLLIN == 0
        guard waiting || !hasNothing else { throw ErrorNumber(ENODATA) }
    }

    /// The permissions of a file, which are the last nine bits of its mode; nil when they cannot be read (stat(2),
    /// inode(7)).
    public static func permissions(of path: String) -> UInt32? { status(of: path).map { UInt32($0.st_mode) & 0o777 } }

    /// Whether the path is a device's (inode(7)).
    public static func isDevice(_ path: String) -> Bool {
        [S_IFCHR, S_IFBLK].contains((status(of: path)?.st_mode ?? 0) & S_IFMT)
    }

    /// The time of a file's last change, in seconds since 1970; nil when it cannot be read (stat(2)).
    public static func modificationTime(of path: String) -> Int64? { status(of: path).map { Int64($0.st_mtim.tv_sec) } }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status : nil
    }
}

/// The reason why a folder's files are not read: one is unreadable, or a limit is exceeded.
public enum FilesError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file or folder cannot be read.
    case unreadable(FileError)
    /// The folder has more files than this.
    case tooManyFiles(path: String, limit: Int)
    /// This folder lies below more folders than that.
    case tooDeep(path: String, limit: Int)
    /// The folder's files have more bytes than this, together.
    case tooLarge(path: String, limit: Int)
    /// This symbolic link leads to a folder, or to a file outside.
    case outsideLink(path: String)
    /// This folder contains a name that is not UTF-8.
    case invalidName(path: String)

    /// One line that names the path and the reason.
    public var description: String {
        switch self {
        case .unreadable(let error): "\(error)"
        case .tooManyFiles(let path, let limit): "\(path) has more than \(limit) files"
        case .tooDeep(let path, let limit): "\(path) lies more than \(limit) folders deep"
        case .tooLarge(let path, let limit): "the files of \(path) have more than \(limit) bytes"
        case .outsideLink(let path): "the symbolic link \(path) does not lead to a file of the folder that is served"
        case .invalidName(let path): "\(path) has a file whose name is not UTF-8"
        }
    }
}
