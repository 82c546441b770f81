import CurlClient
import System
import Testing

/// Several services behind one gateway, each at a path and with settings of its own.
@Suite struct ServiceTests {
    private func post(
        _ text: String, at path: String, of gateway: RunningGateway, _ fields: CurlFields = [:]
    ) throws -> CurlResponse {
        try CurlClient().perform(
            CurlRequest(gateway.url + path, fields: fields, body: .text(text), timeout: Program.timeLimit))
    }

    private func get(_ path: String, of gateway: RunningGateway) throws -> CurlResponse {
        try CurlClient().perform(CurlRequest(gateway.url + path, timeout: Program.timeLimit))
    }

    @Test func `a path names a service`() throws {
        let (root, game) = (try RunningServer(), try RunningServer(["--service", "echo"]))
        let gateway = try RunningGateway(["--service", "/game \(game.address)"], upstream: root.address)
        #expect(try post("hello", at: "/", of: gateway).text == "HELLO")
        #expect(try post("hello", at: "/game?x=1", of: gateway).text == "hello")
        #expect(try post("hello", at: "/gam", of: gateway).status == 404)
        #expect(try post("hello", at: "/game/", of: gateway).status == 404)
        let other = try get("/game", of: gateway)
        #expect(other.status == 405 && other.fields["Allow"] == "POST, OPTIONS")
        #expect(try post("a", at: "/game?as=text", of: gateway).status == 400)
        #expect(try post("a", at: "/game", of: gateway, ["Content-Encoding": "gzip"]).status == 415)
        #expect(try post("a", at: "/game", of: gateway, ["Content-Type": "multipart/form-data"]).status == 415)
        let told = try post("hello", at: "/game", of: gateway, ["Accept": "application/json"])
        #expect(try #require(told.text).hasPrefix("{\"reply\":\"hello\",\"exchange\":{"))
    }

    @Test func `a service has settings of its own`() throws {
        let (silent, echo) = (UDPPeer(), try RunningServer(["--service", "echo"]))
        let gateway = try RunningGateway(
            [
                "--timeout", "3600s", "--service", "/silent \(silent.address) timeout=30ms attempts=2",
                "--service", "/data \(echo.address) max-datagram=4 type=application/x-data",
            ], upstream: UDPPeer().address)
        let silence = try post("anybody", at: "/silent", of: gateway)
        #expect(silence.status == 504)
        #expect(try #require(silence.text).contains("within 30ms"))
        let reply = try post("four", at: "/data", of: gateway)
        #expect(reply.status == 200 && reply.text == "four")
        #expect(reply.fields["Content-Type"] == "application/x-data")
        let tooLong = try post("fiver", at: "/data", of: gateway)
        #expect(tooLong.status == 413)
        #expect(try #require(tooLong.text).contains("at most 4 bytes"))
        // Each service has counts of its own.
        let metrics = try #require(try get("/metrics", of: gateway).text)
        #expect(metrics.contains("letterbox_udp_replies_total{upstream=\"\(echo.address)\",service=\"/data\"} 1\n"))
        #expect(metrics.contains("letterbox_udp_replies_total{upstream=\"\(silent.address)\",service=\"/silent\"} 0\n"))
    }

    /// The limit that a caller is told is the service's own, however long the body is and however its length is told.
    @Test(
        arguments: [
            ("/data", 5), ("/data", 9), ("/data", 200_000), ("/data", 50_000_000), ("/", 9), ("/", 200_000),
            ("/", 50_000_000),
        ])
    func `a body that is too long is told the limit of its service`(path: String, length: Int) throws {
        let echo = try RunningServer(["--service", "echo"])
        let gateway = try RunningGateway(
            ["--max-datagram", "8", "--service", "/data \(echo.address) max-datagram=4"], upstream: echo.address)
        let limit = path == "/" ? 8 : 4
        for target in [path, "http://localhost\(path)", "\(path)?a=it"] {
            for framing in [
                "Content-Length: \(length)\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n\(String(length, radix: 16))\r\n",
            ] {
                let connection = try TCPConnection(to: gateway.address)
                connection.send("POST \(target) HTTP/1.1\r\nHost: localhost\r\n\(framing)")
                connection.send(String(repeating: "a", count: min(length, 1000)))
                if framing.hasPrefix("T"), length <= 1000 { connection.send("\r\n0\r\n\r\n") }
                let response = try connection.receive(until: "bytes.")
                #expect(response.hasPrefix("HTTP/1.1 413 "), "\(target) \(framing)")
                #expect(response.contains("at most \(limit) bytes"), "\(target) \(framing)")
            }
        }
    }

