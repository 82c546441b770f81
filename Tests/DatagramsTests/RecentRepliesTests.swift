import System
import Testing

@testable import Datagrams

@Suite struct RecentRepliesTests {
    private func keep(_ length: Int, of byte: UInt8 = 7, for host: String, in replies: inout RecentReplies) throws {
        let bytes = [UInt8](repeating: byte, count: length)
        replies.keep(bytes.span, for: try #require(SocketAddress(host, port: 9)), from: nil)
    }

    /// The length of the reply that a report about a datagram of this byte takes out.
    private func take(
        for host: String, of byte: UInt8 = 7, mtu: Int = 1280, from replies: inout RecentReplies
    ) throws -> Int? {
        let beginning = [UInt8](repeating: byte, count: 1184)
        let receiver = try #require(SocketAddress(host, port: 9))
        return replies.take(for: receiver, startingWith: beginning, tooLongFor: mtu)?.bytes.count
    }

    /// A reply that every link takes needs no second try, a longer one than usual links take leaves in fragments at
    /// once, a router fragments one over IPv4 itself, and no router stands before a client on this machine.
    @Test(
        arguments: [
            (1232, "2001:db8::1", false), (1233, "2001:db8::1", true), (9000, "2001:db8::1", true),
            (9001, "2001:db8::1", false), (1300, "::1", false), (1300, "::ffff:192.0.2.1", false),
        ] as [(Int, String, Bool)])
    func keepsWhatARouterMayRefuse(length: Int, host: String, isKept: Bool) throws {
        var replies = RecentReplies()
        try keep(length, for: host, in: &replies)
        #expect(try take(for: host, from: &replies) == (isKept ? length : nil))
    }

    /// The oldest makes room for the one that is too many.
    @Test func keepsTheLatest() throws {
        var replies = RecentReplies()
        for number in 1...RecentReplies.capacity + 1 { try keep(1300, for: "2001:db8::\(number)", in: &replies) }
        for (host, length) in [("2001:db8::1", nil), ("2001:db8::65", 1300), ("2001:db8::65", nil)] as [(String, Int?)]
        {
            #expect(try take(for: host, from: &replies) == length)
        }
    }

    /// Of several replies to one client, those that the link takes have arrived, and so have those with other bytes.
    @Test func takesTheReplyOfTheReport() throws {
        var replies = RecentReplies()
        let client = "2001:db8::1"
        for (length, byte) in [(1400, 1), (1353, 2), (1390, 2), (1352, 2), (1400, 3)] as [(Int, UInt8)] {
            try keep(length, of: byte, for: client, in: &replies)
        }
        #expect(try take(for: "2001:db8::2", of: 2, mtu: 1400, from: &replies) == nil)
        for length in [1390, 1353, nil] {
            #expect(try take(for: client, of: 2, mtu: 1400, from: &replies) == length)
        }
    }
}
