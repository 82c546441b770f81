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
