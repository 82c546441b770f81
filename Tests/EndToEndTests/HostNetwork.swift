import Testing

/// Client, gateway and services, each on its host.
final class HostNetwork {
    let hosts: Namespaces
    let gateway: Program

    init(_ services: [Namespaces.Host], _ options: [String]) throws {
        hosts = try Namespaces()
        var upstreams: [String] = []
        for host in services {
            let address = try #require(Namespaces.services[host])
            try hosts.startLetterbox(host, ["server", "--host", address, "--port", "12000"])
            upstreams += ["--upstream", "\(address):12000"]
        }
        let own = ["gateway", "--host", Namespaces.gatewayAddress, "--port", "8080"]
        gateway = try hosts.startLetterbox(.gateway, own + upstreams + options)
    }

    /// The response that the client gets; a request that is stuck fails.
    func get(_ path: String, _ options: String...) throws -> (status: Int, text: String) {
        let url = "http://\(Namespaces.gatewayAddress):8080\(path)"
        let ending = try hosts.start(.client, ["curl", "-sS", "--max-time", "50", "-D", "-", url] + options).ending()
        try #require(ending.status == 0, "\(ending.error)")
        return (try #require(Int(ending.output.split(separator: " ")[1])), ending.output)
    }

    func post(_ text: String) throws -> (status: Int, text: String) { try get("/", "--data-binary", text) }

    /// Whether a request fails because the service cannot be reached.
    func expectUnroutable(_ path: String = "/") throws {
        let (status, text) = try get(path, "--data-binary", "hello")
        #expect(status == 502 && text.contains("error=destination_ip_unroutable"), "\(text)")
    }

    /// Whether that many requests in a row are answered.
    func answers(_ count: Int) throws -> Bool {
        try (0..<count).allSatisfy { number in
            let (status, text) = try post("letter \(number)")
            if status != 200 { Issue.record("\(text)") }
            return status == 200 && text.hasSuffix("\r\n\r\nLETTER \(number)")
        }
    }

    /// Posts until there is an answer again; whatever comes until then must be an honest failure.
    func waitUntilItAnswers() throws {
        let deadline = ContinuousClock.now + Program.timeLimit
        while true {
            let (status, text) = try post("hello")
            if status == 200 { return }
            try #require([502, 503, 504].contains(status) && ContinuousClock.now < deadline, "\(text)")
        }
    }

    /// Posts until every worker sends requests to every service again.
    func waitUntilAllAreUp() throws {
        let deadline = ContinuousClock.now + Program.timeLimit
        while try get("/metrics").text.contains(/\nletterbox_udp_upstream_up\{[^}]*\} 0\n/) {
            try #require(ContinuousClock.now < deadline, "a service stays out")
            // Connections go to the workers in turn, and this many reach each of them.
            for _ in 0..<3 { try waitUntilItAnswers() }
        }
    }

    /// Whether no exchange is under way.
    func isAtRest() throws -> Bool {
        try get("/metrics").text.contains("\nletterbox_udp_exchanges_in_flight 0\n")
    }
}
