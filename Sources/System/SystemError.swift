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
        /// shutdown(2)
        case shutDown = "shut down"
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
