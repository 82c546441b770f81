internal import Glibc

/// A failed system call on a socket: the operation, its address, and the reason.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An operation of the program.
    public enum Operation: String, Sendable {
        /// socket(2)
        case open
        /// setsockopt(2)
        case configure
        /// bind(2)
        case bind
        /// listen(2)
        case listen
        /// connect(2)
        case connect
        /// accept4(2)
        case accept
        /// recv(2), recvmmsg(2)
        case receive
        /// send(2), sendmmsg(2)
        case send
        /// pthread_create(3)
        case startThread = "start a thread"
        /// epoll_create1(2), epoll_ctl(2), eventfd(2), signalfd(2)
        case watch
        /// read(2)
        case readInput = "read standard input"
        /// write(2)
        case writeOutput = "write standard output"
    }

    /// The failed operation.
    public let operation: Operation
    /// The address of the operation, where there is one.
    public let address: SocketAddress?
    /// The reason.
    public let reason: ErrorNumber

    /// Names a failed operation.
    public init(_ operation: Operation, _ address: SocketAddress? = nil, _ reason: ErrorNumber) {
        self.operation = operation
        self.address = address
        self.reason = reason
    }

    /// One line, such as "cannot bind 127.0.0.1:80: Permission denied".
    public var description: String {
        guard let address else { return "cannot \(operation.rawValue): \(reason)" }
        return "cannot \(operation.rawValue) \(address): \(reason)"
    }
}

/// Adds the operation and the address to an error of `body`.
@inline(__always)
func attempt<Result: ~Copyable>(
    _ operation: SystemError.Operation,
    _ address: SocketAddress? = nil,
    _ body: () throws(ErrorNumber) -> Result
) throws(SystemError) -> Result {
    do {
        return try body()
    } catch {
        throw SystemError(operation, address, error)
    }
}

/// The kernel's number for a failure (errno(3)).
public struct ErrorNumber: Error, Equatable, Sendable, CustomStringConvertible {
    /// The value of `errno`.
    public let code: Int32

    /// Names the failure with this value of `errno`.
    public init(_ code: Int32) {
        self.code = code
    }

    /// The calling thread's `errno`.
    static var current: ErrorNumber { ErrorNumber(errno) }

    /// The C library's words for the failure, such as "Connection refused".
    public var description: String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }

    /// Nothing to read yet, or no room to write: not a failure.
    public static let wouldBlock = ErrorNumber(EAGAIN)
    /// The address is taken by another socket.
    public static let addressInUse = ErrorNumber(EADDRINUSE)
    /// The machine has no such address.
    public static let addressNotAvailable = ErrorNumber(EADDRNOTAVAIL)
    /// The process lacks the permission, such as that to bind a port below 1,024.
    public static let permissionDenied = ErrorNumber(EACCES)
    /// No socket listens there: a reset for TCP, an ICMP "port unreachable" for UDP (udp(7)).
    public static let connectionRefused = ErrorNumber(ECONNREFUSED)
    /// The datagram is longer than the protocol or the path allows.
    public static let messageTooLong = ErrorNumber(EMSGSIZE)
    /// The process has no descriptor left.
    public static let tooManyOpenFiles = ErrorNumber(EMFILE)
    /// The system has no descriptor left.
    public static let tooManyOpenFilesInSystem = ErrorNumber(ENFILE)
    /// The call does not fit the socket's state, as accept(2) on a socket that has stopped listening.
    public static let invalidArgument = ErrorNumber(EINVAL)
    /// No buffer is left: the queue to the network is full, or memory is short.
    public static let noBufferSpace = ErrorNumber(ENOBUFS)
    /// No room is left: the user's watches are used up (epoll_ctl(2), fs.epoll.max_user_watches).
    public static let noSpace = ErrorNumber(ENOSPC)
    /// No memory is left.
    public static let outOfMemory = ErrorNumber(ENOMEM)
    /// The descriptor is not open: a bug of the program.
    public static let badDescriptor = ErrorNumber(EBADF)
    /// The descriptor is not a socket: a bug of the program.
    public static let notASocket = ErrorNumber(ENOTSOCK)
    /// The address is not in the program's memory: a bug of the program.
    public static let badAddress = ErrorNumber(EFAULT)
    /// A filter of this host forbids it.
    public static let notPermitted = ErrorNumber(EPERM)
    /// The pipe has no reader any more.
    public static let brokenPipe = ErrorNumber(EPIPE)
}

/// Makes one system call, and again while a signal interrupts it; -1 becomes the error.
///
/// The EINTR policy is in this function alone.
@inline(__always)
func call<Result: FixedWidthInteger>(_ body: () -> Result) throws(ErrorNumber) -> Result {
    while true {
        let result = body()
        if result != -1 { return result }
        guard errno == EINTR else { throw .current }
    }
}

/// Makes one system call that may have nothing to do yet, and then returns nil.
@inline(__always)
func callUnlessBlocked<Result: FixedWidthInteger>(_ body: () -> Result) throws(ErrorNumber) -> Result? {
    do {
        return try call(body)
    } catch {
        if error == .wouldBlock { return nil }
        throw error
    }
}
