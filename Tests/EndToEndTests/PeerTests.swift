import CurlClient
import System
import Testing

/// Programs that others wrote, on either side: the tutorial's pair in Python 3, ncat and curl.
///
/// Each test needs one program that a machine may lack; `scripts/install-test-tools` installs them all.
@Suite struct PeerTests {
    @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func `the tutorial's client gets its reply from our server`() throws {
        let server = try RunningServer()
        let client = try Program(
            "python3", ["-c", Tutorial.client(asking: server.address)],
            input: .bytes(Array("hello from python\n".utf8)))
        let ending = try client.ending()
        #expect(ending.status == 0)
        #expect(ending.output == "Input lowercase sentence:HELLO FROM PYTHON\n")
    }

    @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func `the tutorial's client may use the server inside the gateway`() throws {
        let gateway = try RunningGateway()
        let client = try Program(
            "python3", ["-c", Tutorial.client(asking: gateway.upstream)],
            input: .bytes(Array("hello\n".utf8)))
        #expect(try client.ending().output == "Input lowercase sentence:HELLO\n")
        #expect(try gateway.post("hello").text == "HELLO")
    }

    @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func `our client gets its reply from the tutorial's server`() throws {
        let server = try Tutorial.startServer()
        let ending = try Program.letterbox(
            "client", "127.0.0.1", "hello", "straße", "--port", "\(server.address.port)", "--timeout", "60s"
        ).ending()
        #expect(ending == Program.Ending(status: 0, output: "HELLO STRASSE\n", error: ""))
    }

    @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func `our gateway forwards to the tutorial's server`() throws {
        let server = try Tutorial.startServer()
        let gateway = try RunningGateway(["--timeout", "60s"], upstream: server.address)
        let texts = try (0..<50).map { try gateway.post("letter \($0)").text }
        #expect(texts == (0..<50).map { "LETTER \($0)" })
        // Its buffer has 2,048 bytes and the rest of a datagram is lost: what comes back is what it sent.
        #expect(try gateway.post(String(repeating: "x", count: 3000)).body.count == 2048)
    }

    @Test(.enabled(if: Binaries.has("ncat"), "ncat is not installed"))
    func `ncat gets its reply from our server`() throws {
        let server = try RunningServer()
        let ncat = try Program("ncat", ["-u", server.address.host, "\(server.address.port)"], input: .open)
        ncat.write("hello from ncat\n")
        #expect(try ncat.output(containing: "\n") == "HELLO FROM NCAT\n")
        ncat.write("and again\n")
        #expect(try ncat.output(containing: "AGAIN\n") == "HELLO FROM NCAT\nAND AGAIN\n")
    }

    /// Each of curl's ways of posting, with the reply.
    @Test(
        .enabled(if: Binaries.has("curl"), "curl is not installed"),
        arguments: [
            (["-d", "hello"], "HELLO"), (["-d", "a=1&b=two"], "A=1&B=TWO"),
            (["--data-binary", "one\ntwo\n"], "ONE\nTWO\n"),
            (["-d", ""], ""), (["-H", "Transfer-Encoding: chunked", "-d", "in chunks"], "IN CHUNKS"),
            (["-H", "Expect: 100-continue", "-d", "with leave"], "WITH LEAVE"), (["-0", "-d", "old"], "OLD"),
            (["--json", "{\"a\": 1}"], "{\"A\": 1}"),
        ])
    func `curl posts and prints the reply`(arguments: [String], reply: String) throws {
        let gateway = try RunningGateway()
        let ending = try Program("curl", ["-sS", "--noproxy", "*"] + arguments + ["\(gateway.url)/"]).ending()
        #expect(ending == Program.Ending(status: 0, output: reply, error: ""))
    }

    @Test(.enabled(if: Binaries.has("curl"), "curl is not installed"))
    func `curl uploads what comes out of a pipe`() throws {
        let gateway = try RunningGateway()
        let text = String(repeating: "0123456789abcdef", count: 3_000)
        let ending = try Program(
            "curl", ["-sS", "--noproxy", "*", "-T", "-", "-X", "POST", "\(gateway.url)/"],
            input: .bytes(Array(text.utf8))
        ).ending()
        #expect(ending == Program.Ending(status: 0, output: text.uppercased(), error: ""))
    }
}
