import CurlClient
import Testing

/// Which browsers' requests get through, as flags say.
@Suite struct CallerTests {
    @Test func `names and origins of other sites' pages get in by flags`() throws {
        let gateway = try RunningGateway([
            "--allow-host", "Gateway.Example.", "--allow-host", "b.example", "--allow-origin", "http://friend.example",
        ])
        func ask(_ host: String, _ origin: String) throws -> Int {
            try CurlClient().perform(
                CurlRequest(gateway.url, fields: ["Host": host, "Origin": origin], body: .text("hello"))
            ).status
        }
        #expect(try ask("gateway.example", "http://gateway.example") == 200)
        #expect(try ask("b.example:80", "https://b.example:80") == 200)
        #expect(try ask("c.example", "https://c.example") == 421)
        #expect(try ask("localhost", "http://friend.example") == 200)
        #expect(try ask("localhost", "http://other.example") == 403)
    }

    @Test func `health and metrics have a listener of their own`() throws {
        let gateway = try RunningGateway(
            Program(
                Binaries.letterbox,
                ["--host", "0.0.0.0", "--port", "0", "--server-port", "0", "--admin", "127.0.0.1:0"]))
        let prefix = "Health and metrics are at "
        let admin = try gateway.program.errorLine(startingWith: prefix).dropFirst(prefix.count)
        let fields: CurlFields = ["Host": "evil.example", "Origin": "http://evil.example"]
        #expect(try CurlClient().perform(CurlRequest("\(admin)/metrics", fields: fields)).status == 421)
        let port = gateway.url.split(separator: ":").last ?? ""
        let url = "http://127.0.0.1:\(port)/"
        #expect(try CurlClient().perform(CurlRequest(url, fields: fields, body: .text("hello"))).status == 200)
    }

    @Test(arguments: ["", "http://a.example", "a.example:80", "a b", "a/b", "*", "[::1]"])
    func `a name is a name`(host: String) throws {
        let ending = try Program.letterbox("--allow-host", host).ending()
        #expect(ending.status == 64)
        #expect(ending.error.contains("--allow-host \(host) is not the name of a host"), "\(ending.error)")
    }
}
