import Foundation
import Testing

extension InTheBrowser {
    /// The page of a gateway that keeps its state elsewhere, or asks its callers for a token.
    @Suite struct RestrictedGatewayTests {
        @Test("With --admin the services are there to choose, and nothing points to what is elsewhere")
        func admin() throws {
            let peer = UDPPeer { _, datagram in [datagram + datagram] }
            defer { peer.end() }
            let flags = ["--admin", "127.0.0.1:0", "--service", "/twice \(peer.address) max-datagram=64"]
            try Browser.visit(flags) { browser, _ in
                try browser.wait(until: "document.querySelector('#service')")
                #expect(try browser.property("value", of: "#service").string == "/twice")
                #expect(try browser.text("#size").hasSuffix(" of 64 bytes"))
                #expect(try browser.text("#as-curl").hasSuffix("/twice'"))
                try browser.post("ab")
                #expect(try browser.text("#reply") == "abab")
                #expect(try browser.text("#as-udp").hasSuffix(peer.address.replacingOccurrences(of: ":", with: " ")))
                let seen = try browser.run(
                    """
                    return [".live", "footer .state", "footer"]
                      .filter((each) => document.querySelector(each).checkVisibility())
                    """)
                #expect(seen.array.map(\.string) == ["footer"])
                #expect(try browser.errors() == [])
            }
        }

        @Test("With a token the page posts nothing by itself, tells no service, and says what it may not know")
        func token() throws {
            let file = try tokenFile()
            defer { try? FileManager.default.removeItem(at: file) }
            let service = "/hidden 127.0.0.1:\(UDPPeer.closedPort())"
            let root = UDPPeer { _, datagram in [datagram] }
            defer { root.end() }
            try Browser.visit([
                "--token-file", file.path, "--service", "/ \(root.address)", "--service", service,
            ]) { browser, _ in
                try browser.wait(until: "document.querySelector('#target .hint')")
                #expect(try browser.text("#target .hint").contains("does not list its services without a token"))
                #expect(try browser.run("return document.documentElement.innerHTML.includes('/hidden')").bool == false)
                try browser.wait(until: "document.querySelector('.live .hint').textContent.startsWith('A token is')")
                #expect(try browser.text("#live-rate") == "?")
                #expect(try asked(browser) == [])
                try browser.post("hello")
                #expect(try browser.text("#reply").contains("A token is needed"))
                #expect(try browser.text("#reply").contains("post the letter with curl"))
            }
        }

        @Test("With a token the bad network stays as it is, and its sliders say why")
        func labWithToken() throws {
            let file = try tokenFile()
            defer { try? FileManager.default.removeItem(at: file) }
            try Browser.visit(["--token-file", file.path, "--lab"]) { browser, _ in
                #expect(try browser.text("#whole-trip") == "only drawn")
                try browser.wait(until: "document.querySelector('#lab .hint').textContent.startsWith('A token is')")
                try browser.run("window.dispatchEvent(new Event('focus'))")
                #expect(try asked(browser) == [] && browser.errors() == [])
                #expect(try browser.property("disabled", of: "#lab-loss").bool == true)
                #expect(try browser.property("textContent.includes('undefined')", of: "#lab").bool == false)
            }
        }

        @Test(
            "Without the token the page asks for nothing that needs it, and behind a proxy once a letter has come through"
        )
        func asksOnceAdmitted() throws {
            let file = try tokenFile()
            defer { try? FileManager.default.removeItem(at: file) }
            let peer = UDPPeer { _, datagram in [datagram] }
            defer { peer.end() }
            let flags = [
                "--token-file", file.path, "--service", "/ \(peer.address)", "--service", "/two \(peer.address)",
            ]
            try TestGateway.run(flags) { gateway in
                let browser = try Browser.open(gateway.url)
                try browser.wait(until: "document.querySelector('#target .hint')")
                #expect(try asked(browser) == [] && browser.errors() == [])
                // The letter's 401 changes nothing.
                try browser.post("hello")
                #expect(try asked(browser) == [])
                // As a proxy adds it.
                try browser.run(Self.addToken)
                try browser.post("hello again")
                #expect(try browser.text("#reply") == "hello again")
                try browser.wait(until: "document.querySelector('#service option:nth-child(2)')?.value === '/two'")
                try browser.wait(until: "document.querySelector('#live-in-flight').textContent === '0'")
                #expect(try browser.run("return document.querySelector('#target .hint') === null").bool == true)
                // In this tab the page asks at once from now on; the proxy is gone, and the next time it does not ask.
                _ = try browser.errors()
                try browser.open(gateway.url)
                try browser.wait(until: "document.querySelector('#target .hint')")
                try expectOneQuestion(browser)
                try browser.open(gateway.url)
                try browser.wait(until: "document.querySelector('#target .hint')")
                #expect(try asked(browser) == [] && browser.errors() == [])
                // A link that names a service has to know it.
                try browser.open("about:blank")
                try browser.open("\(gateway.url)/#letter=a&to=/two")
                try browser.wait(until: "document.querySelector('#target .hint')")
                try expectOneQuestion(browser)
                try browser.run("sessionStorage.clear()")
            }
        }

