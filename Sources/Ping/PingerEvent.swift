package import System

/// An event that a pinger reports at once, a line each.
package struct PingerEvent: Sendable, CustomStringConvertible {
    package enum Kind: Equatable, Sendable {
        /// The probe's reply has come.
        case reply(number: Int, Interval)
        /// Another reply to the same probe has come.
        case duplicate(number: Int, Interval)
        /// A reply has come after the probe expired.
        case late(number: Int, Interval)
        /// A datagram has come that is not the echo of any probe.
        case foreign
        /// The probe has expired.
        case timedOut(number: Int)
        /// The port is closed.
        case refused(number: Int)
        /// The probe could not be sent, or the network has reported it as lost.
        case failed(number: Int, SystemError)
    }

    package let kind: Kind
    package let server: SocketAddress
    /// The received bytes.
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
        case .refused(let number): return "No server listens at \(server): seq=\(number)"
        case .failed(let number, let error): return "\(error): seq=\(number)"
        }
    }

    private func answer(_ number: Int, _ time: Interval) -> String {
        "seq=\(number) time=\(time.fixedPoint(unit: 1_000_000, digits: 3)) ms"
    }
}
