internal import CLinux
internal import Glibc

/// Listening sockets that a service manager has opened for this program (sd_listen_fds(3)).
public enum InheritedListeners {
    /// The reason why the sockets cannot be taken.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// The variable is not a number of descriptors.
        case badCount(String)
        /// A descriptor is not a listening stream socket.
        case noListener(Int32)

        /// One sentence for the operator.
        public var description: String {
            switch self {
            case .badCount(let text): "LISTEN_FDS is \"\(text)\", and no number of sockets"
            case .noListener(let number):
                "the inherited descriptor \(number) is no stream socket that listens: use ListenStream= with an address and a port, or a path"
            }
        }
    }

    /// An open socket that no other value owns: its number, and its name in the service manager.
    public struct Entry: Equatable, Sendable {
        /// The descriptor.
        public let number: Int32
        /// FileDescriptorName= of the socket's unit; empty where there is none.
        public let name: String
    }

    /// The first inherited descriptor (SD_LISTEN_FDS_START).
    private static let start: Int32 = 3

    /// Takes the sockets that the environment announces; none where it announces none, or those of another process.
    ///
    /// Call it once, before other descriptors and other threads exist: it removes the variables.
    public static func take() throws(Failure) -> [Entry] {
        let names = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]
        let values = names.map { Environment.value(of: $0) }
        for name in names { Environment.remove(name) }
        guard let process = values[0], process == "\(getpid())", let text = values[1] else { return [] }
        guard let count = Int32(text), (0...1024).contains(count) else { throw .badCount(text) }
        let titles = (values[2] ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var entries: [Entry] = []
        for index in 0..<Int(count) {
            let number = start + Int32(index)
            guard isListener(number) else { throw .noListener(number) }
            // Children of this program inherit none of them.
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
            _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
            entries.append(Entry(number: number, name: index < titles.count ? titles[index] : ""))
        }
        return entries
    }

    private static func isListener(_ number: Int32) -> Bool {
        socketOption(SO_ACCEPTCONN, of: number) == 1
            && socketOption(SO_TYPE, of: number) == Int32(SOCK_STREAM.rawValue)
            && [AF_INET, AF_INET6, AF_UNIX].contains(socketOption(SO_DOMAIN, of: number))
    }
}
