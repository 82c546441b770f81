import Foundation
import Testing

extension InTheBrowser {
    /// Letters to services at other paths, and letters in hexadecimal.
    @Suite struct ServiceChoiceTests {
        private func choose(_ path: String, in browser: WebDriver) throws {
            try browser.wait(until: "document.querySelector('#service')")
            try browser.run(
                """
                const select = document.querySelector("#service");
                select.value = "\(path)";
                select.dispatchEvent(new Event("change"));
                """)
        }

        @Test("A service is chosen, gets the letters, and stays chosen")
        func chooser() throws {
            let peer = UDPPeer { _, datagram in [datagram + datagram] }
            let root = UDPPeer { _, datagram in [datagram] }
            defer {
                peer.end()
                root.end()
            }
            try Browser.visit(["--upstream", root.address, "--service", "/twice \(peer.address) max-datagram=64"]) {
                browser, gateway in
                try browser.run("sessionStorage.clear()")
                try browser.open(gateway.url)
                try browser.wait(until: "document.querySelector('#service')")
                #expect(try browser.property("value", of: "#service").string == "/")
                try browser.post("to the root")
                #expect(try browser.text("#reply") == "to the root")
                try choose("/twice", in: browser)
                #expect(try browser.text("#size").hasSuffix(" of 64 bytes"))
                try browser.post("ab")
                #expect(try browser.text("#reply") == "abab")
                #expect(try browser.text("#as-curl").hasSuffix("/twice'"))
                #expect(try browser.text("#as-udp").hasSuffix(peer.address.replacingOccurrences(of: ":", with: " ")))
                #expect(try browser.text("#diagram").contains("POST /twice"))
                #expect(try browser.count("#steps li") == 4)
                try browser.keepPicture("services")
                try browser.open(gateway.url)
                try browser.wait(until: "document.querySelector('#service')?.value === '/twice'")
                try browser.post("cd")
                #expect(try browser.text("#reply") == "cdcd")
                #expect(try browser.errors() == [])
            }
        }

        @Test("The same text is another letter at another service, and each letter's commands are its own")
        func sameText() throws {
            let peer = UDPPeer { _, datagram in [datagram] }
            // One of them answers the second letter only, and no letter twice.
            let slow = UDPPeer.silent()
            defer {
                peer.end()
                slow.end()
            }
            try Browser.visit([
                "--upstream", peer.address, "--service", "/slow \(slow.address) timeout=1s attempts=1",
            ]) { browser, gateway in
                try choose("/slow", in: browser)
                try browser.type("same", into: "#text")
                try browser.click(".post")
                try browser.click("#as-hex")
                try browser.wait(until: "document.querySelector('#visit li')")
                #expect(try browser.text("#as-curl").hasSuffix("--data-raw 'same' '\(gateway.url)/slow'"))
                #expect(try browser.text("#as-udp").hasPrefix("(printf %s 'same'; "))
                #expect(try browser.text("#as-udp").hasSuffix(slow.address.replacingOccurrences(of: ":", with: " ")))
                try browser.click("#as-hex")
                try browser.click(".post")
                try choose("/", in: browser)
                try browser.type("\u{E007}", into: "#text")
                try browser.wait(until: "document.querySelector('#reply').dataset.state === 'reply'")
                #expect(try browser.text("#reply") == "same")
                try browser.wait(until: "document.querySelectorAll('#visit li').length === 3")
            }
        }

        @Test("A letter whose link names a service that is gone goes nowhere until the visitor chooses")
        func goneService() throws {
            let peer = UDPPeer { _, datagram in [datagram] }
            defer { peer.end() }
            // A link without a path is to the service at "/".
            for (services, gone, other) in [
                (["/"], "/gone", "/"), (["/", "/twice"], "/gone", "/twice"), (["/game"], "/", "/game"),
            ] {
                try TestGateway.run(services.flatMap { ["--service", "\($0) \(peer.address)"] }) { gateway in
                    let browser = try Browser.open("\(gateway.url)/#letter=kick\(gone == "/" ? "" : "&to=\(gone)")")
                    defer { _ = try? browser.run("sessionStorage.clear()") }
                    try browser.wait(until: "document.querySelector('#target .hint')")
                    #expect(try browser.text("#target .hint").hasPrefix("The link is for \(gone), which this "))
                    #expect(try browser.property("value", of: "#service").string == "")
                    try browser.keepPicture("gone-service-\(services.count)")
                    try expectRefusal(of: gone, by: browser)
                    try choose(services[0], in: browser)
                    #expect(try browser.count("#target .hint") == 0)
                    try browser.post("kick")
                    #expect(try browser.text("#reply") == "kick")
                    // The same holds for a link that is followed later, until one is to a service that is here.
                    try browser.run("location.hash = '#letter=again&to=/other'")
                    try browser.wait(until: "document.querySelector('#target .hint')")
                    try expectRefusal(of: "/other", by: browser)
                    try browser.run("location.hash = '#letter=back&to=\(other)'")
                    try browser.wait(until: "document.querySelector('#target .hint') === null")
                    try browser.post("back")
                    #expect(try browser.text("#reply") == "back")
                    #expect(try browser.errors() == [])
                }
            }
        }