    @Test func `services are listed`() throws {
        let echo = try RunningServer()
        let gateway = try RunningGateway(
            ["--service", "/a \(echo.address) timeout=250ms attempts=4 rest=0s quarantine=1m max-datagram=512"],
            upstream: echo.address)
        let response = try get("/services", of: gateway)
        #expect(response.status == 200 && response.fields["Content-Type"] == "application/json")
        let backends = "\"backends\":[{\"address\":\"\(echo.address)\",\"up\":true}]}"
        #expect(
            response.text == """
                {"services":[{"path":"/","up":true,"timeout":2.0,"attempts":1,"rest":0.1,"quarantine":30.0,\
                "maxDatagram":65507,"replies":1,"from":"peer",\(backends),{"path":"/a","up":true,"timeout":0.25,"attempts":4,"rest":0.0,\
                "quarantine":60.0,"maxDatagram":512,"replies":1,"from":"peer",\(backends)]}

                """)
    }

    /// Without a service at "/" the page has nothing to send to, and the embedded server does not start.
    @Test func `there need be no service at the root`() throws {
        let echo = try RunningServer()
        let program = try Program(
            Binaries.letterbox, ["gateway", "--port", "0", "--service", "/a \(echo.address)"])
        #expect(
            try program.errorLine(startingWith: "The service /a is at ") == "The service /a is at udp://\(echo.address)"
        )
        let line = try program.errorLine(startingWith: "The gateway is ready: ")
        let url = String(try #require(line.dropFirst("The gateway is ready: ".count).split(separator: " ").first))
        func post(_ path: String) throws -> CurlResponse {
            try CurlClient().perform(CurlRequest(url + path, body: .text("a"), timeout: Program.timeLimit))
        }
        #expect(try post("/a").text == "A")
        let refusal = try post("/")
        #expect(refusal.status == 405 && refusal.fields["Allow"] == "GET, HEAD, OPTIONS")
        #expect(try post("/form").status == 415)
    }

    /// Each description with what its error says.
    @Test(arguments: [
        ("game 127.0.0.1:9", "a path such as /game comes first"), ("/a/ 127.0.0.1:9", "a path such as /game"),
        ("/a/../b 127.0.0.1:9", "a path such as /game"), ("/a%20 127.0.0.1:9", "a path such as /game"),
        ("", "a path such as /game"), ("/metrics 127.0.0.1:9", "/metrics is a path of the gateway's own"),
        ("/index.html 127.0.0.1:9", "the page has a file at this path"), ("/a", "/a has no address"),
        ("/a timeout=1s", "/a has no address"), ("/a 127.0.0.1", "a host and a port are needed"),
        ("/a 127.0.0.1:0", "127.0.0.1:0 has no port"), ("/a 127.0.0.1:9 tiemout=1s", "tiemout=1s is no option"),
        ("/a 127.0.0.1:9 timeout=1s 127.0.0.1:8", "127.0.0.1:8 is no option"),
        ("/a 127.0.0.1:9 timeout=1", "timeout=1: a time is a number and its unit"),
        ("/a 127.0.0.1:9 timeout=0s", "timeout=0s: a time from 1ms to 3600s is needed."),
        ("/a 127.0.0.1:9 attempts=21", "attempts=21: a whole number is needed, from 1 to 20."),
        ("/a 127.0.0.1:9 attempts=2 attempts=2", "attempts is there twice"),
        ("/a 127.0.0.1:9 type=plain", "a media type is needed"), ("/a 127.0.0.1:9 get=", "get=: a name of letters"),
        ("/a 127.0.0.1:9 get=a+b", "get=a+b: a name of letters"), ("/a 127.0.0.1:9 get=as", "and as is taken"),
        ("/a 127.0.0.1:9 preset=smtp", "preset=smtp: there is none of this name: take one of dns"),
        ("/a 127.0.0.1:9 preset=dns replies=2", "preset=dns is for one reply from the address"),
        ("/a 127.0.0.1:9 preset=dns get=q", "/a: preset=dns sets type and get"),
        ("/a 127.0.0.1:9 max-datagram=1001", "max-datagram 1001 is more than --max-datagram 1000"),
        ("/a 127.0.0.1:9 max-datagram=3 probe-text=four", "probe-text has 4 bytes, and max-datagram allows 3"),
        ("/a 127.0.0.1:9 max-datagram=3", "--probe-text has 4 bytes, and max-datagram allows 3: add a probe-text"),
        ("/a 127.0.0.1:9 127.0.0.1:9", "/a: 127.0.0.1:9 is there twice"),
        ("/a 127.0.0.1:9 attempts=2 timeout=299ms", "attempts has no effect: --min-retransmit 300ms is above the time"),
        ("/a 127.0.0.1:9 replies=2 quiet=2s", "quiet has no effect: 2s does not end before the whole time, 2s"),
        ("/a 127.0.0.1:9 replies=2 wait=1s quiet=1s", "quiet has no effect: 1s does not end before"),
        ("/a 127.0.0.1:9 replies=0 rest=1s", "rest is for services that reply"),
        ("/a 127.0.0.1:9 replies=0 quarantine=1s", "quarantine is for services that reply"),
        ("/a 127.0.0.1:9 replies=0 type=text/plain", "type is for services that reply"),
        ("/a 127.0.0.1:9 replies=all rest=1s", "rest is for one reply from the address that is asked"),
        ("/a 127.0.0.1:9 from=host rest=1s", "rest is for one reply from the address that is asked"),
        ("/a 127.0.0.1:9 replies=-1", "replies takes 0 to 1024, or all"),
        ("/a 127.0.0.1:9 replies=1025", "replies takes 0 to 1024, or all"),
        ("/a 127.0.0.1:9 replies=some", "replies takes 0 to 1024, or all"),
        ("/a 127.0.0.1:9 from=nowhere", "from takes peer, host or any"),
        ("/a 127.0.0.1:9 replies=all max-replies=1025", "max-replies=1025: a whole number is needed, from 1 to 1024"),
        ("/a 127.0.0.1:9 replies=9 max-replies=8", "max-replies is for replies=all"),
        ("/a 127.0.0.1:9 replies=9 max-replies=9", "max-replies is for replies=all"),
        ("/a 127.0.0.1:9 replies=2 type=text/plain", "type is for one reply"),
        ("/a 127.0.0.1:9 replies=all type=text/plain", "type is for one reply"),
        ("/a 127.0.0.1:9 preset=dns", "--probe-text has 4 bytes, and a DNS message has 12 at least: add a longer"),
        ("/a 127.0.0.1:9 preset=dns probe-text=12345678901", "probe-text has 11 bytes, and a DNS message has 12"),
        ("/a [::ffff:239.255.255.250]:1900", "239.255.255.250 is the address of many hosts: add from=any"),
        ("/a [fe80::1]:9", "add the interface, as in [fe80::1%eth0]:9"),
        ("/a [febf::1]:9 from=host", "add the interface, as in [febf::1%eth0]:9"),
        ("/a 127.0.0.1:9 wait=1s", "wait is for several replies"), ("/a 127.0.0.1:9 quiet=1s", "quiet is for several"),
        ("/a 127.0.0.1:9 replies=0 max-replies=2", "max-replies is for replies=all"),
        ("/a 127.0.0.1:9 replies=all wait=0s", "wait=0s: a time from 1ms to 3600s"),
        ("/a 127.0.0.1:9 replies=0 attempts=2", "attempts is 1 with replies=0"),
        ("/a 127.0.0.1:9 from=any attempts=2", "attempts is 1 with from=any"),
        ("/a 127.0.0.1:9 replies=0 from=any", "from is for services that reply"),
        ("/a 127.0.0.1:9 replies=0 probe-text=x", "probe-text is for services that reply"),
        ("/a 127.0.0.1:9 from=host probe-text=x", "probe-text goes with from=peer only"),
        ("/a 127.0.0.1:9 ttl=4", "ttl is for groups and broadcasts"),
        ("/a 127.0.0.1:9 from=any ttl=256", "ttl=256: a whole number is needed, from 1 to 255"),
        ("/a 127.0.0.1:9 from=any interface=none", "this machine has no interface of that name"),
        ("/a 239.255.255.250:1900", "239.255.255.250 is the address of many hosts: add from=any"),
        ("/a 127.0.0.1:9 [ff02::fb]:5353 replies=2", "ff02::fb is the address of many hosts"),
        ("/a 255.255.255.255:9 from=host", "255.255.255.255 is the address of many hosts"),
        ("/b 127.0.0.1:9", "Two services are at /b"), ("/ 127.0.0.1:9", "Two services are at / (--upstream is"),
    ])
    func `a description with a mistake is no start`(description: String, reason: String) throws {
        let ending = try Program.letterbox(
            "--port", "0", "--upstream", "127.0.0.1:9", "--max-datagram", "1000", "--probe-text", "four",
            "--min-retransmit", "300ms", "--service", "/b 127.0.0.1:9", "--service", description
        ).ending()
        #expect(ending.status == 64)
        #expect(ending.error.contains(reason), "\(ending.error)")
        #expect(!ending.error.contains("is ready"))
    }
}
