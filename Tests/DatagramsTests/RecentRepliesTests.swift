import System
import Testing

@testable import Datagrams

@Suite struct RecentRepliesTests {
    private func keep(_ length: Int, for host: String, in replies: inout RecentReplies) throws {
        let bytes = [UInt8](repeating: 7, count: length)
        replies.keep(bytes.span, for: try #require(SocketAddress(host, port: 9)), from: nil)
    }

    /// A reply that every link takes needs no second try, a longer one than usual links take leaves in fragments at
    /// once, and no router stands before a client on this machine.
    @Test(
        arguments: [
            (1232, "2001:db8::1", false), (1233, "2001:db8::1", true), (9000, "2001:db8::1", true),
            (9001, "2001:db8::1", false), (1300, "::1", false),
        ] as [(Int, String, Bool)])
    func keepsWhatARouterMayRefuse(length: Int, host: String, isKept: Bool) throws {
        var replies = RecentReplies()
        try keep(length, for: host, in: &replies)
        #expect(replies.count == (isKept ? 1 : 0))
    }

    /// The oldest makes room for the one that is too many.
    @Test func keepsTheLatest() throws {
        var replies = RecentReplies()
        for number in 1...RecentReplies.capacity + 1 {
            try keep(1300, for: "2001:db8::\(number)", in: &replies)
            #expect(replies.count == min(number, RecentReplies.capacity))
        }
        let socket = try DatagramSocket(boundTo: try #require(SocketAddress("::", port: 0)))
        // The first has gone, and the last is there once; whether it can be sent from here is another matter.
        for (host, left) in [("2001:db8::1", 0), ("2001:db8::65", 1), ("2001:db8::65", 1)] {
            replies.repeatFirst(to: try #require(SocketAddress(host, port: 9)), over: socket)
            #expect(replies.count == RecentReplies.capacity - left)
        }
    }
}
