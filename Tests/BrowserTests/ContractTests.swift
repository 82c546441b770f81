import CurlClient
import Foundation
import Testing

/// The OpenAPI document against the running gateway.
@Suite(.serialized)
struct ContractTests {
    private typealias Answer = OpenAPIFile.Answer

    @Test("Every answer that the document promises is given, and no other")
    func answers() throws {
        let promised = try OpenAPIFile(document()).answers
        var given: Set<Answer> = []
        try TestGateway.run(["--max-datagram", "64"]) { gateway in
            try given.formUnion(fromWorkingService(gateway.url))
        }
        try TestGateway.run(["--lab"]) { try given.formUnion(lab($0.url)) }
        let silence = UDPPeer.silent()
        defer { silence.end() }
        try TestGateway.run(["--upstream", "127.0.0.1:\(UDPPeer.closedPort())"]) { gateway in
            // After five reports in a row the only backend is down.
            for _ in 0..<3 { try given.formUnion(payloads(gateway.url)) }
            try given.insert(answer(gateway.url, "GET", "/readyz"))
        }
        // The only socket is set aside after the first letter, to which no reply came.
        try TestGateway.run(["--upstream", silence.address, "--timeout", "20ms", "--max-sockets", "1"]) { gateway in
            try given.formUnion(payloads(gateway.url))
            let answers = try payloads(gateway.url)
            #expect(answers.allSatisfy { $0.status == 503 })
            given.formUnion(answers)
        }
        try TestGateway.run(["--upstream", silence.address, "--timeout", "20ms"]) { gateway in
            try given.formUnion(payloads(gateway.url))
        }
        let oneWay = ["--upstream", silence.address, "--service", "/log \(silence.address) replies=0"]
        try TestGateway.run(oneWay) { gateway in
            let form: CurlFields = ["Content-Type": "application/x-www-form-urlencoded"]
            try given.insert(answer(gateway.url, "POST", "/form", form, "text=hello&to=/log"))
        }
        #expect(promised.subtracting(given).isEmpty, "promised, not given")
        #expect(given.subtracting(promised).isEmpty, "given, not promised")
        #expect(promised.count == 57)
    }