        @Test("A proxy's page in place of the services is said to be none")
        func noServices() throws {
            let file = try tokenFile()
            defer { try? FileManager.default.removeItem(at: file) }
            try Browser.visit(["--token-file", file.path, "--service", "/two 127.0.0.1:\(UDPPeer.closedPort())"]) {
                browser, _ in
                try browser.wait(until: "document.querySelector('#target .hint')")
                try browser.run(Self.addToken)
                try browser.run(
                    """
                    const withToken = window.fetch;
                    window.fetch = async (path, how) => path === "/services" ? new Response("<p>") : withToken(path, how);
                    """)
                try browser.post("hello")
                try browser.wait(until: "document.querySelector('#target .hint').textContent.includes('has not told')")
                #expect(try browser.errors().allSatisfy { !$0.contains("SyntaxError") })
            }
        }

        @Test("With a token and no service at / the page knows the services once the gateway has answered a letter")
        func tokenWithoutRoot() throws {
            let file = try tokenFile()
            defer { try? FileManager.default.removeItem(at: file) }
            let peer = UDPPeer { _, datagram in [datagram] }
            defer { peer.end() }
            try Browser.visit(["--token-file", file.path, "--service", "/game \(peer.address)"]) { browser, _ in
                try browser.wait(until: "document.querySelector('#target .hint')")
                #expect(try !browser.text("#target .hint").contains("service at /"))
                try browser.post("hello")
                #expect(try browser.text("#reply").contains("HTTP status 401") && asked(browser) == [])
                try browser.run(Self.addToken)
                try browser.post("hello again")
                #expect(try browser.text("#reply").contains("HTTP status 405"))
                try browser.wait(until: "document.querySelector('#service')?.value === '/game'")
                #expect(try browser.count("#target .hint") == 0)
                try browser.post("at last")
                #expect(try browser.text("#reply") == "at last")
            }
        }

        @Test("With a token and --admin the page says that it cannot know the services, and does not ask")
        func tokenAndAdmin() throws {
            let file = try tokenFile()
            defer { try? FileManager.default.removeItem(at: file) }
            let peer = UDPPeer { _, datagram in [datagram] }
            defer { peer.end() }
            let services = ["/", "/two"].flatMap { ["--service", "\($0) \(peer.address)"] }
            try Browser.visit(["--token-file", file.path, "--admin", "127.0.0.1:0"] + services) { browser, _ in
                try browser.wait(until: "document.querySelector('#target .hint')")
                #expect(try browser.text("#target .hint") == "To /. The gateway lists its services at --admin only.")
                try browser.run(Self.addToken)
                try browser.post("hello")
                #expect(try browser.text("#reply") == "hello")
                #expect(try browser.text("#target .hint").contains("--admin") && asked(browser) == [])
                // A link to another service is not followed to this one.
                try browser.run("location.hash = '#letter=hi&to=/two'")
                try browser.wait(until: "document.querySelector('#target .hint').textContent.includes('/two')")
                try browser.click(".post")
                #expect(try browser.text("#reply").contains("not posted"))
                #expect(try asked(browser) == [] && browser.errors() == [])
            }
        }

        @Test("A link that names a service is followed while the page does not know the services")
        func aLinkIsFollowed() throws {
            let file = try tokenFile()
            defer { try? FileManager.default.removeItem(at: file) }
            let flags = ["/", "/two"].flatMap { ["--service", "\($0) 127.0.0.1:\(UDPPeer.closedPort())"] }
            try Browser.visit(["--token-file", file.path] + flags) { browser, _ in
                try browser.wait(until: "document.querySelector('#target .hint')")
                try browser.run(Self.addToken)
                try browser.run("location.hash = '#letter=hi&to=/two'")
                try browser.wait(until: "document.querySelector('#service')?.value === '/two'")
                #expect(try browser.property("value", of: "#text").string == "hi")
                try browser.run("sessionStorage.clear()")
            }
        }

        /// Makes the page's requests carry the token, as if a proxy added it.
        private static let addToken = """
            const plain = window.fetch;
            window.fetch = (path, how = {}) =>
              plain(path, { ...how, headers: { ...how.headers, Authorization: "Bearer secret" } });
            """

        /// The requests of the page that need the token, but for letters.
        private func asked(_ browser: WebDriver) throws -> [String] {
            let names = try browser.run(
                "return performance.getEntriesByType('resource').map((each) => each.name.split('/').at(-1))")
            return names.array.compactMap(\.string).filter { ["services", "lab", "metrics"].contains($0) }
        }

        /// Expects that the page has asked for the services and for nothing else; Chromium tells of a refusal as an error alone.
        private func expectOneQuestion(_ browser: WebDriver) throws {
            let (asked, errors) = (try asked(browser), try browser.errors())
            #expect(Set(asked).isSubset(of: ["services"]))
            #expect(errors.allSatisfy { $0.contains("/services") }, "\(errors)")
            #expect(!asked.isEmpty || !errors.isEmpty)
        }

        /// A file with a token, for its owner alone.
        private func tokenFile() throws -> URL {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID())")
            let isThere = FileManager.default.createFile(
                atPath: file.path, contents: Data("secret".utf8), attributes: [.posixPermissions: 0o600])
            try #require(isThere)
            return file
        }
    }
}
