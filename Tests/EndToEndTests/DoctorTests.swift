import CurlClient
import Foundation
import System
import Testing

/// `letterbox doctor`: what it prints, what it sends, how it ends.
@Suite struct DoctorTests {
    private static let obstacle = PrivateHost.obstacle

    private func doctor(_ arguments: String...) throws -> Program.Ending {
        try Program(Binaries.letterbox, ["doctor"] + arguments).ending()
    }

    /// The doctor on a host whose network is like new, after a script has changed it.
    private func doctor(after script: String, _ arguments: String...) throws -> Program.Ending {
        try PrivateHost.start("\(script); exec \"$@\"", [Binaries.letterbox, "doctor"] + arguments).ending()
    }

    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func `nothing is bad on a host as it comes, and all is told`() throws {
        let ending = try doctor(after: "ulimit -n 4096", "--max-connections", "1000", "--max-sockets", "1000")
        #expect(ending.status == 0 && ending.error.isEmpty, "\(ending)")
        let subjects = [
            "descriptors", "local ports", "receive buffers", "TCP backlog", "CPU quota", "conntrack", "ICMP rates",
            "UDP counters", "service",
        ]
        for subject in subjects { #expect(ending.output.contains("  \(subject) "), "\(subject): \(ending.output)") }
        #expect(ending.output.contains(/\n\d+ ok, \d+ warn, 0 bad\n$/))
    }

    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func `too few ports are bad, and so are too few descriptors`() throws {
        let ports = try doctor(after: "echo 40000 40019 > /proc/sys/net/ipv4/ip_local_port_range")
        #expect(ports.status == 1)
        #expect(
            ports.output.contains(/(?m)^bad   local ports +20 from 40000 to 40019, 16384 wanted/), "\(ports.output)")
        #expect(ports.output.contains("$ sysctl -w net.ipv4.ip_local_port_range=\"16384 65535\"\n"))
        let descriptors = try doctor(after: "ulimit -n 100")
        #expect(descriptors.status == 1)
        #expect(descriptors.output.contains(/(?m)^bad   descriptors +100 allowed/), "\(descriptors.output)")
    }

