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
public enum Folder {
    /// A regular file and its content.
    public struct File: Sendable {
        /// Its name in the folder.
        public let name: String
        /// Its content.
        public let bytes: [UInt8]
        /// When it was changed, in seconds since 1970.
        public let modified: Int64
    }

    /// The regular files directly in a folder, in order of their names; those whose names begin with a dot are left out.
    ///
    /// Throws when the folder or one of its files cannot be read (opendir(3), open(2), read(2)).
    public static func files(in path: String) throws(FileError) -> [File] {
        guard let folder = unsafe opendir(path) else { throw FileError(path: path, reason: .current) }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        var files: [File] = []
        for name in names.sorted() {
            if let file = try read("\(path)/\(name)", name: name) { files.append(file) }
        }
        return files
    }

    /// When a file was changed, in seconds since 1970; nil when that cannot be told (stat(2)).
    public static func modificationTime(of path: String) -> Int64? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Int64(status.st_mtim.tv_sec)
    }

    /// A regular file; nil for anything else.
    private static func read(_ path: String, name: String) throws(FileError) -> File? {
        do throws(ErrorNumber) {
            var status = stat()
            // Looked at before it is opened: a pipe would wait for its writer, a socket cannot be opened at all.
            _ = try call { unsafe stat(path, &status) }
            guard status.st_mode & S_IFMT == S_IFREG else { return nil }
            let file = Descriptor(owning: try call { unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) })
            _ = try call { unsafe fstat(file.number, &status) }
            var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
            var count = 0
            while count < bytes.count {
                let number = try call {
                    unsafe bytes.withMutableBytes(in: count..<bytes.count) {
                        unsafe Glibc.read(file.number, $0.baseAddress, $0.count)
                    }
                }
                if number == 0 { break }
                count += number
            }
            return File(name: name, bytes: Array(bytes[..<count]), modified: Int64(status.st_mtim.tv_sec))
        } catch {
            throw FileError(path: path, reason: error)
        }
    }
}
