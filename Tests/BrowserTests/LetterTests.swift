import Foundation
import Testing

extension InTheBrowser {
    /// Writing a letter and reading the reply, or why there is none.
    @Suite struct LetterTests {
        @Test("What is typed comes back in capitals")
        func reply() throws {
            try Browser.visit { browser, gateway in
                try browser.post("hello, größe <b>&amp;")
                #expect(try browser.text("#reply") == "HELLO, GRÖSSE <B>&AMP;")
                #expect(try browser.text("#datagrams") == "23 and 23 bytes")
                #expect(
                    try browser.text("#as-udp").hasSuffix(gateway.upstream.replacingOccurrences(of: ":", with: " ")))
                #expect(try browser.text("#visit .came") == "HELLO, GRÖSSE <B>&AMP;")
                #expect(try browser.errors() == [])
            }
        }

        @Test("The page opens with an exchange as an example, which is no letter of the visit")
        func example() throws {
            try Browser.visit { browser, _ in
                #expect(try browser.text("#reply") == "HELLO, LETTERBOX")
                #expect(try browser.text("#journey-note").hasPrefix("An example"))
                #expect(try browser.text("#whole-trip").hasSuffix("ms"))
                #expect(try browser.count("#visit li") == 0)
                try browser.keepPicture("first-view")
                try browser.post("mine")
                #expect(try browser.text("#reply") == "MINE")
                #expect(
                    try browser.property("checkVisibility({ visibilityProperty: true })", of: "#journey-note").bool
                        == false)
            }
        }

        @Test("Opening the page sends nothing to an operator's own service: there the example is drawn")
        func drawnExample() throws {
            let peer = UDPPeer { number, _ in [Array("\(number)".utf8)] }
            defer { peer.end() }
            try Browser.visit(["--upstream", peer.address]) { browser, _ in
                #expect(try browser.text("#reply") == "HELLO, LETTERBOX")
                #expect(try browser.text("#whole-trip") == "only drawn")
                try browser.post("mine")
                #expect(try browser.text("#reply") == "0")
            }
        }

        @Test("What happened is said to readers of the screen: an empty reply, and a letter that is not posted")
        func announcements() throws {
            let peer = UDPPeer { number, datagram in [number == 0 ? datagram : []] }
            defer { peer.end() }
            try Browser.visit(["--upstream", peer.address, "--max-datagram", "8"]) { browser, _ in
                try browser.post("one")
                #expect(try browser.text("#announcement") == "The reply: one")
                try browser.post("two")
                #expect(try browser.text("#announcement") == "The reply is empty: a datagram of 0 bytes.")
                #expect(try browser.property("dataset.state", of: "#reply").string == "empty")
                try browser.type("nine bytes", into: "#text")
                try browser.click(".post")
                #expect(try browser.text("#announcement").hasPrefix("This letter was not posted: it is "))
            }
        }

        @Test("A reply that is too long is no service that cannot be reached")
        func replyTooLong() throws {
            let peer = UDPPeer { _, datagram in [datagram + datagram] }
            defer { peer.end() }
            try Browser.visit(["--upstream", peer.address, "--max-datagram", "8"]) { browser, _ in
                try browser.post("12345")
                let words = try browser.text("#reply")
                #expect(words.contains("longer than the limit of 8 bytes"))
                #expect(words.contains("shorter reply") && !words.contains("See that the service runs"))
            }
        }

        @Test("A reply that is not text is shown in hexadecimal")
        func binary() throws {
            let peer = UDPPeer { _, _ in [[0xFF, 0x00, 0x41]] }
            defer { peer.end() }
            try Browser.visit(["--upstream", peer.address]) { browser, _ in
                try browser.post("anything")
                #expect(try browser.text("#reply-heading") == "The reply, which is not text")
                #expect(try browser.text("#reply").contains("ff 00 41"))
                #expect(try browser.text("#visit .came") == "ff 00 41")
                try browser.keepPicture("binary")
            }
        }

        @Test(
            "Control characters other than white space are no text, as on the page of a form",
            arguments: ["00", "1b", "85"])
        func controls(hex: String) throws {
            let code = try #require(UInt8(hex, radix: 16))
            let peer = UDPPeer { _, _ in [[0x41, 0x0A] + (code < 0x80 ? [code] : [0xC2, code])] }
            defer { peer.end() }
            try Browser.visit(["--upstream", peer.address]) { browser, _ in
                try browser.post("anything")
                #expect(try browser.text("#reply-heading") == "The reply, which is not text")
                #expect(try browser.text("#visit .came").hasPrefix("41 0a "))
            }
        }

        @Test("A carriage return in a reply is seen as a line end, and copied as it is")
        func carriageReturn() throws {
            let peer = UDPPeer { _, _ in [Array("OK\rREADY\r\n".utf8)] }
            defer { peer.end() }
            try Browser.visit(["--upstream", peer.address]) { browser, _ in
                try browser.run(
                    "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (all) => (window.copied = all) } })"
                )
                try browser.post("anything")
                #expect(try browser.property("textContent", of: "#reply").string == "OK\nREADY\n")
                #expect(try browser.property("textContent", of: "#visit .came").string == "OK\nREADY\n")
                try browser.click("[data-copy=reply]")
                try browser.wait(until: "window.copied")
                #expect(try browser.run("return window.copied === 'OK\\rREADY\\r\\n'").bool == true)
            }
        }

        @Test("Of a long reply the beginning is shown, and all of it is copied")
        func long() throws {
            try Browser.visit { browser, _ in
                try browser.run("document.querySelector('#text').value = 'a'.repeat(60_000)")
                try browser.run(
                    """
                    Object.defineProperty(navigator, "clipboard", { value: { writeText: async (all) => (window.copied = all) } });
                    document.querySelector(".post").click();
                    """)
                try browser.wait(until: "document.querySelector('#reply').dataset.state === 'reply'")
                #expect(try browser.property("textContent.length", of: "#reply").integer == 4097)
                try browser.click("[data-copy=reply]")
                try browser.wait(until: "window.copied")
                #expect(try browser.run("return window.copied === 'A'.repeat(60_000)").bool == true)
            }
        }

        @Test(
            "Over plain HTTP a page has no access to the clipboard, and all of a long reply is copied as well",
            arguments: [("a", "'A'.repeat(60_000)"), ("\u{1}", "Array(60_000).fill('01').join(' ')")])
        func copiedWithoutAccess(letter: String, whole: String) throws {
            try Browser.visit { browser, _ in
                try browser.run(
                    """
                    Object.defineProperty(navigator, "clipboard", { value: undefined });
                    addEventListener("copy", (event) => (window.copied = event.clipboardData.getData("text/plain")));
                    document.querySelector("#text").value = "\(letter)".repeat(60_000);
                    document.querySelector(".post").click();
                    """)
                try browser.wait(until: "document.querySelector('#reply').dataset.state === 'reply'")
                try browser.click("[data-copy=reply]")
                try browser.wait(until: "window.copied !== undefined")
                #expect(try browser.run("return window.copied === \(whole)").bool == true)
                // Later copies are the visitor's own.
                #expect(try browser.run("return document.oncopy === null").bool == true)
            }
        }

        @Test("Enter posts, Shift and Enter starts a new line")
        func keys() throws {
            try Browser.visit { browser, _ in
                // WebDriver 17.4.2: U+E008 is Shift until U+E000, U+E007 is Enter.
                try browser.type("one\u{E008}\u{E007}\u{E000}two\u{E007}", into: "#text")
                try browser.wait(until: "document.querySelector('#reply').dataset.state === 'reply'")
                #expect(try browser.text("#reply") == "ONE\nTWO")
                // The rest of the page follows the frame with the reply.
                try browser.wait(until: "document.querySelector('#visit li')")
                #expect(try browser.count("#visit li") == 1)
            }
        }

        @Test("A letter that the page knows to be too long is not posted")
        func tooLong() throws {
            try Browser.visit(["--max-datagram", "8"]) { browser, _ in
                try browser.type("nine byte", into: "#text")
                #expect(try browser.text("#size-note") == "Too long for one datagram. Shorten it and you can post it.")
                try browser.click(".post")
                #expect(try browser.text("#reply").contains("it is 9 bytes long, and one datagram carries 8"))
                #expect(try browser.count("#visit li") == 0)
            }
        }

        @Test("413 is told in a sentence, when the gateway takes less than it did when the page was loaded")
        func contentTooLarge() throws {
            var port = ""
            try TestGateway.run { gateway in
                port = gateway.port
                _ = try Browser.open(gateway.url)
            }
            try TestGateway.run(["--max-datagram", "8"], port: port) { _ in
                let browser = try #require(Browser.shared)
                try expectFailure(
                    browser, "The body does not fit in one datagram of at most 8 bytes.", 413)
                #expect(try browser.count("#steps li") == 2)
            }
        }

        @Test("502 is told in a sentence")
        func badGateway() throws {
            try Browser.visit(["--upstream", "127.0.0.1:\(UDPPeer.closedPort())"]) { browser, _ in
                try expectFailure(
                    browser, "The UDP service refused the datagram: no program listens at its port.", 502)
                try browser.keepPicture("502")
            }
        }

        @Test("504 is told in a sentence")
        func gatewayTimeout() throws {
            let silence = UDPPeer.silent()
            defer { silence.end() }
            let flags = ["--upstream", silence.address, "--timeout", "120ms"]
            try Browser.visit(flags) { browser, _ in
                try expectFailure(
                    browser, "The UDP service did not reply within 120ms (1 datagram sent).", 504)
                #expect(try browser.count("#diagram .udp.lost") == 1)
                try browser.keepPicture("504")
            }
        }

        @Test("A proxy's failure is not told as the gateway's, and the next step is named")
        func proxy() throws {
            try Browser.visit { browser, _ in
                try browser.run("window.fetch = async () => new Response('<p>', { status: 502 })")
                try browser.post("hello")
                #expect(
                    try browser.text("#reply")
                        == "The answer has HTTP status 502 and 3 bytes that explain nothing.\n"
                        + "See that the service runs and can be reached, then post the letter again.")
            }
        }

        @Test("Why a letter was not posted stays there, whatever becomes of the one before")
        func refusalStays() throws {
            let silence = UDPPeer.silent()
            defer { silence.end() }
            try Browser.visit(["--upstream", silence.address, "--max-datagram", "8", "--timeout", "300ms"]) {
                browser, _ in
                // The page's patience ends when the test says so.
                try browser.run(
                    """
                    const plain = window.setTimeout;
                    window.setTimeout = (work, delay, ...more) => delay === 400 ? ((window.patience = work), 0) : plain(work, delay, ...more);
                    """)
                try browser.type("first", into: "#text")
                try browser.click(".post")
                try browser.type("too long a letter", into: "#text")
                try browser.click(".post")
                try browser.run("window.patience()")
                #expect(try browser.text("#reply").hasPrefix("This letter was not posted: "))
                #expect(try browser.property("hasAttribute('aria-busy')", of: "#reply").bool == false)
                try browser.wait(until: "document.querySelector('#visit li')")
                #expect(try browser.text("#reply").hasPrefix("This letter was not posted: "))
            }
        }

        @Test("A letter that is posted again while it is under way owns the reply again")
        func ownsTheReplyAgain() throws {
            let silence = UDPPeer.silent()
            defer { silence.end() }
            try Browser.visit(["--upstream", silence.address, "--max-datagram", "8", "--timeout", "5s"]) {
                browser, _ in
                for letter in ["first", "too long a letter", "first"] {
                    // Control (U+E009) and A: a refused letter stays, and is not selected.
                    try browser.type("\u{E009}a\u{E000}\(letter)\u{E007}", into: "#text")
                }
                #expect(try browser.text("#reply") == "On its way…")
                #expect(try browser.run("return document.querySelector('#reply').ariaBusy").string == "true")
                try browser.wait(until: "document.querySelector('#visit li')")
                #expect(try browser.text("#reply").contains("504"))
            }
        }

        @Test("A gateway that is gone is told in a sentence")
        func gone() throws {
            try TestGateway.run { _ = try Browser.open($0.url) }
            let browser = try #require(Browser.shared)
            try browser.post("anybody there?")
            #expect(
                try browser.text("#reply")
                    == "The gateway cannot be reached. Is it running, and are you connected to it?")
            #expect(try browser.count("#diagram .tcp.lost") == 1)
            try browser.run("document.querySelector('#steps button').focus()")
            #expect(!(try browser.text("#bytes").contains("connection")))
        }

        private func expectFailure(_ browser: WebDriver, _ sentence: String, _ status: Int) throws {
            try browser.post("hello, letterbox")
            let words = try browser.text("#reply")
            #expect(words.hasPrefix("\(sentence) (HTTP status \(status), "))
            // The next step is named.
            let next = words.split(separator: "\n").last?.lowercased() ?? ""
            #expect(next.contains("post the letter again"))
            #expect(try browser.text("#reply-heading") == "No reply")
            #expect(try browser.property("dataset.state", of: "#reply").string == "error")
            #expect(try browser.text("#visit .failed") == words.split(separator: "\n")[0])
        }
    }
}
