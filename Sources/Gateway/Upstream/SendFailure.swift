internal import System

/// The consequences of a datagram that could not be sent or did not arrive: one table for all errors of socket(2),
/// connect(2), send(2), recv(2) and the ICMP types behind them (ip(7), udp(7); RFC 792, RFC 4443).
enum SendFailure: Equatable {
    /// The reason why a backend is unreachable.
    enum Cause: Equatable {
        /// No service has the port (ICMP "port unreachable").
        case refused
        /// No route leads there.
        case unroutable
        /// A rule forbids it: a filter, or a route that prohibits.
        case prohibited
    }

    /// This host has no room, no port or no descriptor for the moment: try again until the deadline.
    case wait
    /// The datagram is longer than the path or the protocol takes.
    case tooLong
    /// That datagram reached no service: another backend may have it.
    case unreachable(Cause)

    init(_ reason: ErrorNumber) {
        switch reason {
        // connect(2): no port is left. For send(2) would-block is a value and does not come here.
        case .wouldBlock, .addressInUse: self = .wait
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noBufferSpace, .outOfMemory: self = .wait
        case .messageTooLong: self = .tooLong
        case .connectionRefused: self = .unreachable(.refused)
        case .permissionDenied, .notPermitted: self = .unreachable(.prohibited)
        case .badDescriptor, .notASocket, .badAddress:
            preconditionFailure("a system call on an exchange's socket was wrong: \(reason)")
        // Among them are EINVAL, the error of a blackhole route, EADDRNOTAVAIL and EAFNOSUPPORT of a host without IPv6,
        // and all other ICMP types: in each case the datagram did not arrive.
        default: self = .unreachable(.unroutable)
        }
    }
}
