import CurlClient
import Foundation
import Glibc
import System
import Testing

/// How programs end when they are told to.
@Suite struct ShutdownTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `a server ends`(signal: Int32) throws {
        let server = try RunningServer()
        let ending = try server.program.ending(after: signal)
        #expect(ending.status == 0)
        #expect(ending.errorLines.count == 1)
        // Its port is free again.
        _ = try RunningServer(port: server.address.port)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a gateway ends with all its connections`(signal: Int32) throws {
        let gateway = try RunningGateway()
        let idle = try TCPConnection(to: gateway.address)
        idle.send("GET /healthz HTTP/1.1\r\nHost: letterbox\r\n\r\n")
        _ = try idle.receive(until: "ok\n")
        let silent = try TCPConnection(to: gateway.address)
        let ending = try gateway.program.ending(after: signal)
        #expect(ending.status == 0)
        // The limits, where it is ready, and that it was told to end.
        #expect(ending.errorLines.count == 3)
        #expect(try idle.receiveToEnd().isEmpty)
        _ = try? silent.receiveToEnd()
        #expect(throws: TCPConnection.Refused(errno: ECONNREFUSED)) { try TCPConnection(to: gateway.address) }
        #expect(throws: (any Error).self) { try exchange("hello", with: gateway.upstream) }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `what is in flight is answered first`(signal: Int32) throws {
        let peer = UDPPeer()
        let options = ["--workers", "1", "--timeout", "60s", "--drain-timeout", "60s"]
        let gateway = try RunningGateway(options, upstream: peer.address)
        let idle = try TCPConnection(to: gateway.address)
        idle.send("GET /healthz HTTP/1.1\r\nHost: letterbox\r\n\r\n")
        _ = try idle.receive(until: "ok\n")
        let busy = try TCPConnection(to: gateway.address)
        busy.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 5\r\n\r\nhello")
        let sender = try peer.receive().sender
        gateway.program.signal(signal)
        // The end of the idle connection shows that the signal has come through.
        #expect(try idle.receiveToEnd().isEmpty)
        peer.send("HELLO", to: sender)
        let response = try busy.receiveToEnd()
        #expect(response.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(response.contains("\r\nConnection: close\r\n"))
        #expect(response.hasSuffix("\r\n\r\nHELLO"))
        #expect(try gateway.program.ending().status == 0)
    }

    @Test func `what does not end in time is cut`() throws {
        let peer = UDPPeer()
        let options = ["--timeout", "3600s", "--drain-timeout", "10ms", "--access-log", "all"]
        let gateway = try RunningGateway(options, upstream: peer.address)
        let busy = try TCPConnection(to: gateway.address)
        busy.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 5\r\n\r\nhello")
        _ = try peer.receive()
        let ending = try gateway.program.ending(after: SIGTERM)
        #expect(ending.status == 1)
        #expect(ending.error.contains("letterbox: --drain-timeout 10ms is over; 1 request is cut\n"))
        let line =
            /Z warning access: POST \/ 503 client=\S+ service=\/ attempts=1 backend=\S+ ms=\S+ upstream_ms=\S+ bytes_in=5 bytes_out=0 error=gateway_closed_request\n/
        #expect(ending.error.contains(line), "\(ending.error)")
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGQUIT])
    func `a second request to end ends the gateway at once`(signal: Int32) throws {
        let peer = UDPPeer()
        let options = ["--timeout", "3600s", "--drain-timeout", "3600s", "--access-log", "all"]
        let gateway = try RunningGateway(options, upstream: peer.address)
        let busy = try TCPConnection(to: gateway.address)
        busy.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 5\r\n\r\nhello")
        let idle = try TCPConnection(to: gateway.address)
        idle.send("GET /healthz HTTP/1.1\r\nHost: letterbox\r\n\r\n")
        _ = try idle.receive(until: "ok\n")
        _ = try peer.receive()
        gateway.program.signal(signal)
        // The end of the idle connection shows that the first signal has come through.
        _ = try idle.receiveToEnd()
        let ending = try gateway.program.ending(after: signal)
        #expect(ending.status == 1)
        #expect(ending.error.contains("letterbox: told to end once more; 1 request is cut\n"))
        // The one that was answered and the one that was cut.
        #expect(ending.error.contains(" info access: GET /healthz 200 ") && ending.error.contains(" POST / 503 "))
    }

    /// Its connection is under way until the client ends it; with one worker it has heard of the end when the idle one has.
    @Test func `a client that has its response and stays is no failure`() throws {
        let peer = UDPPeer()
        let options = ["--workers", "1", "--timeout", "3600s", "--drain-timeout", "3600s", "--linger-timeout", "3600s"]
        let gateway = try RunningGateway(options, upstream: peer.address)
        let busy = try TCPConnection(to: gateway.address)
        busy.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 5\r\n\r\nhello")
        let sender = try peer.receive().sender
        let idle = try TCPConnection(to: gateway.address)
        idle.send("GET /healthz HTTP/1.1\r\nHost: letterbox\r\n\r\n")
        _ = try idle.receive(until: "ok\n")
        gateway.program.signal(SIGTERM)
        _ = try idle.receiveToEnd()
        peer.send("HELLO", to: sender)
        _ = try busy.receive(until: "HELLO")
        let ending = try gateway.program.ending(after: SIGTERM)
        #expect(ending.status == 0 && ending.error.contains("told to end once more, with no request under way\n"))
        withExtendedLifetime(busy) {}
    }

    /// The log's reader has the pipe full, and reads nothing.
    @Test func `a reader that is stuck does not hold the end up`() throws {
        let gateway = try RunningGateway(["--workers", "1", "--drain-delay", "3600s"])
        let connection = try TCPConnection(to: gateway.address)
        for _ in 0..<2000 {
            connection.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try connection.receive(until: "}\n")
        }
        gateway.program.signal(SIGTERM)
        let client = CurlClient()
        while try client.get("\(gateway.url)/readyz").status != 503 {}
        gateway.program.signal(SIGTERM)
        // The program's end closes the connection.
        _ = try? connection.receiveToEnd()
        #expect(try gateway.program.ending().status == 0)
    }

    /// Signals that would end a program that does not know them (signal(7)).
    @Test(
        arguments: [SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPIPE, SIGXFSZ, 34, 64] as [Int32])
    func `other signals do not end a gateway or a server`(signal: Int32) throws {
        let gateway = try RunningGateway()
        let server = try RunningServer()
        for _ in 0..<3 {
            gateway.program.signal(signal)
            server.program.signal(signal)
            #expect(try gateway.post("hello").text == "HELLO")
            #expect(try exchange("hello", with: server.address) == "HELLO")
        }
        #expect(try gateway.program.ending(after: SIGTERM).status == 0)
        #expect(try server.program.ending(after: SIGTERM).status == 0)
    }

    /// The gateway is stopped for a moment; whatever has come by the time that it goes on is answered.
    @Test(arguments: [1, 2]) func `requests that have arrived are answered`(workers: Int) throws {
        for _ in 0..<5 {
            let gateway = try RunningGateway(["--workers", "\(workers)"])
            let kept = try (0..<20).map { _ in
                let connection = try TCPConnection(to: gateway.address)
                connection.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 3\r\n\r\none")
                _ = try connection.receive(until: "ONE")
                return connection
            }
            try gateway.program.suspend()
            for connection in kept {
                connection.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 3\r\n\r\ntwo")
            }
            let new = try (0..<10).map { _ in
                let connection = try TCPConnection(to: gateway.address)
                connection.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 3\r\n\r\ntwo")
                return connection
            }
            gateway.program.signal(SIGTERM)
            gateway.program.signal(SIGCONT)
            for connection in kept + new {
                let response = try connection.receiveToEnd()
                #expect(response.hasSuffix("\r\n\r\nTWO"))
            }
            #expect(try gateway.program.ending().status == 0)
        }
    }

    /// Starts a gateway and waits until it looks a name up: the name server does not answer, so that nothing has begun.
    private func whileLookingUp(_ arguments: String, _ body: (Program) throws -> Void) throws {
        let nameServer = try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.78", port: 53)))
        let script = """
            mount -t tmpfs none /etc && \
            printf 'nameserver 127.0.0.78\noptions timeout:2 attempts:1\n' > /etc/resolv.conf && \
            exec '\(try Binaries.letterbox)' --upstream nowhere.invalid:9 \(arguments)
            """
        let program = try Program("/usr/bin/unshare", ["--mount", "/bin/sh", "-c", script])
        var query = pollfd(fd: nameServer.descriptor.number, events: Int16(POLLIN), revents: 0)
        #expect(unsafe poll(&query, 1, 20_000) == 1)
        try body(program)
    }

    @Test(.enabled(if: geteuid() == 0, "only root may bind port 53"))
    func `a gateway that still looks names up ends at once, and leaves no file`() throws {
        let path = "/tmp/letterbox-\(UUID().uuidString.prefix(8)).sock"
        try whileLookingUp("--host unix:\(path)") { program in
            #expect(FileManager.default.fileExists(atPath: path))
            let ending = try program.ending(after: SIGTERM)
            #expect(ending.status == 0)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(.enabled(if: geteuid() == 0, "only root may bind port 53"))
    func `a HUP that comes before the ready line is performed after it`() throws {
        let file = try TemporaryFile("first\n", mode: 0o600)
        try whileLookingUp("--port 0 --token-file \(file.path)") { program in
            try file.write("second\n")
            program.signal(SIGHUP)
            _ = try program.errorLine(startingWith: "The gateway is ready: ")
            _ = try program.errorLine(containing: "the token has been read again")
            let ending = try program.ending(after: SIGTERM)
            #expect(ending.status == 0)
        }
    }

    /// In the drain delay, which may be long, the gateway serves as before; a second signal leaves no file either.
    @Test func `a HUP in the drain delay is performed`() throws {
        let file = try TemporaryFile("first\n", mode: 0o600)
        let paths = (0..<2).map { _ in "/tmp/letterbox-\(UUID().uuidString.prefix(8)).sock" }
        let program = try Program(
            Binaries.letterbox,
            [
                "--server-port", "0", "--host", "unix:\(paths[0])", "--admin", "unix:\(paths[1])",
                "--token-file", file.path, "--drain-delay", "3600s",
            ])
        _ = try program.errorLine(startingWith: "The gateway is ready: ")
        program.signal(SIGTERM)
        _ = try program.errorLine(startingWith: "Told to end")
        try file.write("second\n")
        program.signal(SIGHUP)
        _ = try program.errorLine(containing: "the token has been read again")
        let ending = try program.ending(after: SIGTERM)
        #expect(ending.status == 0 && ending.error.contains("told to end once more, with no request under way"))
        for path in paths { #expect(!FileManager.default.fileExists(atPath: path)) }
    }

    @Test func `a HUP in the drain is told that it comes too late`() throws {
        let peer = UDPPeer()
        let gateway = try RunningGateway(["--timeout", "3600s", "--drain-timeout", "3600s"], upstream: peer.address)
        let busy = try TCPConnection(to: gateway.address)
        busy.send("POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: 5\r\n\r\nhello")
        let sender = try peer.receive().sender
        let idle = try TCPConnection(to: gateway.address)
        gateway.program.signal(SIGTERM)
        // The end of the idle connection shows that the drain has begun.
        _ = try idle.receiveToEnd()
        gateway.program.signal(SIGHUP)
        _ = try gateway.program.errorLine(containing: "A HUP changes nothing any more")
        peer.send("HELLO", to: sender)
        _ = try busy.receiveToEnd()
        #expect(try gateway.program.ending().status == 0)
    }
}
