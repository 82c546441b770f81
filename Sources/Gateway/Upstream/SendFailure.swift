internal import System

/// What follows when a datagram cannot be sent, or a report says that it did not arrive: one table for all that socket(2),
/// connect(2), send(2), recv(2) and the ICMP types behind them can say (ip(7), udp(7); RFC 792, RFC 4443).
enum SendFailure: Equatable {
    /// Why a backend cannot be reached.
    enum Cause: Equatable {
        /// No service has the port (ICMP "port unreachable").
        case refused
        /// No way leads there.
        case unroutable
        /// A rule forbids it: a filter, or a route that prohibits.
        case prohibited
    }

    /// This host has no room, no port or no descriptor: that passes. Try again until the deadline.
    case wait
    /// The datagram is longer than the path or the protocol takes.
    case tooLong
    /// That datagram reached no service: another backend may have it.
    case unreachable(Cause)

    init(_ reason: ErrorNumber) {
        switch reason {
        // connect(2): no port is left. Of send(2) would-block is a value and does not come here.
        case .wouldBlock, .addressInUse: self = .wait
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noBufferSpace, .outOfMemory: self = .wait
        case .messageTooLong: self = .tooLong
        case .connectionRefused: self = .unreachable(.refused)
        case .permissionDenied, .notPermitted: self = .unreachable(.prohibited)
        case .badDescriptor, .notASocket, .badAddress:
            preconditionFailure("a system call on an exchange's socket was wrong: \(reason)")
        // Among them EINVAL, which a blackhole route says, EADDRNOTAVAIL and EAFNOSUPPORT of a host without IPv6, and all
        // other ICMP types: named or not, the datagram did not get there.
        default: self = .unreachable(.unroutable)
        }
    }
}
