import CurlClient
import Testing

extension InTheBrowser {
    /// The sliders of the bad network.
    @Suite struct LabTests {
        @Test("Without --lab there are no sliders, and nothing of theirs is loaded")
        func absent() throws {
            try TestGateway.run { gateway in
                let browser = try Browser.open(gateway.url)
                try browser.wait(until: "document.querySelector('#live-in-flight').textContent === '0'")
                #expect(
                    try browser.run("return document.querySelector('#lab').checkVisibility()").bool == false)
                let loaded = try browser.run(
                    "return performance.getEntriesByType('resource').map((each) => each.name.split('/').at(-1))")
                #expect(loaded.array.contains { $0.string == "metrics" })
                #expect(!loaded.array.contains { $0.string == "lab.js" || $0.string == "lab" })
                #expect(try browser.errors() == [])
            }
        }

        @Test("The sliders show what is set, and have a name and a text")
        func shown() throws {
            try TestGateway.run(["--lab"]) { gateway in
                try set(gateway, "{\"loss\":5,\"duplicate\":0,\"delay\":12}")
                let browser = try open(gateway)
                let values = try browser.run(
                    "return [...document.querySelectorAll('input[type=range]')].map((each) => each.value)")
                #expect(values.array.map(\.string) == ["5", "0", "12"])
                let texts = try browser.run(
                    "return [...document.querySelectorAll('input[type=range]')].map((each) => each.ariaValueText)")
                #expect(texts.array.map(\.string) == ["5 %", "0 %", "12 ms"])
                let names = try browser.run(
                    "return [...document.querySelectorAll('input[type=range]')].map((each) => each.labels[0].textContent)"
                )
                #expect(names.array.map(\.string) == ["Lost", "Doubled", "Delayed by"])
                #expect(try browser.errors() == [])
            }
        }

        @Test("Every key sets the network, the other settings stay, and the last one holds")
        func keyboard() throws {
            try TestGateway.run(["--lab"]) { gateway in
                // More than the slider goes: another slider must not change it.
                try set(gateway, "{\"loss\":80,\"duplicate\":0,\"delay\":0}")
                let browser = try open(gateway)
                // U+E014 is the right arrow, U+E010 the End key, U+E012 the left arrow.
                try browser.type("\u{E014}\u{E014}\u{E014}", into: "#lab-duplicate")
                try browser.type("\u{E010}\u{E012}", into: "#lab-delay")
                try browser.wait(until: told("{\"loss\":80,\"duplicate\":3,\"delay\":199,"))
                #expect(try browser.run("return document.querySelector('#lab-delay').ariaValueText").string == "199 ms")
            }
        }

        @Test("With a third lost, letters are seen to go out again")
        func retransmission() throws {
            try TestGateway.run(["--lab", "--lab-seed", "7", "--attempts", "5"]) { gateway in
                let browser = try open(gateway)
                try move(browser, "loss", to: 30)
                try browser.wait(until: told("{\"loss\":30,"))
                let isSeen = try (0..<20).contains { number in
                    try browser.post("letter \(number)")
                    return try browser.run("return !!document.querySelector('#steps [data-kind=retransmitted]')").bool
                        == true
                }
                #expect(isSeen)
                #expect(
                    try browser.run(
                        "return document.querySelectorAll('#diagram .lost').length"
                    ).integer ?? 0 > 0)
                try browser.keepPicture("lab")
            }
        }

        @Test("Many letters are lost by the dice and by nothing else, and theory stands beside")
        func theory() throws {
            try TestGateway.run(["--lab", "--lab-seed", "7", "--timeout", "300ms"]) { gateway in
                let browser = try open(gateway)
                try move(browser, "loss", to: 40)
                try browser.wait(until: told("{\"loss\":40,"))
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
            try TestGateway.run(["--lab"]) { gateway in
                let browser = try open(gateway)
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
            try TestGateway.run(["--lab", "--lab-seed", "7", "--timeout", "300ms"]) { gateway in
                let browser = try open(gateway)
                try move(browser, "loss", to: 40)
                try browser.wait(until: told("{\"loss\":40,"))
                try browser.click("#send-many")
                try move(browser, "loss", to: 0)
                try browser.wait(until: "document.querySelector('#theory li')")
                #expect(try browser.text("#theory h3").contains("40 of 100 datagrams lost each way"))
                #expect(try browser.text("#theory .hint").hasPrefix("The sliders were moved meanwhile"))
            }
        }

        @Test("Where the budget decides, page and response say so")
        func budget() throws {
            let flags = ["--lab", "--lab-seed", "7", "--timeout", "100ms", "--retransmit-budget", "0%"]
            try TestGateway.run(flags) { gateway in
                let browser = try open(gateway)
                try set(gateway, "{\"loss\":100,\"duplicate\":0,\"delay\":0}")
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
            try TestGateway.run(["--lab"]) { gateway in
                let browser = try open(gateway)
                try browser.post("hello")
                let words = try browser.run(
                    "return [...document.querySelectorAll('#diagram text')].map((each) => each.textContent)"
                ).array.compactMap(\.string)
                let server =
                    try browser.run("return document.querySelector('meta[name=letterbox-udp]').content.split(' ')[1]")
                    .string ?? ""
                #expect(words.contains { $0.hasPrefix("the bad network, door ") })
                #expect(words.contains("door \(server)"), "\(words)")
                #expect(try browser.run("return !!document.querySelector('#diagram .network')").bool == true)
            }
        }

        @Test("What the gateway refuses is said, and that it is taken again, too")
        func failure() throws {
            try TestGateway.run(["--lab"]) { gateway in
                let browser = try open(gateway)
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

        @Test("The sliders fit in a narrow window")
        func narrow() throws {
            try TestGateway.run(["--lab"]) { gateway in
                let browser = try open(gateway, width: 320)
                #expect(try browser.run("return document.documentElement.scrollWidth").integer ?? 0 <= 320)
                try browser.keepPicture("lab-320-pixels", width: 320)
            }
        }

        // MARK: -

        private func open(_ gateway: TestGateway, width: Int = 1280) throws -> WebDriver {
            let browser = try Browser.open(gateway.url, width: width)
            try browser.wait(until: "!document.querySelector('#lab-delay').disabled")
            return browser
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
