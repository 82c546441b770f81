import CurlClient
import Testing

extension InTheBrowser {
    /// The sliders of the bad network.
    @Suite struct LabTests {
        @Test("Without --lab there are no sliders, and nothing of theirs is loaded")
        func absent() throws {
            try Browser.visit { browser, _ in
                try browser.wait(until: "document.querySelector('#live-in-flight').textContent === '0'")
                #expect(try browser.property("checkVisibility()", of: "#lab").bool == false)
                let loaded = try browser.run(
                    "return performance.getEntriesByType('resource').map((each) => each.name.split('/').at(-1))")
                #expect(loaded.array.contains { $0.string == "metrics" })
                #expect(!loaded.array.contains { $0.string == "lab.js" || $0.string == "lab" })
                #expect(try browser.errors() == [])
            }
        }

        @Test("The sliders show what is set, and have a name and a text")
        func shown() throws {
            try visit(at: #"{"loss":5,"duplicate":0,"delay":12}"#) { browser, _ in
                let sliders = "input[type=range]"
                let values = try browser.all(sliders, "each.value").map(\.string)
                #expect(values == ["5", "0", "12"])
                #expect(try browser.all(sliders, "each.ariaValueText").map(\.string) == ["5 %", "0 %", "12 ms"])
                let names = try browser.all(sliders, "each.labels[0].textContent").map(\.string)
                #expect(names == ["Lost", "Doubled", "Delayed by"])
                #expect(try browser.errors() == [])
            }
        }