    /// A service waits as long as its own options say; the flags' timeout is for services without any.
    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: "/proc/sys/net/netfilter/nf_conntrack_max")),
        arguments: [
            ("timeout=500s", 500), ("replies=all wait=600s", 600), ("timeout=1s", nil), ("replies=0 timeout=700s", nil),
        ])
    func `a service's own wait is compared with the tracking of connections`(options: String, wait: Int?) throws {
        let output = try doctor("--timeout", "1s", "--service", "/x 127.0.0.1:9 \(options)").output
        let sentence = "a reply that takes \(wait ?? 0) s is dropped"
        #expect(output.contains(sentence) == (wait != nil), "\(output)")
    }

    /// No exchange takes --timeout where all services have times of their own, or wait for no reply.
    @Test(arguments: [
        ("replies=0", nil), ("replies=all wait=5s", nil), ("timeout=3s", "3s"), ("attempts=1", "60s"),
    ])
    func `the drain is compared with the services' own exchanges`(options: String, time: String?) throws {
        let output = try doctor("--timeout", "60s", "--service", "/x 127.0.0.1:9 \(options)").output
        let sentence = time.map { "an exchange may take \($0)" } ?? "no exchange waits for a single reply"
        #expect(output.contains("\(sentence), and the end of the gateway"), "\(output)")
        let none = try doctor("--timeout", "60s", "--server-port", "0").output
        #expect(none.contains("an exchange may take 60s, and the end of the gateway"), "\(none)")
    }

    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func `an address without a route is bad`() throws {
        let ending = try doctor(after: "true", "--upstream", "192.0.2.7:53")
        #expect(ending.status == 1)
        #expect(ending.output.contains(/(?m)^bad   route +cannot connect 192.0.2.7:53: Network is unreachable$/))
    }

    /// The kernel connects a socket to neither as it is (EACCES, EINVAL), and datagrams leave for both.
    @Test(
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"),
        arguments: [
            ("192.0.2.255:9 replies=0", "192.0.2.255:9 from 192.0.2.1"),
            ("192.0.2.255:9 replies=all from=any", "192.0.2.255:9 from 192.0.2.1"),
            ("192.0.2.255:9 replies=0 interface=net", "192.0.2.255:9 from 192.0.2.1"),
            ("[fe80::7]:9 replies=0 interface=net", "[fe80::7]:9 from fe80::1%net"),
            ("192.0.2.255:9", nil), ("192.0.2.255:9 from=host", nil),
        ])
    func `a broadcast or link-local address is no fault of a service that may have it`(
        service: String, route: String?
    ) throws {
        let link = """
            ip link add net type veth peer name far; ip link set far up; ip link set net addrgenmode none up; \
            ip address add 192.0.2.1/24 broadcast + dev net; ip address add fe80::1/64 dev net nodad
            """
        let ending = try doctor(after: link, "--service", "/x \(service)")
        let found = ending.output.contains("ok    route") && ending.output.contains("to \(route ?? ""), path MTU 1500")
        #expect(found == (route != nil) && ending.output.contains("bad   route") == (route == nil), "\(ending)")
    }

    /// The members are those of docs/operating.md, and the findings those of the text.
    @Test(arguments: [[], ["--max-datagram", "100"]], [true, false])
    func `one document has all findings`(flags: [String], isFirst: Bool) throws {
        let services = flags + ["--upstream", "127.0.0.1:9", "--service", "/a there-is-\"none.invalid:9"]
        let ending = try Program(
            Binaries.letterbox, ["doctor"] + (isFirst ? ["--json"] + services : services + ["--json"])
        ).ending()
        #expect(ending.status == 1 && ending.error.isEmpty && ending.output.hasSuffix("}\n"))
        let document = try JSONDecoder().decode(Document.self, from: Data(ending.output.utf8))
        let text = try Program(Binaries.letterbox, ["doctor"] + services).ending().output
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix(" ") }.dropLast()
        #expect(document.findings.map(\.verdict) == lines.map { String($0.prefix { $0 != " " }) })
        for (finding, line) in zip(document.findings, lines) {
            #expect(
                line.dropFirst(6).hasPrefix(finding.subject) && (finding.remedy == nil) == (finding.verdict == "ok"))
        }
        for (verdict, count) in ["ok": document.ok, "warn": document.warn, "bad": document.bad] {
            #expect(document.findings.count { $0.verdict == verdict } == count)
        }
        #expect(document.findings.contains { $0.subject == "route" && $0.text.hasPrefix("to 127.0.0.1:9 from ") })
        #expect(ending.output.contains("none.invalid"))
    }

    private struct Document: Decodable {
        struct Finding: Decodable { let verdict, subject, text: String; let remedy: String? }
        let ok, warn, bad: Int
        let version: String
        let findings: [Finding]
    }

    @Test(arguments: [("--json=true", true), ("--json=false", false)])
    func `--json is switched as every flag`(word: String, isJSON: Bool) throws {
        let ending = try doctor(word, "--server-port", "0", "--port", "0")
        #expect(ending.status != 64 && ending.output.hasPrefix("{") == isJSON, "\(ending)")
    }

    @Test func `a name that does not resolve is bad, and the others are looked at all the same`() throws {
        let ending = try doctor("--upstream", "there-is-none.invalid:53", "--service", "/here 127.0.0.1:9")
        #expect(ending.status == 1)
        #expect(ending.output.contains(/(?m)^bad   name +cannot resolve there-is-none.invalid:/), "\(ending.output)")
        #expect(ending.output.contains(/(?m)^ok    route +to 127.0.0.1:9 from 127.0.0.1, path MTU \d+/))
    }

    @Test func `a service that has a probe text is asked`() throws {
        let server = try RunningServer()
        let asked = try doctor("--upstream", "\(server.address)", "--probe-text", "hello")
        #expect(
            asked.output.contains(/(?m)^ok    probe +127.0.0.1:\d+ replied after \d+\.\d{3} ms$/), "\(asked.output)")
        let closed = try DatagramSocket(boundTo: SocketAddress(numeric: "127.0.0.1:0")).localAddress()
        let refused = try doctor("--service", "/a \(closed) probe-text=hello timeout=1s")
        #expect(refused.status == 1)
        #expect(refused.output.contains(/(?m)^bad   probe +.*no server listens/), "\(refused.output)")
    }

    @Test func `a service without one gets nothing`() throws {
        let socket = try DatagramSocket(boundTo: SocketAddress(numeric: "127.0.0.1:0"))
        let address = try socket.localAddress()
        let ending = try doctor("--upstream", "\(address)", "--service", "/group 239.255.255.250:1900 from=any")
        #expect(ending.output.contains(/(?m)^ok    probe +\/ was not asked/), "\(ending.output)")
        #expect(ending.output.contains(/(?m)^ok    probe +\/group was not asked/), "\(ending.output)")
        // A datagram over loopback would be in the socket by now.
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(try socket.receive(into: &bytes, 0..<16) == nil)
    }

    @Test(arguments: [
        (["--prot", "1"], "Error: Unknown option '--prot'. Did you mean '--port'?"),
        (["--lab-seed", "1"], "Error: --lab-seed needs --lab."),
        (["--check"], "Error: --check is the gateway's"),
        (["--config", "/no/such/file"], "Error: --config: cannot read"),
        (["--server-port", "5", "--upstream", "127.0.0.1:9"], "Error: --server-port has no effect here"),
        (["machine"], "Error: Unexpected argument 'machine'"),
        (["--port", "1", "--port", "2"], "Error: --port is there twice"),
        (["--json", "--json=false"], "Error: --json is there twice"),
        (["--json=yes"], "Error: The option '--json' does not take any value, but 'yes' was specified."),
        (["--", "--json"], "Error: Unexpected argument '--json'"),
    ])
    func `wrong usage`(arguments: [String], message: String) throws {
        let ending = try Program(Binaries.letterbox, ["doctor"] + arguments).ending()
        #expect(ending.status == 64 && ending.output.isEmpty)
        #expect(ending.error.hasPrefix(message), "\(ending.error)")
    }

    @Test func `flags come from a file and from the environment as well`() throws {
        let file = try TemporaryFile("upstream 127.0.0.1:9\nmax-sockets 77\n")
        let words = ["LETTERBOX_MAX_DATAGRAM=100", try Binaries.letterbox, "doctor", "--config", file.path]
        let output = try Program("/usr/bin/env", words).ending().output
        #expect(output.contains(", 77 wanted for --max-sockets") && output.contains("for datagrams of up to 100"))
        #expect(output.contains("to 127.0.0.1:9 "))
        try file.write("upstream 127.0.0.1:9\nprot 5\n")
        let wrong = try doctor("--config", file.path)
        #expect(wrong.status == 64 && wrong.error.contains("\(file.path):2: prot is no setting"), "\(wrong.error)")
    }
}
