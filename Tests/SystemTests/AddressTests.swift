import Testing

@testable import System

@Suite struct AddressTests {
    @Test(
        arguments: [
            ("127.0.0.1", 12000, "127.0.0.1:12000", false), ("0.0.0.0", 0, "0.0.0.0:0", false),
            ("255.255.255.255", 65535, "255.255.255.255:65535", false), ("::1", 1, "[::1]:1", true),
            ("::", 8080, "[::]:8080", true), ("2001:db8::1", 53, "[2001:db8::1]:53", true),
            ("2001:DB8:0:0:0:0:0:1", 53, "[2001:db8::1]:53", true),
            ("::ffff:192.0.2.1", 9, "[::ffff:192.0.2.1]:9", true),
        ] as [(String, UInt16, String, Bool)])
    func numeric(host: String, port: UInt16, description: String, isIPv6: Bool) throws {
        let address = try address(host, port)
        #expect(address.description == description)
        #expect(address.port == port)
        #expect(address.isIPv6 == isIPv6)
        #expect(SocketAddress(address.host, port: port) == address)
    }

    @Test(arguments: ["", "localhost", "127.0.0", "127.0.0.256", "1.2.3.4.5", " 127.0.0.1", "[::1]", ":::", "::1::"])
    func notNumeric(host: String) {
        #expect(SocketAddress(host, port: 1) == nil)
    }

    /// The port is in network byte order in the kernel's form.
    @Test func portBytes() throws {
        let bytes = unsafe try address("127.0.0.1", 0x1234).withSocketAddress { pointer, length in
            unsafe Array(UnsafeRawBufferPointer(start: pointer, count: Int(length)))
        }
        #expect(bytes == [2, 0, 0x12, 0x34, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(try address("::1", 0x1234).length == 28)
    }

    @Test func equalityAndHash() throws {
        let one = try address("127.0.0.1", 53)
        let others = [
            try address("127.0.0.1", 54), try address("127.0.0.2", 53), try address("::1", 53),
            try address("::ffff:127.0.0.1", 53),
        ]
        #expect(try address("127.0.0.1", 53) == one)
        #expect(!others.contains(one))
        #expect(Set(others + [one, one]).count == 5)
        #expect(try address("2001:db8::1").hashValue != address("2001:db8::2").hashValue)
    }

    @Test(arguments: [
        ("127.0.0.1", true, false), ("127.255.0.9", true, false), ("::1", true, false), ("128.0.0.1", false, false),
        ("12.7.0.0", false, false), ("0.0.0.0", false, true), ("::", false, true), ("0.0.0.1", false, false),
        ("::2", false, false), ("::127.0.0.1", false, false), ("::ffff:127.0.0.1", true, false),
        ("::ffff:0.0.0.0", false, true), ("::ffff:128.0.0.1", false, false), ("::ffff:0:127.0.0.1", false, false),
        ("::ffff:0:0", false, true), ("::ffff:0:0:0", false, false),
    ])
    func kinds(host: String, isLoopback: Bool, isWildcard: Bool) throws {
        #expect(try address(host).isLoopback == isLoopback)
        #expect(try address(host).isWildcard == isWildcard)
    }

    /// At the limits of each range, and one past them; an IPv4-mapped address is one of IPv4.
    @Test(arguments: [
        ("224.0.0.0", true, false), ("239.255.255.255", true, false), ("223.255.255.255", false, false),
        ("240.0.0.0", false, false), ("255.255.255.255", true, false), ("ff00::", true, false),
        ("feff::", false, false), ("ff::1", false, false), ("fff::1", false, false), ("ff0::1", false, false),
        ("::ffff:0:239.1.2.3", false, false), ("fe8::1", false, false),
        ("::ffff:239.255.255.250", true, false), ("::ffff:255.255.255.255", true, false),
        ("::ffff:192.0.2.1", false, false), ("fe80::1", false, true), ("febf::1", false, true),
        ("fe7f::1", false, false), ("fec0::1", false, false), ("::fe80", false, false), ("2001:db8::1", false, false),
    ])
    func reach(host: String, isForMany: Bool, lacksInterface: Bool) throws {
        #expect(try address(host).isForMany == isForMany)
        #expect(try address(host).lacksInterface == lacksInterface)
    }

    /// RFC 2765 2.1 has addresses that look like IPv4-mapped ones, and are of IPv6.
    @Test(arguments: [
        ("192.0.2.1", false), ("::ffff:192.0.2.1", false), ("::ffff:0:192.0.2.1", true), ("::192.0.2.1", true),
        ("1::ffff:192.0.2.1", true), ("::1", true),
    ])
    func family(host: String, usesIPv6: Bool) throws { #expect(try address(host).usesIPv6 == usesIPv6) }

    @Test func anInterfaceThatIsNamedIsNotMissing() throws {
        let addresses = try Resolver.resolve(Endpoint(host: "fe80::1%lo", port: 9))
        #expect(addresses.map(\.lacksInterface) == [false])
    }

    @Test(
        arguments: [
            ("localhost:12000", "localhost", 12000), ("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:53", "::1", 53),
            ("example.org:65535", "example.org", 65535), ("[2001:db8::1]:1", "2001:db8::1", 1),
        ] as [(String, String, UInt16)])
    func endpoint(text: String, host: String, port: UInt16) {
        #expect(Endpoint(text) == Endpoint(host: host, port: port))
        #expect(Endpoint(text)?.description == text)
    }

    @Test(arguments: [
        "", ":", "localhost", "localhost:", ":53", "localhost:65536", "localhost:-1", "localhost:+53", "localhost: 53",
        "localhost:53 ", "localhost:0x35", "localhost:five", "::1:53", "[::1]", "[::1]:", "[::1:53", "::1]:53", "[]:53",
        "[::1]x:53", "x[::1]:53", "[localhost]:53", "[[::1]]:53",
    ])
    func notAnEndpoint(text: String) {
        #expect(Endpoint(text) == nil)
    }
}
