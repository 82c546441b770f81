import Foundation
import Testing

extension InTheBrowser {
    /// One letter is one datagram, however it is pressed.
    @Suite struct PressTests {
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
                      Object.defineProperty(event, "keyCode", { value: more.keyCode ?? 13 });
                      let isThrough = false;
                      element.addEventListener("keydown", () => (isThrough = true), { once: true });
                      element.dispatchEvent(event);
                      return isThrough;
                    };
                    const text = document.querySelector("#text");
                    const seen = [];
                    for (const at of [1000, 1001, 1499, 1500, 1900, 2001]) seen.push(press(at));
                    seen.push(press(2002, { ctrlKey: true }), press(9000, { repeat: true }), press(9001, { isComposing: true }));
                    // In Safari the Enter that ends a composition comes after it.
                    seen.push(press(9002, { keyCode: 229 }), press(9003, { keyCode: 229 }));
                    text.value = "another";
                    seen.push(press(2003));
                    return seen;
                    """)
                #expect(
                    seen.array.map(\.bool) == [
                        true, false, false, true, false, true, false, false, true, true, true, true,
                    ])
            }
        }

        @Test(
            "An Enter of an input method chooses a word and posts nothing, also in Safari, which says so by its code alone"
        )
        func composition() throws {
            try Browser.visit { browser, _ in
                let posts = try browser.run(
                    """
                    const posts = [];
                    document.querySelector("#letter").addEventListener("submit", (event) => {
                      posts.push(event.type);
                      event.preventDefault();
                      event.stopImmediatePropagation();
                    }, { capture: true });
                    for (const [keyCode, isComposing] of [[229, true], [229, false], [13, false]]) {
                      const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, isComposing });
                      Object.defineProperty(event, "keyCode", { value: keyCode });
                      document.querySelector("#text").dispatchEvent(event);
                    }
                    return posts;
                    """)
                #expect(posts.array.count == 1)
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
    }
}
