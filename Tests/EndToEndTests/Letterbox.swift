import CurlClient
import Glibc
import System
import Testing

/// A gateway that runs for a test.
struct RunningGateway {
    let program: Program
    /// Where it listens, such as "http://127.0.0.1:40123".
    let url: String
    /// Where it sends datagrams; the first of several.
    let upstream: SocketAddress

    /// Starts `letterbox` on free ports and waits until it is ready.
    init(_ arguments: [String] = [], upstream: SocketAddress? = nil) throws {
        let addresses = upstream.map { ["--upstream", "\($0)"] } ?? ["--server-port", "0"]
        try self.init(Program(Binaries.letterbox, ["gateway", "--port", "0"] + addresses + arguments))
    }

    /// Waits until a gateway that was started is ready.
    init(_ program: Program) throws {
        self.program = program
        // It is a line of its own, or a message in JSON.
        let text = try program.error(matching: /The gateway is ready: .*\n/)
        let start = try #require(text.firstRange(of: "The gateway is ready: "))
        let words = text[start.upperBound...].split { " \"\n".contains($0) }
        try #require(words.count >= 3 && words[1] == "->")
        url = String(words[0])
        self.upstream = try SocketAddress(udp: words[2])
    }

    /// Where it listens, for a connection without libcurl.
    var address: SocketAddress {
        get throws { try SocketAddress(numeric: url.dropFirst("http://".count)) }
    }

    /// Posts a text over a connection of its own; returns the response.
    func post(_ text: String, timeout: Duration = Program.timeLimit) throws -> CurlResponse {
        try CurlClient().perform(CurlRequest("\(url)/", body: .text(text), timeout: timeout))
    }

    /// The values of /metrics by their names, labels included.
    func metrics(_ client: CurlClient = CurlClient()) throws -> [String: Int] {
        let response = try client.perform(CurlRequest("\(url)/metrics", timeout: Program.timeLimit))
        var metrics: [String: Int] = [:]
        for line in try #require(response.text).split(separator: "\n") where line.hasPrefix("letterbox_") {
            let words = line.split(separator: " ")
            // The counts of all addresses of the upstream are added up here.
            let name = words[0].dropFirst("letterbox_".count)
            let family = name.firstRange(of: "{upstream=").map { name[..<$0.lowerBound] } ?? name
            metrics[String(family), default: 0] += Int(words[1]) ?? 0
        }
        return metrics
    }

    /// Waits until the metrics are as `condition` wants them.
    func metrics(until condition: ([String: Int]) -> Bool) throws {
        let client = CurlClient()
        let deadline = ContinuousClock.now + Program.timeLimit
        while true {
            let metrics = try self.metrics(client)
            if condition(metrics) { return }
            try #require(ContinuousClock.now < deadline, "the metrics never got there: \(metrics)")
        }
    }
}

/// A UDP server that runs for a test.
struct RunningServer {
    let program: Program
    let address: SocketAddress

    /// Starts `letterbox server` and waits until it is ready.
    init(_ arguments: [String] = [], host: String = "127.0.0.1", port: UInt16 = 0) throws {
        program = try Program(
            Binaries.letterbox, ["server", "--host", host, "--port", "\(port)"] + arguments)
        let prefix = "The server is ready to receive: "
        address = try SocketAddress(udp: program.errorLine(startingWith: prefix).dropFirst(prefix.count))
    }
}

extension Program {
    /// Starts `letterbox`.
    static func letterbox(_ arguments: String..., input: Input = .nothing) throws -> Program {
        try Program(Binaries.letterbox, arguments, input: input)
    }
}

extension SocketAddress {
    /// Reads "udp://ADDRESS:PORT".
    init(udp text: some StringProtocol) throws {
        try #require(text.hasPrefix("udp://"))
        try self.init(numeric: text.dropFirst("udp://".count))
    }

    /// Reads "ADDRESS:PORT".
    init(numeric text: some StringProtocol) throws {
        let endpoint = try #require(Endpoint(String(text)))
        self = try #require(SocketAddress(endpoint.host, port: endpoint.port))
    }
}
