import Testing

extension InTheBrowser {
    /// The journey: what is drawn and listed is what the gateway told.
    @Suite struct JourneyTests {
        /// A datagram that is sent again, since the machine is slow, would be a step more.
        private static let once = ["--attempts", "1"]

        @Test("The picture and the list have the steps that the JSON has")
        func plain() throws {
            try Browser.visit(Self.once) { browser, _ in
                try expectSteps(browser, ["sent", "received"])
                try browser.keepPicture("wide-light")
            }
        }

        @Test("The letter's own bytes are at the arrows as far as there is room, and the doors have their numbers")
        func words() throws {
            try Browser.visit(Self.once) { browser, gateway in
                try browser.post("hello, letterbox")
                let shown = try arrows(browser)
                #expect(
                    shown == [
                        "POST /, “hello, letterbox”, 16 bytes", "“hello, letterbox”, 16 bytes",
                        "“HELLO, LETTERBOX”, 16 bytes",
                    ])
                let doors = try browser.texts("#diagram > svg > .ports")
                let port = gateway.upstream.split(separator: ":").last ?? ""
                #expect(doors == ["a door", "door \(gateway.port)", "door \(port)"])
                try browser.post("two\u{E008}\u{E007}\u{E000}lines " + String(repeating: "on ", count: 20))
                #expect(try arrows(browser)[1].hasPrefix("“two·lines on on"))
                #expect(try arrows(browser)[1].hasSuffix("…”, 70 bytes"))
                try browser.post(String(repeating: "W", count: 80))
                try browser.resize(width: 320, height: 1000)
                try browser.wait(until: "document.querySelector('#diagram svg').clientWidth < 300")
                #expect(try arrows(browser)[1].hasPrefix("“WWWW") && arrows(browser)[1].hasSuffix("…”"))
                let outside = try browser.run(
                    """
                    const [picture] = document.querySelectorAll("#diagram svg");
                    const edges = picture.getBoundingClientRect();
                    return [...picture.querySelectorAll("text")].filter((each) => {
                      const { left, right } = each.getBoundingClientRect();
                      return left < edges.left - 0.5 || right > edges.right + 0.5;
                    }).map((each) => each.textContent);
                    """)
                #expect(outside.array.map(\.string) == [])
            }
        }

        /// The words at the arrows to and from the server, and before them the request's.
        private func arrows(_ browser: WebDriver) throws -> [String] {
            try browser.texts("#diagram .what").dropLast().map { $0.filter { $0 != "\u{2068}" && $0 != "\u{2069}" } }
        }

        @Test("A datagram that goes out again is drawn, and the first one ends on its way")
        func retransmission() throws {
            let peer = UDPPeer { number, datagram in
                number == 0 ? [] : [datagram.map { $0 > 96 && $0 < 123 ? $0 - 32 : $0 }]
            }
            defer { peer.end() }
            // A second passes before a datagram goes out again: only the one that is lost does.
            let flags = ["--attempts", "3", "--timeout", "60s"]
            try Browser.visit(["--upstream", peer.address] + flags) { browser, _ in
                try expectSteps(browser, ["sent", "retransmitted", "received"])
                #expect(try browser.all("#diagram .lost", "each.dataset.kind").map(\.string) == ["sent"])
                try browser.keepPicture("retransmission")
                try browser.keepPictureForReadme("page", from: "body", height: 1400)
            }
        }

        @Test("Datagrams too many and a refusal are drawn", arguments: [true, false])
        func others(isRefused: Bool) throws {
            let peer = UDPPeer { _, datagram in [datagram, datagram, datagram] }
            defer { peer.end() }
            let address = isRefused ? "127.0.0.1:\(UDPPeer.closedPort())" : peer.address
            try Browser.visit(["--upstream", address]) { browser, _ in
                if isRefused { return try expectSteps(browser, ["sent", "refused"]) }
                // Whether the copies lie there already when the reply is taken, the system decides.
                try recordJSON(browser)
                try browser.post("hello, letterbox")
                let told = try exchange(browser)["steps"].array.compactMap { $0["kind"].string }
                #expect(try kinds(browser, "#diagram g") == ["request"] + told + ["response"])
            }
        }

