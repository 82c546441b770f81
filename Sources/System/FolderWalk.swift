internal import CLinux
internal import Glibc

/// A walk through a folder that reads the files in it.
struct FolderWalk {
    private(set) var files: [Files.File] = []
    private let path: String
    private let limits: Files.Limits
    /// The folder's path without links, and a slash.
    private let root: String
    private var bytes = 0

    /// Begins a walk at a path.
    init(_ path: String, _ limits: Files.Limits) throws(FilesError) {
        self.path = path
        self.limits = limits
        let root = try Self.withoutLinks(path)
        self.root = root == "/" ? root : root + "/"
    }

    /// Reads one folder; `prefix` begins the names in it and is empty or ends in a slash.
    mutating func enter(_ prefix: String, depth: Int) throws(FilesError) {
        let folder = prefix.isEmpty ? path : "\(path)/\(prefix.dropLast())"
        guard depth <= limits.maxDepth else { throw .tooDeep(path: folder, limit: limits.maxDepth) }
        for name in try Self.names(in: folder).sorted() {
            try visit(prefix + name, depth)
        }
    }

    private mutating func visit(_ name: String, _ depth: Int) throws(FilesError) {
        let entry = "\(path)/\(name)"
        switch try Self.kind(entry) {
        case S_IFREG: try read(entry, name)
        case S_IFDIR: try enter("\(name)/", depth: depth + 1)
        case S_IFLNK: try follow(entry, name)
        // A pipe would wait for its writer, a socket cannot be opened, and opening a device may have effects.
        default: break
        }
    }

    /// Reads the target of a link by its path without links, so that the checked file and the read one are the same.
    private mutating func follow(_ link: String, _ name: String) throws(FilesError) {
        let target = try Self.withoutLinks(link)
        guard target.utf8.starts(with: root.utf8) else { throw .outsideLink(path: link) }
        switch try Self.kind(target) {
        case S_IFREG: try read(target, name)
        case S_IFDIR: throw .outsideLink(path: link)
        default: break
        }
    }

    private mutating func read(_ file: String, _ name: String) throws(FilesError) {
        guard files.count < limits.maxFiles else { throw .tooManyFiles(path: path, limit: limits.maxFiles) }
        guard let found = try Self.read(file, name, atMost: limits.maxBytes - bytes) else {
            throw .tooLarge(path: path, limit: limits.maxBytes)
        }
        bytes += found.bytes.count
        files.append(found)
    }

    // MARK: - System calls

    /// The names in a folder that do not begin with a dot (opendir(3)).
    private static func names(in path: String) throws(FilesError) -> [String] {
        guard let folder = unsafe opendir(path) else { throw unreadable(path, .current) }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while true {
            // Null is the end as well as a failure (readdir(3)).
            errno = 0
            guard let entry = unsafe readdir(folder) else { break }
            let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if bytes.first == UInt8(ascii: ".") { continue }
            guard let name = String(validating: bytes, as: UTF8.self) else { throw .invalidName(path: path) }
            names.append(name)
        }
        guard errno == 0 else { throw unreadable(path, .current) }
        return names
    }

    /// The path without symbolic links and dot segments (realpath(3)).
    private static func withoutLinks(_ path: String) throws(FilesError) -> String {
        guard let real = unsafe realpath(path, nil) else { throw unreadable(path, .current) }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// The type of the file at a path, a symbolic link not followed (lstat(2)).
    private static func kind(_ path: String) throws(FilesError) -> mode_t {
        var status = stat()
        do throws(ErrorNumber) { _ = try call { unsafe lstat(path, &status) } } catch { throw unreadable(path, error) }
        return status.st_mode & S_IFMT
    }

    /// A regular file; nil when it has more bytes than the limit (open(2), read(2)).
    private static func read(_ path: String, _ name: String, atMost limit: Int) throws(FilesError) -> Files.File? {
        do throws(ErrorNumber) {
            let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW
            let file = Descriptor(owning: try call { unsafe open(path, flags) })
            var status = stat()
            _ = try call { unsafe fstat(file.number, &status) }
            let bytes = try Files.bytes(of: file, atMost: limit)
            return Files.File(name: name, bytes: bytes, modified: Int64(status.st_mtim.tv_sec))
        } catch {
            if error.code == EFBIG { return nil }
            throw unreadable(path, error)
        }
    }

    private static func unreadable(_ path: String, _ reason: ErrorNumber) -> FilesError {
        .unreadable(FileError(path: path, reason: reason))
    }
}
