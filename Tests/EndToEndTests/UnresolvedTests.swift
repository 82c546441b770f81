import CurlClient
import Foundation
import Glibc
import System
import Testing

/// A service whose name has no address when the gateway starts.
@Suite(.enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
struct UnresolvedTests {
    /// Writes the file in place, for what is mounted is this file and no other of its name.
    private func write(_ text: String, to path: String) throws {
        let file = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        try #require(unsafe pwrite(file, text, text.utf8.count, 0) == text.utf8.count)
    }

    @Test func `requests get 503 until the name has an address`() throws {
        let server = try RunningServer(host: "127.0.0.4")
        let hosts = FileManager.default.temporaryDirectory.appending(path: "letterbox-hosts-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: hosts) }
        let localhost = "127.0.0.1 localhost\n"
        try write(localhost, to: hosts)
        let port = server.address.port
        let program = try Program(
            "unshare",
            [
                "--map-root-user", "--mount", "sh", "-c",
                "mount --bind \"$0\" /etc/hosts && exec \"$@\"",
            ] + [
                hosts, Binaries.letterbox, "--port", "0", "--upstream", "service.invalid:\(port)", "--service",
                "/other 127.0.0.4:\(port)", "--resolve-interval", "100ms", "--timeout", "30s",
            ])
        _ = try program.errorLine(containing: "cannot resolve service.invalid")
        let line = try program.errorLine(startingWith: "The gateway is ready: ")
        let words = line.dropFirst("The gateway is ready: ".count).split(separator: " ")
        #expect(words.dropFirst().joined(separator: " ").hasPrefix("-> service.invalid:\(port) (no address yet)"))
        let url = String(words[0])

        let client = CurlClient()
        let refusal = try client.perform(CurlRequest(url, body: .text("hello")))
        #expect(refusal.status == 503)
        #expect(refusal.fields["Proxy-Status"] == "letterbox; error=dns_error")
        #expect(refusal.fields["Retry-After"] == "1")
        #expect(try client.perform(CurlRequest("\(url)/other", body: .text("hello"))).text == "HELLO")
        // The other one can be asked.
        #expect(try client.get("\(url)/readyz").status == 200)
        let metrics = try client.get("\(url)/metrics").text ?? ""
        #expect(metrics.contains("\nletterbox_udp_addresses{service=\"/\"} 0\n"))
        #expect(metrics.contains("\nletterbox_udp_addresses{service=\"/other\"} 1\n"))

        try write(localhost + "127.0.0.4 service.invalid\n", to: hosts)
        _ = try program.errorLine(containing: "/: the UDP service is now at [127.0.0.4:\(port)]")
        #expect(try client.perform(CurlRequest(url, body: .text("hello"))).text == "HELLO")
        #expect(try client.get("\(url)/readyz").status == 200)
        // Of all the look-ups that failed the log has the first.
        let ending = try program.ending(after: SIGTERM)
        #expect(ending.errorLines.count { $0.contains("cannot resolve") } == 1)
    }
}
