internal import EventLoop
package import System

/// Something that a pinger tells at once, a line each.
package struct PingerEvent: Sendable, CustomStringConvertible {
    /// What happened.
    package enum Kind: Equatable, Sendable {
        /// The probe was answered.
        case reply(number: Int, Interval)
        /// The probe was answered again.
        case duplicate(number: Int, Interval)
        /// The probe was answered after it had been given up.
        case late(number: Int, Interval)
        /// A datagram came that is not the echo of any probe.
        case foreign
        /// The probe was given up.
        case timedOut(number: Int)
        /// Nobody listens at the port.
        case refused(number: Int)
        /// The probe could not be sent.
        case failed(number: Int, SystemError)
    }

    /// What happened.
    package let kind: Kind
    /// Where the probes go.
    package let server: SocketAddress
    /// How many bytes came.
    package let size: Int

    /// One line, such as "64 bytes from 127.0.0.1:12000: seq=1 time=0.123 ms".
    package var description: String {
        let came = "\(size) bytes from \(server):"
        switch kind {
        case .reply(let number, let time): return "\(came) \(answer(number, time))"
        case .duplicate(let number, let time): return "\(came) \(answer(number, time)) (duplicate)"
        case .late(let number, let time): return "\(came) \(answer(number, time)) (late)"
        case .foreign: return "\(came) not the echo of a probe"
        case .timedOut(let number): return "Request timed out: seq=\(number)"
        case .refused(let number): return "Nobody listens at \(server): seq=\(number)"
        case .failed(let number, let error): return "\(error): seq=\(number)"
        }
    }

    private func answer(_ number: Int, _ time: Interval) -> String {
        "seq=\(number) time=\(time.fixedPoint(unit: 1_000_000, digits: 3)) ms"
    }
}
