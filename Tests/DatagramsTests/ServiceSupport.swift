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

/// The most that one UDP datagram over IPv4 carries: 65,535 less 20 bytes of IP header and 8 of UDP header.
let largestDatagram = 65_507