    @Test("The methods of each path are the ones that the document has")
    func methods() throws {
        try TestGateway.run(["--lab"]) { gateway in
            for (path, methods) in try OpenAPIFile(document()).methods {
                let response = try CurlClient().perform(CurlRequest(gateway.url + path, method: "OPTIONS"))
                let allowed = Set((response.fields["Allow"] ?? "").split(separator: ", ").map(String.init))
                #expect(
                    allowed == methods.union(methods.contains("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"]), "\(path)")
            }
        }
    }

    @Test("The trace has the members that the document describes, and keeps its order in time")
    func trace() throws {
        // A datagram that is sent again, since the machine is slow, would be a step more.
        try TestGateway.run(["--attempts", "1"]) { gateway in
            let exchange = try self.exchange(gateway.url, body: Array("hello".utf8)).document["exchange"]
            #expect(exchange["steps"].array.compactMap { $0["kind"].string } == ["sent", "received"])
            #expect(exchange["attempts"].integer == 1)
            let times = exchange["steps"].array.compactMap { $0["at"].number } + [exchange["total"].number ?? -1]
            #expect(times == times.sorted())
            for step in exchange["steps"].array {
                #expect(Set(step.members.keys) == ["kind", "at", "bytes", "upstream", "localPort"])
                #expect(step["upstream"].string == gateway.upstream)
                #expect(step["bytes"].integer == 5)
            }
        }
    }

    @Test("A response that waits for no reply has the steps so far, and no reply")
    func traceWithoutReply() throws {
        let schema = try #require(OpenAPIFile(document()).root["components"]?["schemas"]?["Departure"])
        #expect(schema["required"]?.value == "[exchange]")
        try TestGateway.run { gateway in
            let fields: CurlFields = ["Prefer": "respond-async", "Accept": "application/json"]
            let request = CurlRequest(gateway.url, fields: fields, body: .text("hello"))
            let response = try CurlClient().perform(request)
            let members = try JSON(parsing: response.text ?? "").members
            #expect(response.status == 202 && Set(members.keys) == ["exchange"])
            #expect(members["exchange"]?["steps"].array.map { $0["kind"].string } == ["sent"])
        }
    }

    @Test("Bytes that are no text come as base64", arguments: [[0xff], [0xff, 0x00, 0x41], [0x80, 0x81, 0x82, 0x83]])
    func binary(bytes: [UInt8]) throws {
        try TestGateway.run { gateway in
            let document = try self.exchange(gateway.url, body: bytes).document
            #expect(document["base64"].bool == true)
            #expect(document["reply"].string == Data(bytes).base64EncodedString())
        }
    }

    @Test("A service on this machine is shown to the page, and so is the limit")
    func settings() throws {
        try TestGateway.run(["--max-datagram", "1000"]) { gateway in
            let page = try CurlClient().get(gateway.url).text ?? ""
            let udp = gateway.upstream.replacingOccurrences(of: ":", with: " ")
            #expect(page.contains("<meta name=\"letterbox-udp\" content=\"\(udp)\">"))
            #expect(page.contains("<meta name=\"letterbox-max-datagram\" content=\"1000\">"))
        }
    }

    @Test("The address of a service elsewhere is shown only if the operator wants it", arguments: [true, false])
    func addresses(areShown: Bool) throws {
        // 192.0.2.0/24 is for documentation (RFC 5737).
        let flags = ["--upstream", "192.0.2.1:7", "--timeout", "10ms"] + (areShown ? ["--show-addresses"] : [])
        try TestGateway.run(flags) { gateway in
            let page = try CurlClient().get(gateway.url).text ?? ""
            #expect(page.contains("content=\"192.0.2.1 7\"") == areShown)
            #expect(page.contains("<meta name=\"letterbox-udp\" content=\"\">") == !areShown)
            #expect(page.contains("192.0.2.1") == areShown)
            let trace = try self.exchange(gateway.url, body: []).text
            #expect(trace.contains("\"exchange\""))
            #expect(areShown || !trace.contains("192.0.2.1") && !trace.contains("localPort"))
        }
    }

    // MARK: -

    private func document() throws -> String {
        try String(contentsOf: Folders.page.appendingPathComponent("openapi.yaml"), encoding: .utf8)
    }

    private func exchange(_ url: String, body: [UInt8]) throws -> (document: JSON, text: String) {
        let request = CurlRequest(url, fields: ["Accept": "application/json"], body: .bytes(body))
        let text = try CurlClient().perform(request).text ?? ""
        return (try JSON(parsing: text), text)
    }

    /// The answers to a payload by either route.
    private func payloads(_ url: String) throws -> Set<Answer> {
        try [
            answer(url, "POST", "/", [:], "hello"),
            answer(url, "POST", "/form", ["Content-Type": "application/x-www-form-urlencoded"], "text=hello"),
        ]
    }

    /// The answers of the lab where there is one.
    private func lab(_ url: String) throws -> Set<Answer> {
        try [
            answer(url, "GET", "/lab"),
            answer(url, "PUT", "/lab", [:], "{\"loss\":0,\"duplicate\":0,\"delay\":0}"),
            answer(url, "GET", "/lab", ["If-None-Match": "*"]),
            answer(url, "GET", "/lab", ["If-Match": "\"a\""]),
            answer(url, "PUT", "/lab", ["If-Match": "\"a\""], "{\"loss\":0,\"duplicate\":0,\"delay\":0}"),
            answer(url, "PUT", "/lab", ["Content-Encoding": "gzip"], "{}"),
            answer(url, "PUT", "/lab", [:], "loss=0"),
            answer(url, "PUT", "/lab", ["Origin": "http://other.example"], "{}"),
            answer(url, "PUT", "/lab", [:], "{}"),
        ]
    }

    private func fromWorkingService(_ url: String) throws -> Set<Answer> {
        let form = "application/x-www-form-urlencoded"
        let long = String(repeating: "a", count: 65)
        var result = try payloads(url)
        for path in ["/", "/healthz", "/readyz", "/metrics", "/services", "/openapi.yaml"] {
            for fields: CurlFields in [[:], ["If-None-Match": "*"], ["If-Match": "\"a\""]] {
                try result.insert(answer(url, "GET", path, fields))
            }
        }
        for path in ["/", "/openapi.yaml"] {
            for range in ["bytes=0-9", "bytes=9999999-"] {
                try result.insert(answer(url, "GET", path, ["Range": range]))
            }
        }
        try result.formUnion([
            answer(url, "POST", "/", ["Prefer": "respond-async"], "hello"),
            answer(url, "POST", "/", ["Prefer": "respond-async", "Accept": "application/json"], "hello"),
            answer(url, "POST", "/", ["Origin": "http://other.example"], "hello"),
            answer(url, "POST", "/form", ["Sec-Fetch-Site": "cross-site", "Content-Type": form], "text=hello"),
            answer(url, "GET", "/lab"),
            answer(url, "PUT", "/lab", [:], "{}"),
            answer(url, "POST", "/", ["Content-Type": "application/dns-message"], "hello"),
            answer(url, "POST", "/", [:], bytes: [0xFF]),
            answer(url, "POST", "/?as=hex", [:], "f"),
            answer(url, "POST", "/", ["Accept": "application/json"], "hello"),
            answer(url, "POST", "/", [:], long),
            answer(url, "POST", "/", ["Content-Encoding": "gzip"], "hello"),
            answer(url, "POST", "/form", ["Content-Type": form], "word=hello"),
            answer(url, "POST", "/form", ["Content-Type": form], "to=nowhere"),
            answer(url, "POST", "/form", ["Content-Type": form], "text=\(long)"),
            answer(url, "POST", "/form", ["Content-Type": "text/plain"], "hello"),
            answer(
                url, "POST", "/form", ["Content-Type": "multipart/form-data; boundary=b"],
                "--b\r\nContent-Disposition: form-data; name=text\r\nContent-Transfer-Encoding: base64\r\n\r\naA==\r\n--b--\r\n"
            ),
        ])
        return result
    }

    private func answer(
        _ url: String, _ method: String, _ path: String, _ fields: CurlFields = [:], _ body: String? = nil,
        bytes: [UInt8]? = nil
    ) throws -> Answer {
        let content = bytes ?? body.map { Array($0.utf8) }
        let request = CurlRequest(url + path, method: method, fields: fields, body: content.map { .bytes($0) } ?? .none)
        let response = try CurlClient().perform(request)
        let type = String((response.fields["Content-Type"] ?? "").prefix { $0 != ";" })
        // One of the types that a letter can have and its reply then has.
        let promised = type == "application/dns-message" ? "application/*" : type
        let route = path.firstIndex(of: "?").map { String(path[..<$0]) } ?? path
        return Answer(method: method, path: route, status: response.status, type: promised)
    }
}
