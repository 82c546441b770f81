internal import CLinux
internal import Glibc

// The start's own needs, which a check can see: neither a port in use nor a privileged one is a fault, for the running
// gateway may have the port, and a service manager may hand it over.
extension StreamListener {
    /// Throws where the machine does not have an address.
    ///
    /// The socket is bound and closed. With SO_REUSEADDR it keeps no program from listening there (socket(7)).
    public static func check(_ address: SocketAddress) throws(SystemError) {
        do throws(SystemError) { _ = try bound(to: address) } catch {
            guard error.operation == .bind, [.addressInUse, .permissionDenied].contains(error.reason) else {
                throw error
            }
        }
    }

    /// Throws where there is no socket at a path and this program cannot make one: a file that is none is in the way, or
    /// the folder is missing or closed.
    public static func check(_ address: UnixAddress) throws(UnixSocketError) {
        var status = stat()
        if unsafe lstat(address.path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else { throw UnixSocketError(address.path, .noSocket) }
            return
        }
        let parts = address.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts.joined(separator: "/") + "/"
        do throws(ErrorNumber) {
            // With the rights of the effective user, as bind(2) has them.
            _ = try call { unsafe faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) }
        } catch {
            throw UnixSocketError(address.path, error == ErrorNumber(ENOENT) ? .noFolder : .system(error))
        }
    }
}

extension ListenAddress {
    /// Whether one program cannot listen at both: they are the same, or one of them includes the other.
    public func overlaps(_ other: ListenAddress) -> Bool {
        switch (self, other) {
        case (.unix(let path), .unix(let second)): path == second
        case (.internet(let address), .internet(let second)):
            address.port != 0 && address.port == second.port
                && (address == second || address.includes(second) || second.includes(address))
        default: false
        }
    }
}

extension SocketAddress {
    /// Whether it stands for the other address as well; an IPv6 socket at the wildcard serves IPv4, too (ipv6(7)).
    fileprivate func includes(_ other: SocketAddress) -> Bool { isWildcard && (isIPv6 || !other.isIPv6) }
}
