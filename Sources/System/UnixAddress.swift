internal import CLinux
internal import Glibc

/// A path of the file system as a socket's address (unix(7)).
public struct UnixAddress: Sendable {
    /// The path.
    public let path: String

    /// The longest path in bytes: the kernel's form has room for 108, of which the last one is zero.
    public static let mostBytes = 107

    /// Takes a path that is neither empty nor too long.
    public init(_ path: String) throws(UnixSocketError) {
        guard path.utf8.count <= Self.mostBytes else { throw UnixSocketError(path, .tooLong) }
        guard !path.isEmpty, !path.utf8.contains(0) else { throw UnixSocketError(path, .system(.invalidArgument)) }
        self.path = path
    }

    /// Lends the kernel's form to a system call.
    func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnixAddress(Array(path.utf8), body)
    }

    /// The path that a socket listens at; empty where it has none, with a leading "@" in the abstract namespace.
    static func path(of descriptor: borrowing Descriptor) -> String {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let number = descriptor.number
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(number, $0, &length)
            }
        }
        guard status == 0 else { return "" }
        return unsafe withUnsafeBytes(of: address) { bytes in
            // The kernel counts a zero behind a path that fills the address, beyond its end (unix(7), BUGS).
            let path = unsafe bytes.prefix(Int(length)).dropFirst(MemoryLayout<sa_family_t>.size)
            let isAbstract = unsafe path.first == 0 && path.count > 1
            let name = unsafe (isAbstract ? path.dropFirst() : path).prefix { $0 != 0 }
            return unsafe (isAbstract ? "@" : "") + String(decoding: name, as: UTF8.self)
        }
    }
}

/// Lends a system call the kernel's form of a path, to which the kernel adds the final zero, or of an abstract name, which
/// begins with a zero and has exactly these bytes (unix(7)).
func withUnixAddress<Result>(_ path: [UInt8], _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let start = MemoryLayout<sa_family_t>.size
    unsafe withUnsafeMutableBytes(of: &address) { unsafe $0[start...].copyBytes(from: path) }
    return unsafe withUnsafeBytes(of: address) { bytes in
        guard let family = bytes.baseAddress else { preconditionFailure("an address has bytes") }
        return unsafe body(family.assumingMemoryBound(to: sockaddr.self), socklen_t(start + path.count))
    }
}

/// A failure to listen at a path.
public struct UnixSocketError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The reason.
    public enum Reason: Equatable, Sendable {
        /// The path has more than ``UnixAddress/mostBytes`` bytes.
        case tooLong
        /// A file at the path is not a socket.
        case noSocket
        /// A program listens at the path.
        case inUse
        /// The folder of the path does not exist.
        case noFolder
        /// A system call fails.
        case system(ErrorNumber)
    }

    /// The path.
    public let path: String
    /// The reason.
    public let reason: Reason

    init(_ path: String, _ reason: Reason) { (self.path, self.reason) = (path, reason) }

    /// One line that tells the remedy.
    public var description: String { "cannot listen at unix:\(path): \(sentence)" }

    /// Whether the sentence ends with the advice to choose another path.
    public var advisesPath: Bool { reason == .inUse }

    /// The sentence without the path.
    public var sentence: String {
        switch reason {
        case .tooLong:
            "the path has \(path.utf8.count) bytes, and that of a socket has \(UnixAddress.mostBytes) at most: choose a shorter one"
        case .noSocket: "there is a file that is no socket: choose another path, or remove it"
        case .inUse: "a program answers there: stop it, or choose another path"
        case .noFolder: "the folder is not there: make it first"
        case .system(let reason): "\(reason)"
        }
    }
}