        @Test("Each kind of failure has words, and says where it was noticed")
        func failures() throws {
            try Browser.visit(Self.once) { browser, gateway in
                try addSteps(
                    """
                    [["resized"], ["unreachable", "network"], ["unreachable", "host"], ["prohibited", "host"],
                      ["tooLong", "network"], ["blocked"]].map(([kind, by]) => ({ kind, by, at: 0.1, upstream: "127.0.0.1:9" }))
                    """, in: browser)
                try browser.post("hello, letterbox")
                let titles = try browser.all("#steps .udp strong", "each.textContent.split(',')[0]").compactMap(
                    \.string)
                #expect(
                    titles.dropFirst().dropLast() == [
                        "Gateway to UDP server: the same again", "Network to gateway: no route to the server",
                        "At the gateway: no route to the server", "At the gateway: a filter or a route forbids it",
                        "Network to gateway: longer than the path takes", "At the gateway: no room to send",
                    ])
                #expect(try browser.count("#diagram .resized .way") > 0)
                #expect(try browser.count("#diagram circle") == 3)
                #expect(try browser.errors() == [])
            }
        }

        @Test("A step of a kind that the page does not know is shown under its name")
        func unknown() throws {
            try Browser.visit(Self.once) { browser, gateway in
                try addSteps("[{ kind: 'failover', at: trace.exchange.steps[0].at }]", in: browser)
                try browser.post("hello, letterbox")
                let expected = ["request", "sent", "failover", "received", "response"]
                #expect(try kinds(browser, "#diagram g") == expected)
                #expect(try kinds(browser, "#steps li") == expected)
                #expect(try browser.text("#diagram .failover .what") == "failover")
                #expect(try browser.text("#steps [data-kind=failover] strong") == "At the gateway: failover")
                try browser.run("document.querySelectorAll('#steps button')[2].focus()")
                #expect(try browser.text("#bytes").contains("nothing more to see"))
                #expect(try browser.errors() == [])
            }
        }

        @Test("A step that has the focus shows its bytes, the changed ones marked")
        func bytes() throws {
            try Browser.visit(Self.once) { browser, gateway in
                try browser.post("a b, C")
                #expect(
                    try browser.property("textContent", of: "#bytes").string?
                        .contains("41 20 42 2c 20 43       A B, C") == true)
                // Two bytes, each in hexadecimal and as text.
                #expect(try browser.count("#bytes mark") == 4)
                try browser.run("document.querySelectorAll('#steps button')[1].focus()")
                #expect(try browser.text("#bytes").contains("61 20 62 2c 20 43       a b, C"))
                try browser.run("document.querySelectorAll('#steps button')[0].focus()")
                #expect(try browser.text("#bytes").contains("POST / HTTP/1.1\nHost: 127.0.0.1:\(gateway.port)"))
                try browser.run("document.querySelectorAll('#steps button')[3].focus()")
                #expect(try browser.text("#bytes").contains("HTTP/1.1 200 OK"))
                #expect(try browser.text("#bytes").contains("\"reply\":\"A B, C\""))
                let marked =
                    "return [...document.querySelectorAll('#diagram .chosen')].map((each) => each.dataset.kind)"
                #expect(try browser.run(marked).array.map(\.string) == ["response"])
            }
        }

        @Test("A click chooses a step, also in a browser that gives a button no focus")
        func click() throws {
            try Browser.visit(Self.once) { browser, _ in
                try browser.post("a b, C")
                try browser.run("document.querySelectorAll('#steps button')[1].click()")
                #expect(try browser.text("#bytes").contains("61 20 62 2c 20 43       a b, C"))
            }
        }

        @Test("A new reply leaves the keyboard's focus in the steps")
        func focusStays() throws {
            try Browser.visit(Self.once) { browser, _ in
                try browser.post("one")
                try browser.run(
                    """
                    document.querySelector("#steps button").focus();
                    document.querySelector("#text").value = "two";
                    document.querySelector("#letter").requestSubmit();
                    """)
                try browser.wait(until: "document.querySelectorAll('#visit li').length === 2")
                try browser.wait(until: "document.querySelector('#bytes').textContent.includes('T')")
                #expect(try browser.text(":focus strong").contains("the reply"))
                #expect(try browser.property("getAttribute('aria-current')", of: ":focus").string == "true")
            }
        }

        @Test("The keyboard reaches every step, and the bytes")
        func keyboard() throws {
            try Browser.visit(Self.once) { browser, _ in
                try browser.post("hello")
                try browser.run("document.querySelector('#steps button').focus()")
                // U+E004 is the Tab key.
                for title in ["one datagram", "the reply", "HTTP response"] {
                    try browser.type("\u{E004}", into: ":focus")
                    #expect(try browser.text(":focus strong").contains(title))
                }
                try browser.type("\u{E004}", into: ":focus")
                #expect(try browser.run("return document.activeElement.id").string == "bytes")
            }
        }

        // MARK: -

        private func expectSteps(_ browser: WebDriver, _ expected: [String]) throws {
            try recordJSON(browser)
            try browser.post("hello, letterbox")
            let told = try exchange(browser)["steps"].array
            #expect(told.compactMap { $0["kind"].string } == expected)
            for place in ["#diagram g", "#steps li"] {
                #expect(try kinds(browser, place) == ["request"] + expected + ["response"], "\(place)")
                let times = try browser.all("\(place)[data-kind]", "Number(each.dataset.at)")
                let total = try exchange(browser)["total"].number
                #expect(times.map(\.number) == [0] + told.map { $0["at"].number } + [total], "\(place)")
            }
            let ports = try browser.texts("#diagram .udp .ports")
            for (step, shown) in zip(told, ports) {
                let ends = [
                    step["localPort"].integer ?? 0, Int(step["upstream"].string?.split(separator: ":").last ?? "") ?? 0,
                ]
                let isOut = step["kind"].string == "sent" || step["kind"].string == "retransmitted"
                #expect(shown == (isOut ? ends : ends.reversed()).map(String.init).joined(separator: " → "))
            }
            #expect(ports.count == expected.count)
        }

        /// Adds steps behind the first one of each exchange that the page gets to know; they are an expression of the page.
        private func addSteps(_ steps: String, in browser: WebDriver) throws {
            try browser.run(
                """
                const fetchAsEver = window.fetch;
                window.fetch = async (...what) => {
                  if (what[0] !== "/") return fetchAsEver(...what);
                  const trace = await (await fetchAsEver(...what)).json();
                  trace.exchange.steps.splice(1, 0, ...\(steps));
                  return Response.json(trace);
                };
                """)
        }

        /// Keeps the body of each response that the page gets.
        private func recordJSON(_ browser: WebDriver) throws {
            try browser.run(
                """
                const fetchAsEver = window.fetch;
                window.fetch = async (...what) => {
                  const response = await fetchAsEver(...what);
                  if (what[0] === "/") window.told = await response.clone().text();
                  return response;
                };
                """)
        }

        private func exchange(_ browser: WebDriver) throws -> JSON {
            try browser.run("return JSON.parse(window.told).exchange")
        }

        private func kinds(_ browser: WebDriver, _ place: String) throws -> [String?] {
            try browser.all("\(place)[data-kind]", "each.dataset.kind").map(\.string)
        }
    }
}
