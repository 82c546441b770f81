import Testing

@testable import System

@Suite struct ResolverTests {
    @Test(arguments: ["127.0.0.1", "::1", "192.0.2.7"])
    func numericHostsNeedNoResolver(host: String) throws {
        #expect(try Resolver.resolve(Endpoint(host: host, port: 53)) == [try address(host, 53)])
    }

    @Test func localhost() throws {
        let found = try Resolver.resolve(Endpoint(host: "localhost", port: 12000))
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0.isLoopback && $0.port == 12000 })
        #expect(Set(found).count == found.count)
    }

    /// RFC 6761 6.4: no name below "invalid" exists; without a network no server can say so, which is another reason.
    @Test func unknownName() throws {
        let error = try #require(throws: ResolverError.self) {
            try Resolver.resolve(Endpoint(host: "no-such-host.invalid", port: 1))
        }
        #expect(error.endpoint.host == "no-such-host.invalid")
        #expect(!error.reason.isEmpty)
        #expect(error.description == "cannot resolve no-such-host.invalid: \(error.reason)")
    }

    @Test(arguments: [
        (
            SystemError(.bind, SocketAddress("127.0.0.1", port: 80), .permissionDenied),
            "cannot bind 127.0.0.1:80: Permission denied"
        ),
        (
            SystemError(.connect, SocketAddress("::1", port: 9), .connectionRefused),
            "cannot connect [::1]:9: Connection refused"
        ),
        (SystemError(.receive, nil, .messageTooLong), "cannot receive: Message too long"),
        (SystemError(.startThread, nil, .wouldBlock), "cannot start a thread: Resource temporarily unavailable"),
        (SystemError(.listen, nil, ErrorNumber(9999)), "cannot listen: Unknown error 9999"),
    ])
    func errorsSayWhatAndWhereAndWhy(error: SystemError, text: String) {
        #expect(error.description == text)
    }
}