        @Test("Every key sets the network, the other settings stay, and the last one holds")
        func keyboard() throws {
            // More than the slider goes: another slider must not change it.
            try visit(at: #"{"loss":80,"duplicate":0,"delay":0}"#) { browser, _ in
                // U+E014 is the right arrow, U+E010 the End key, U+E012 the left arrow.
                try browser.type("\u{E014}\u{E014}\u{E014}", into: "#lab-duplicate")
                try browser.type("\u{E010}\u{E012}", into: "#lab-delay")
                try browser.wait(until: told(#"{"loss":80,"duplicate":3,"delay":199,"#))
                #expect(try browser.property("ariaValueText", of: "#lab-delay").string == "199 ms")
            }
        }

        @Test("With a third lost, letters are seen to go out again")
        func retransmission() throws {
            try visit(["--lab-seed", "7", "--attempts", "5"]) { browser, _ in
                try move(browser, "loss", to: 30)
                try browser.wait(until: told(#"{"loss":30,"#))
                let isSeen = try (0..<20).contains { number in
                    try browser.post("letter \(number)")
                    return try browser.count("#steps [data-kind=retransmitted]") > 0
                }
                #expect(isSeen)
                #expect(try browser.count("#diagram .lost") > 0)
                try browser.keepPicture("lab")
            }
        }

        @Test("Many letters are lost by the dice and by nothing else, and theory stands beside")
        func theory() throws {
            try visit(["--lab-seed", "7", "--timeout", "300ms"]) { browser, _ in
                try move(browser, "loss", to: 40)
                try browser.wait(until: told(#"{"loss":40,"#))
                try browser.click("#send-many")
                try browser.wait(until: "document.querySelector('#theory li')")
                let rows = try browser.run(
                    """
                    return [...document.querySelectorAll("#theory li")]
                      .map((row) => [+row.dataset.count, Math.round(+row.dataset.expected * 100) / 100]);
                    """)
                #expect(rows.array.compactMap { $0.array[0].integer }.reduce(0, +) == 100)
                #expect(rows.array.map { $0.array[1].number } == [36, 23.04, 14.75, 26.21])
                // Each is within five standard deviations of the figure that the dice lead to.
                for row in rows.array {
                    let (count, mean) = (row.array[0].number ?? 0, row.array[1].number ?? 0)
                    #expect(abs(count - mean) < 5 * (mean * (1 - mean / 100)).squareRoot(), "\(count) \(mean)")
                }
                #expect(
                    try browser.text("#theory .hint") == "All that was lost was lost by the dice: no limit decided.")
                #expect(!(try browser.text("#many-failures").contains("503")))
                try browser.keepPicture("lab-many")
                try browser.keepPictureForReadme("dice", from: ".many", height: 475)
            }
        }

        @Test("Doubled datagrams count among the dice, and what is not theirs alone is said")
        func untrueDice() throws {
            try visit { browser, _ in
                let told = try browser.run(
                    """
                    return import("/theory.js").then(({ expected, show }) => {
                      const shares = expected({ loss: 40, duplicate: 60 }, 4).map((share) => Math.round(share * 1000));
                      const place = document.createElement("div");
                      const exchange = { attempts: 2, total: 90, steps: [
                        { kind: "sent", at: 0 }, { kind: "retransmitted", at: 40 }, { kind: "received", at: 80 }] };
                      const words = (delay, isMixed) => {
                        const settings = { loss: 40, duplicate: 60, delay };
                        show(place, { trips: [{ exchange, response: { status: 200 } }], settings, isMixed }, 4);
                        return place.lastChild.textContent;
                      };
                      return [shares.join(), words(19, false), words(20, false), words(0, true), place.firstChild.textContent];
                    });
                    """
                ).array.compactMap(\.string)
                // 0.6 x (0.4 x 0.6 + 0.6 x (1 - 0.4^2)) is 0.4464.
                #expect(told[0] == "446,247,137,76,94")
                #expect(told[1] == "All that was lost was lost by the dice: no limit decided.")
                #expect(told[2].hasPrefix("There and back a datagram is delayed by 40 ms"))
                #expect(told[3].hasPrefix("The sliders were moved meanwhile"))
                #expect(told[4].contains("40 of 100 datagrams lost and 60 doubled each way"))
            }
        }

        @Test("A slider that is moved meanwhile changes no dice of the start")
        func moved() throws {
            try visit(["--lab-seed", "7", "--timeout", "300ms"]) { browser, _ in
                try move(browser, "loss", to: 40)
                try browser.wait(until: told(#"{"loss":40,"#))
                try browser.click("#send-many")
                // The click loads what sends the letters, which takes the dice as they are when it begins.
                try browser.wait(until: "document.querySelector('#send-many').disabled")
                try move(browser, "loss", to: 0)
                try browser.wait(until: "document.querySelector('#theory li')")
                #expect(try browser.text("#theory h3").contains("40 of 100 datagrams lost each way"))
                #expect(try browser.text("#theory .hint").hasPrefix("The sliders were moved meanwhile"))
            }
        }

        @Test("Where the budget decides, page and response say so")
        func budget() throws {
            let flags = ["--lab-seed", "7", "--timeout", "100ms", "--retransmit-budget", "0%"]
            try visit(flags) { browser, gateway in
                try set(gateway, #"{"loss":100,"duplicate":0,"delay":0}"#)
                try browser.click("#send-many")
                try browser.wait(until: "document.querySelector('#theory li')")
                #expect(
                    try browser.text("#theory .hint").hasSuffix(
                        "another reason than the dice: a limit or the budget decided."))
                try browser.post("hello")
                #expect(try browser.text("#reply").contains("the budget of datagrams sent again is used up"))
            }
        }

        @Test("The picture has the network between gateway and server")
        func network() throws {
            try visit { browser, _ in
                try browser.post("hello")
                let words = try browser.texts("#diagram text")
                let server =
                    try browser.run("return document.querySelector('meta[name=letterbox-udp]').content.split(' ')[1]")
                    .string ?? ""
                #expect(words.contains { $0.hasPrefix("the bad network, door ") })
                #expect(words.contains("door \(server)"), "\(words)")
                #expect(try browser.count("#diagram .network") > 0)
            }
        }

        @Test("What the gateway refuses is said, and that it is taken again, too")
        func failure() throws {
            try visit { browser, _ in
                try browser.run(
                    """
                    window.fetchAsEver = window.fetch;
                    window.fetch = (what, how) => fetchAsEver(what, { ...how, body: how?.body && "{}" });
                    """)
                try move(browser, "loss", to: 30)
                let note =
                    "document.querySelector('#lab-loss').closest('section').querySelector('[role=status]').textContent"
                try browser.wait(until: "\(note) === 'The setting \"loss\" is missing.'")
                try browser.run("window.fetch = window.fetchAsEver")
                try move(browser, "loss", to: 31)
                try browser.wait(until: "\(note).startsWith('For each datagram')")
            }
        }

        @Test(
            "A proxy's page in place of the gateway's answer is told as its status, and changes no slider",
            arguments: [200, 502])
        func noAnswer(status: Int) throws {
            try visit(at: #"{"loss":5,"duplicate":0,"delay":0}"#) { browser, _ in
                try browser.run(
                    """
                    window.fetch = async () => new Response("<p>", { status: \(status) });
                    window.dispatchEvent(new Event("focus"));
                    """)
                let note = "document.querySelector('#lab [role=status]').textContent"
                try browser.wait(until: "\(note) === 'The answer has HTTP status \(status) and explains nothing.'")
                #expect(try browser.property("ariaValueText", of: "#lab-loss").string == "5 %")
            }
        }

        @Test(
            "While a setting is under way no other one is asked for, and of those that follow the newest is sent alone")
        func queue() throws {
            try visit { browser, _ in
                try browser.run(
                    """
                    window.asked = [];
                    const plain = window.fetch;
                    const gate = new Promise((resolve) => (window.open = resolve));
                    window.fetch = async (path, how) => {
                      if (path !== "/lab") return plain(path, how);
                      window.asked.push(how.method ?? "GET");
                      if (how.method) await gate;
                      return plain(path, how);
                    };
                    """)
                try move(browser, "loss", to: 1)
                try browser.wait(until: "window.asked.length")
                for loss in 2...4 { try move(browser, "loss", to: loss) }
                try browser.run(
                    "window.dispatchEvent(new Event('focus')); return new Promise((next) => setTimeout(next))")
                #expect(try browser.run("return window.asked").array.map(\.string) == ["PUT"])
                try browser.run("window.open()")
                try browser.wait(until: "window.asked.at(-1) === 'GET'")
                #expect(try browser.run("return window.asked").array.map(\.string) == ["PUT", "PUT", "GET"])
                try browser.wait(until: told(#"{"loss":4,"#))
                #expect(try browser.property("ariaValueText", of: "#lab-loss").string == "4 %")
            }
        }

        @Test("The sliders fit in a narrow window")
        func narrow() throws {
            try visit(width: 320) { browser, _ in
                #expect(try browser.run("return document.documentElement.scrollWidth").integer ?? 0 <= 320)
                try browser.keepPicture("lab-320-pixels", width: 320)
            }
        }

        // MARK: -

        /// Opens the page of a gateway whose network has these settings, and waits for its sliders.
        private func visit(
            _ flags: [String] = [], at settings: String? = nil, width: Int = 1280,
            _ body: (WebDriver, TestGateway) throws -> Void
        ) throws {
            try TestGateway.run(["--lab"] + flags) { gateway in
                if let settings { try set(gateway, settings) }
                let browser = try Browser.open(gateway.url, width: width)
                try browser.wait(until: "!document.querySelector('#lab-delay').disabled")
                try body(browser, gateway)
            }
        }

        private func set(_ gateway: TestGateway, _ settings: String) throws {
            let request = CurlRequest("\(gateway.url)/lab", method: "PUT", body: .text(settings))
            #expect(try CurlClient().perform(request).status == 200)
        }

        /// Whether the gateway tells these settings; asked by the page, at once, for a condition cannot wait.
        private func told(_ settings: String) -> String {
            """
            (() => { const ask = new XMLHttpRequest(); ask.open("GET", "/lab", false); ask.send();
            return ask.responseText.startsWith('\(settings)'); })()
            """
        }

        /// Moves a slider as a pointer does.
        private func move(_ browser: WebDriver, _ name: String, to value: Int) throws {
            try browser.run(
                """
                const slider = document.querySelector("#lab-\(name)");
                slider.value = \(value);
                slider.dispatchEvent(new Event("input", { bubbles: true }));
                """)
        }
    }
}
