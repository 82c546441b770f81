internal import CLinux
internal import Glibc

extension StreamListener {
    /// Owner and group of the socket's file may connect, others may not; the folder's permissions count as well
    /// (unix(7)).
    private static var mode: mode_t { 0o660 }

    /// Listens at a path, and replaces a socket that an ended program has left there.
    public init(at address: UnixAddress, backlog: Int32 = 4096) throws(UnixSocketError) {
        let descriptor = try Self.bind(address)
        let file = try Self.listen(descriptor, address, backlog)
        self.init(descriptor, file)
    }

    /// listen(2) comes after chmod(2): the kernel refuses connections before it, so that the umask's mode lets no
    /// client in.
    private static func listen(
        _ descriptor: borrowing Descriptor, _ address: UnixAddress, _ backlog: Int32
    ) throws(UnixSocketError) -> UnixSocketFile {
        do throws(ErrorNumber) {
            let file = try UnixSocketFile(address.path)
            let number = descriptor.number
            _ = try call { unsafe chmod(address.path, mode) }
            _ = try call { Glibc.listen(number, backlog) }
            return file
        } catch {
            throw UnixSocketError(address.path, .system(error))
        }
    }

    /// Binds a socket, and first removes a socket at the path if no program listens at it.
    private static func bind(_ address: UnixAddress) throws(UnixSocketError) -> Descriptor {
        do throws(ErrorNumber) {
            do throws(ErrorNumber) { return try open(address) } catch {
                guard error == .addressInUse else { throw error }
            }
        } catch {
            throw UnixSocketError(address.path, error == ErrorNumber(ENOENT) ? .noFolder : .system(error))
        }
        try removeStale(address)
        do throws(ErrorNumber) { return try open(address) } catch {
            throw UnixSocketError(address.path, error == .addressInUse ? .inUse : .system(error))
        }
    }

    private static func open(_ address: UnixAddress) throws(ErrorNumber) -> Descriptor {
        let descriptor = try Descriptor(domain: AF_UNIX, type: SOCK_STREAM)
        let number = descriptor.number
        _ = try call { unsafe address.withSocketAddress { unsafe Glibc.bind(number, $0, $1) } }
        return descriptor
    }

    private static func removeStale(_ address: UnixAddress) throws(UnixSocketError) {
        var status = stat()
        guard unsafe lstat(address.path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw UnixSocketError(address.path, .noSocket) }
        do throws(ErrorNumber) {
            let probe = try Descriptor(domain: AF_UNIX, type: SOCK_STREAM)
            let number = probe.number
            // With a full queue the call would block: a program listens all the same.
            _ = try callUnlessBlocked { unsafe address.withSocketAddress { unsafe Glibc.connect(number, $0, $1) } }
            throw ErrorNumber.addressInUse
        } catch {
            switch error {
            case .connectionRefused: try remove(address)
            case .addressInUse: throw UnixSocketError(address.path, .inUse)
            default: throw UnixSocketError(address.path, .system(error))
            }
        }
    }

    /// Removes the file, unless another program has done so meanwhile.
    private static func remove(_ address: UnixAddress) throws(UnixSocketError) {
        guard unsafe unlink(address.path) == -1, errno != ENOENT else { return }
        throw UnixSocketError(address.path, .system(.current))
    }
}
