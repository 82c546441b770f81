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

        @Test("A double click posts once, and what is typed meanwhile is the next letter")
        func once() throws {
            let peer = UDPPeer { number, datagram in number < 2 ? [] : [datagram] }
            defer { peer.end() }
            let flags = [
                "--upstream", peer.address, "--attempts", "3", "--timeout", "60s", "--min-retransmit", "500ms",
            ]
            try Browser.visit(flags) { browser, _ in
                try browser.type("one", into: "#text")
                try browser.run("for (const _ of [1, 2]) document.querySelector('.post').click()")
                try browser.type("two\u{E007}", into: "#text")
                try browser.wait(until: "document.querySelectorAll('#visit li').length === 2")
                #expect(try browser.texts("#visit .sent").sorted() == ["one", "two"])
            }
        }

        @Test("The second click of a double click posts nothing, however fast the reply comes")
        func doubleClick() throws {
            try Browser.visit { browser, _ in
                try browser.post("hello")
                // UI Events 3.3.5.1: the detail of a click is its number among those in a row.
                try browser.run(
                    """
                    window.posts = 0;
                    document.querySelector("#letter").addEventListener("submit", () => (window.posts += 1));
                    for (const detail of [1, 2, 3]) {
                      document.querySelector(".post").dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail }));
                    }
                    """)
                #expect(try browser.run("return window.posts").integer == 1)
            }
        }

        @Test("While a letter is under way the same one is not posted, whatever came between; after its reply it is")
        func sameLetterUnderWay() throws {
            // The letter "slow" waits for a datagram of its own.
            let peer = UDPPeer { _, datagram in datagram == Array("slow".utf8) ? [] : [datagram] }
            defer { peer.end() }
            try TestGateway.run(["--upstream", peer.address, "--attempts", "1", "--timeout", "2s"]) { gateway in
                let browser = try Browser.open(gateway.url)
                try browser.wait(until: loaded("press"))
                try browser.run(
                    """
                    window.posts = [];
                    const plain = window.fetch;
                    window.fetch = (path, how) => {
                      if (how?.method === "POST") window.posts.push(new TextDecoder().decode(how.body));
                      return plain(path, how);
                    };
                    """)
                try browser.type("slow\u{E007}\u{E007}", into: "#text")
                // U+E009 is Control.
                try browser.type("\u{E009}\u{E007}\u{E000}", into: "#text")
                try browser.type("fast\u{E007}", into: "#text")
                try browser.wait(until: "document.querySelector('#visit li')")
                try browser.run("document.querySelector('#text').value = 'slow'")
                try browser.click(".post")
                try browser.wait(until: "document.querySelectorAll('#visit li').length === 2")
                #expect(try browser.run("return window.posts").array.map(\.string) == ["slow", "fast"])
                try browser.click(".post")
                try browser.wait(until: "document.querySelectorAll('#visit li').length === 3")
                #expect(try browser.run("return window.posts").array.map(\.string) == ["slow", "fast", "slow"])
            }
        }

        /// A second press within half a second is the same press, in all forms, and a key that is held is one.
        @Test(
            "Two quick presses of Enter, and a key that is held, are one", arguments: ["#text", ".post", "#send-many"])
        func quickPresses(element: String) throws {
            try TestGateway.run { gateway in
                let browser = try Browser.open(gateway.url)
                try browser.wait(until: loaded("press"))
                // A press that is let through is seen by the form; nothing is sent.
                let seen = try browser.run(
                    """
                    const element = document.querySelector("\(element)");
                    const press = (at, more = {}) => {
                      const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...more });
                      Object.defineProperty(event, "timeStamp", { value: at });
                      let isThrough = false;
                      element.addEventListener("keydown", () => (isThrough = true), { once: true });
                      element.dispatchEvent(event);
                      return isThrough;
                    };
                    const text = document.querySelector("#text");
                    const seen = [];
                    for (const at of [1000, 1001, 1499, 1500, 1900, 2001]) seen.push(press(at));
                    seen.push(press(2002, { ctrlKey: true }), press(9000, { repeat: true }), press(9001, { isComposing: true }));
                    text.value = "another";
                    seen.push(press(2003));
                    return seen;
                    """)
                #expect(
                    seen.array.map(\.bool) == [true, false, false, true, false, true, false, false, true, true])
            }
        }

        @Test("The second click on any button that sends is the same click", arguments: [".post", "#send-many"])
        func secondClick(button: String) throws {
            try TestGateway.run { gateway in
                let browser = try Browser.open(gateway.url)
                try browser.wait(until: loaded("press"))
                let submits = try browser.run(
                    """
                    let submits = 0;
                    const button = document.querySelector("\(button)");
                    button.form.addEventListener("submit", (event) => {
                      submits += 1;
                      event.preventDefault();
                      event.stopImmediatePropagation();
                    }, { capture: true });
                    for (const detail of [0, 1, 2, 3]) {
                      button.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail }));
                    }
                    return submits;
                    """)
                #expect(submits.integer == 2)
            }
        }

        /// Whether a module that is loaded after the first view has run.
        private func loaded(_ name: String) -> String {
            "(import('/\(name).js').then(() => (window.\(name) = true)), window.\(name))"
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
