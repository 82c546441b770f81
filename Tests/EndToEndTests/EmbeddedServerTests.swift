import CurlClient
import System
import Testing

/// The UDP server inside the gateway also serves UDP clients.
@Suite struct EmbeddedServerTests {
    @Test func `HTTP and UDP lead to the same service`() throws {
        let gateway = try RunningGateway()
        for text in ["", "a", "straße ŉ ﬁ", String(repeating: "long ", count: 12_000)] {
            let reply = try gateway.post(text)
            #expect(reply.status == 200)
            #expect(try exchange(text, with: gateway.upstream) == reply.text)
        }
    }

    @Test func `the client talks to the server inside the gateway`() throws {
        // A datagram that is sent again, since the machine is slow, would count.
        let gateway = try RunningGateway(["--attempts", "1"])
        let port = "\(gateway.upstream.port)"
        let client = try Program.letterbox("client", "--port", port, "--timeout", "60s", input: .open)
        for letter in ["one", "two", "three"] {
            client.write("\(letter) by udp\n")
            try client.output(containing: "\(letter.uppercased()) BY UDP\n")
            #expect(try gateway.post("\(letter) by http").text == "\(letter.uppercased()) BY HTTP")
        }
        // A datagram that came over UDP alone has not passed through the gateway.
        #expect(try gateway.metrics()["udp_datagrams_sent_total"] == 3)
    }

    /// Each service with what it makes of a sentence.
    @Test(arguments: [
        (["--service", "uppercase"], "MISSISSIPPI"), (["--service", "count"], "4"),
        (["--service", "echo"], "Mississippi"),
        (["--service", "count", "--letter", "p"], "2"), (["--workers", "3"], "MISSISSIPPI"),
    ])
    func `each service answers over HTTP and over UDP`(options: [String], reply: String) throws {
        let server = try RunningServer(options)
        let gateway = try RunningGateway(upstream: server.address)
        #expect(try exchange("Mississippi", with: server.address) == reply)
        #expect(try gateway.post("Mississippi").text == reply)
    }
}
