import System
import Datagrams

extension DatagramService {
    /// The reply to `datagram`, with the room that a server gives.
    func reply(to datagram: [UInt8]) -> [UInt8] {
        [UInt8](capacity: 65_536) { respond(to: datagram.span, into: &$0) }
    }

    /// The reply to text, as text.
    func reply(to text: String) -> String {
        String(decoding: reply(to: Array(text.utf8)), as: UTF8.self)
    }
}

/// Random numbers that are the same in every run, so that a failure can be looked at again (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The most that one UDP datagram over IPv4 carries: 65,535 less 20 bytes of IP header and 8 of UDP header.
let largestDatagram = 65_507