        private func expectRefusal(of path: String, by browser: WebDriver) throws {
            try browser.click(".post")
            #expect(try browser.text("#reply").hasPrefix("This letter was not posted: the link is for \(path), "))
            try browser.postMany(10)
            #expect(try browser.text("#many-words").contains("not posted: the link is for \(path), "))
        }

        @Test("Many letters go to the service that was chosen when they were sent")
        func manyToOne() throws {
            let (peer, other) = (UDPPeer { _, datagram in [datagram] }, UDPPeer.silent())
            defer {
                peer.end()
                other.end()
            }
            try Browser.visit(["--upstream", peer.address, "--service", "/other \(other.address) timeout=50ms"]) {
                browser, _ in
                try browser.wait(until: "document.querySelector('#service')")
                try choose("/other", in: browser)
                try browser.postMany(10)
                try choose("/", in: browser)
                try browser.wait(until: "document.querySelector('#many-failures').textContent !== '–'")
                #expect(try browser.text("#many-failures") == "10: HTTP status 504 Gateway Timeout")
            }
        }

        @Test(
            "No reply, and several, are told in words: bytes are counted, and in hexadecimal each reply is written so")
        func otherAnswers() throws {
            let peer = UDPPeer { _, datagram in [datagram, [0xFF]] }
            defer { peer.end() }
            let services = ["/log \(peer.address) replies=0", "/pair \(peer.address) replies=2"]
            try Browser.visit(["--upstream", peer.address] + services.flatMap { ["--service", $0] }) { browser, _ in
                try browser.click("#as-hex")
                try choose("/log", in: browser)
                try browser.post("61 62")
                #expect(try browser.text("#reply") == "The datagram has left. This service sends no reply.")
                #expect(try browser.text("#visit .came") == "The datagram has left. This service sends no reply.")
                #expect(try browser.text("#datagrams") == "2 bytes; none back")
                let drawn =
                    "return [...document.querySelectorAll('#diagram g[data-kind]')].map((g) => [g.dataset.kind, g.classList.contains('lost')].join())"
                #expect(
                    try browser.run(drawn).array.map(\.string) == ["request,false", "sent,false", "response,false"])
                try choose("/pair", in: browser)
                try browser.post("61 62")
                let words = try browser.text("#reply")
                #expect(words.contains(" ms:\n61 62\n") && words.hasSuffix(" ms:\nff"))
                #expect(try browser.text("#visit .came") == words)
                #expect(try browser.text("#datagrams") == "2 bytes; 2 back, 3 bytes")
                #expect(try browser.text("#udp-leg").hasSuffix(" ms"))
                try browser.click("#as-hex")
                try browser.post("ab")
                let pair = try browser.text("#reply")
                #expect(
                    pair.contains("\(peer.address), after ") && pair.contains(" ms:\nab\n") && pair.hasSuffix(":\nff"))
                try choose("/log", in: browser)
                try browser.post("a line")
                #expect(try browser.text("#reply") == "The datagram has left. This service sends no reply.")
                #expect(try browser.errors() == [])
            }
        }

        @Test("Where addresses are hidden, words stand for them in the command, at every service")
        func hiddenAddress() throws {
            let services = ["/", "/game", "/last"].flatMap { ["--service", "\($0) 192.0.2.1:9"] }
            try Browser.visit(services) { browser, _ in
                for path in ["/game", "/last", "/"] {
                    try choose(path, in: browser)
                    try browser.wait(until: "document.querySelector('#as-udp').textContent.endsWith(' HOST PORT')")
                }
            }
        }

        @Test("A letter in hexadecimal is posted as such, for a service may take no text")
        func noText() throws {
            let peer = UDPPeer { _, query in [query.prefix(2) + [query[2] | 0x80] + query.dropFirst(3)] }
            defer { peer.end() }
            try Browser.visit(["--upstream", peer.address, "--service", "/dns-query \(peer.address) preset=dns"]) {
                browser, _ in
                try choose("/dns-query", in: browser)
                try browser.click("#as-hex")
                try browser.post("00 01 01 00 00 01 00 00 00 00 00 00")
                #expect(try browser.text("#visit .came") == "00 01 81 00 00 01 00 00 00 00 00 00")
                #expect(try browser.text("#datagrams") == "12 and 12 bytes")
                #expect(try browser.text("#diagram").contains("POST /dns-query, "))
                try browser.run("document.querySelector('#steps button').focus()")
                let request = try browser.text("#bytes")
                #expect(request.contains("POST /dns-query?as=hex HTTP/1.1\n") && request.contains("Content-Length: 35"))
                #expect(request.contains("30 30 20 30 31") && request.contains("connection"))
                try browser.postMany(10)
                try browser.wait(
                    until: "document.querySelector('#many-words').textContent.startsWith('10 letters: 10 ')")
                #expect(try browser.errors() == [])
            }
        }

        @Test("With one service there is nothing to choose")
        func one() throws {
            try Browser.visit { browser, _ in
                let choices = try browser.count("#service")
                #expect(choices == 0)
            }
        }

        @Test("A letter in hexadecimal, and its reply")
        func hexadecimal() throws {
            try Browser.visit { browser, _ in
                try browser.click("#as-hex")
                try browser.post("ff:61 62\u{E008}\u{E007}\u{E000}0A")
                #expect(try browser.text("#reply-heading") == "The reply, in hexadecimal")
                #expect(try browser.text("#reply").contains("ff 41 42 0a"))
                #expect(try browser.text("#datagrams") == "4 and 4 bytes")
                #expect(try browser.text("#as-curl").hasSuffix("/?as=hex'"))
                #expect(try browser.text("#visit .came") == "ff 41 42 0a")
                try browser.keepPicture("hexadecimal")
                // An invalid byte is not posted.
                try browser.run("document.querySelector('#text').value = ''")
                try browser.type("61 6", into: "#text")
                #expect(try browser.text("#size-note").hasSuffix("at character 4 there are none."))
                try browser.click(".post")
                #expect(try browser.text("#reply").hasPrefix("This letter was not posted: two digits"))
                #expect(try browser.errors() == [])
            }
        }

        @Test("The switch keeps the bytes")
        func toggle() throws {
            try Browser.visit { browser, _ in
                try browser.type("h\u{E9}", into: "#text")
                try browser.click("#as-hex")
                #expect(try browser.property("value", of: "#text").string == "68 c3 a9")
                #expect(try browser.text("#size").hasPrefix("3 of "))
                try browser.click("#as-hex")
                #expect(try browser.property("value", of: "#text").string == "h\u{E9}")
                try browser.click("#as-hex")
                try browser.run("document.querySelector('#text').value = 'ff'")
                try browser.click("#as-hex")
                // Bytes that are no text stay as they are.
                #expect(try browser.property("checked", of: "#as-hex").bool == true)
                #expect(try browser.property("value", of: "#text").string == "ff")
                #expect(try browser.text("#size-note") == "Still in hexadecimal: these bytes are not text.")
                // A text box makes LF of CR, which would be another letter.
                for hex in ["61 0d 62", "0d 0a"] {
                    try browser.run("document.querySelector('#text').value = '\(hex)'")
                    try browser.click("#as-hex")
                    #expect(try browser.property("checked", of: "#as-hex").bool == true)
                    #expect(try browser.property("value", of: "#text").string == hex)
                    #expect(try browser.text("#size-note").hasPrefix("Still in hexadecimal: a text box"))
                }
                try browser.run("document.querySelector('#text').value = 'zz'")
                try browser.click("#as-hex")
                #expect(try browser.text("#size-note").hasPrefix("Still in hexadecimal, which this is not: two digits"))
            }
        }
    }
}
