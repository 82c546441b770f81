import Testing

@testable import System

@Suite struct ListenerCheckTests {
    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1:80", true), ("127.0.0.1:80", "127.0.0.1:81", false),
        ("127.0.0.1:80", "127.0.0.2:80", false), ("0.0.0.0:80", "127.0.0.1:80", true),
        ("[::]:80", "127.0.0.1:80", true),
        ("[::]:80", "[::1]:80", true), ("0.0.0.0:80", "[::1]:80", false), ("127.0.0.1:0", "127.0.0.1:0", false),
    ])
    func addressesThatIncludeOneAnotherOverlap(first: String, second: String, overlap: Bool) throws {
        let (first, second) = (
            ListenAddress.internet(address(first)),
            ListenAddress.internet(address(second))
        )
        #expect(first.overlaps(second) == overlap && second.overlaps(first) == overlap)
    }

    @Test func pathsOverlapWhereTheyAreTheSame() throws {
        #expect(ListenAddress.unix("/a").overlaps(.unix("/a")))
        #expect(!ListenAddress.unix("/a").overlaps(.unix("/b")))
        #expect(!ListenAddress.unix("/a").overlaps(.internet(address("127.0.0.1:80"))))
    }

    @Test func aPortInUseIsNoFault() throws {
        let listener = try StreamListener(on: address("127.0.0.1:0"))
        try StreamListener.check(#require(listener.address.socketAddress))
        #expect(throws: SystemError.self) { try StreamListener.check(address("192.0.2.77:80")) }
    }

    @Test func aPathNeedsItsFolder() throws {
        let folder = try TemporaryFolder()
        let path = try UnixAddress(folder.entry("s"))
        try StreamListener.check(path)
        do {
            let listener = try StreamListener(at: path)
            try StreamListener.check(path)
            _ = listener.address
        }
        try folder.add("f", Array("text".utf8))
        for (name, reason) in [("f", UnixSocketError.Reason.noSocket), ("none/s", .noFolder)] {
            #expect(throws: UnixSocketError("\(folder.path)/\(name)", reason)) {
                try StreamListener.check(UnixAddress("\(folder.path)/\(name)"))
            }
        }
    }
}

private func address(_ text: String) -> SocketAddress {
    guard let address = Endpoint(text)?.literal else { preconditionFailure("\(text) is an address") }
    return address
}
