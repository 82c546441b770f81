import Testing

extension InTheBrowser {
    /// The page for every visitor: without JavaScript, narrow, dark, and still.
    @Suite struct EveryVisitorTests {
        @Test("Without JavaScript the reply comes as a page")
        func form() throws {
            try Browser.visit(as: Reader(hasScripts: false)) { browser, _ in
                try browser.type("hello, letterbox", into: "#text")
                try browser.click(".post")
                try browser.waitForPage(at: "/form")
                #expect(try browser.text("#reply") == "HELLO, LETTERBOX")
                #expect(try browser.property("value", of: "#text").string == "hello, letterbox")
                try browser.keepPicture("without-javascript")
            }
        }

        @Test(
            "Without JavaScript a failure is told in the same sentence",
            arguments: [
                (["--max-datagram", "8"], "The body does not fit in one datagram of at most 8 bytes."),
                (["--timeout", "50ms"], "The UDP service did not reply within 50ms (1 datagram sent)."),
            ])
        func failure(flags: [String], sentence: String) throws {
            let silence = UDPPeer.silent()
            defer { silence.end() }
            try Browser.visit(flags + ["--upstream", silence.address], as: Reader(hasScripts: false)) { browser, _ in
                try browser.type("hello, letterbox", into: "#text")
                try browser.click(".post")
                try browser.waitForPage(at: "/form")
                #expect(try browser.text("#reply") == sentence)
                #expect(try browser.text("h2") == "No reply")
                #expect(try browser.property("dataset.state", of: "#reply").string == "error")
            }
        }

        @Test("Without JavaScript a service is chosen, and no sentence lacks its end")
        func chooser() throws {
            let peer = UDPPeer { _, datagram in [datagram + datagram] }
            defer { peer.end() }
            try Browser.visit(["--service", "/only \(peer.address)"], as: Reader(hasScripts: false)) { browser, _ in
                #expect(try browser.property("innerText", of: "footer").string?.hasSuffix("docs/tutorial.md") == true)
                #expect(try browser.property("value", of: "select[name=to]").string == "/only")
                try browser.type("ab", into: "#text")
                try browser.keepPicture("without-javascript-services")
                try browser.click(".post")
                try browser.waitForPage(at: "/form", with: "abab")
                #expect(try browser.text("#reply") == "abab")
                // It goes behind the letter that the page has kept.
                try browser.type("cd", into: "#text")
                try browser.click(".post")
                try browser.waitForPage(at: "/form", with: "abcdabcd")
                #expect(try browser.text("#reply") == "abcdabcd")
            }
        }

        @Test("On a narrow page an error is there to its end")
        func error() throws {
            try Browser.visit(["--upstream", "127.0.0.1:\(UDPPeer.closedPort())"], width: 375) { browser, _ in
                try browser.post("hello")
                let rest = try browser.run(
                    "const reply = document.querySelector('#reply'); return reply.scrollHeight - reply.clientHeight")
                #expect(try browser.property("dataset.state", of: "#reply").string == "error")
                #expect(rest.integer == 0)
                try browser.keepPicture("error-375-pixels", width: 375)
            }
        }

        @Test("Nothing is wider than the window", arguments: [320, 375, 768, 1920])
        func width(_ width: Int) throws {
            try Browser.visit(width: width) { browser, _ in
                try browser.post("hello, letterbox, what a long letter this is, without an end and without a point")
                try browser.postMany(10)
                try browser.wait(until: "document.querySelector('#histogram li')")
                let widest = try browser.run("return document.documentElement.scrollWidth").integer ?? 0
                #expect(widest <= width)
                try browser.keepPicture("\(width)-pixels", width: width)
            }
        }

        @Test("In the dark the page is dark, and its words can be read", arguments: [true, false])
        func contrast(isDark: Bool) throws {
            try Browser.visit(as: Reader(isDark: isDark)) { browser, _ in
                try browser.post("hello, letterbox")
                let background =
                    try browser.run(
                        "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
                    ).integer ?? 0
                #expect(isDark ? background < 64 : background > 192)
                let faint = try browser.run(Self.faintText)
                #expect(faint.array.map(\.string) == [])
                if isDark { try browser.keepPicture("wide-dark") }
            }
        }

        @Test(
            "Nothing on the page moves while it is loaded, nor when the reply comes",
            arguments: [[], ["--lab"]], [320, 1280])
        func stillness(flags: [String], width: Int) throws {
            try TestGateway.run(flags) { gateway in
                let browser = try Browser.open("about:blank", width: width)
                // Only what can be seen counts, so all of the page is in the window.
                try browser.resize(width: width, height: 6000)
                try browser.open(gateway.url)
                try browser.wait(until: "document.querySelector('#steps li')")
                if !flags.isEmpty { try browser.wait(until: "!document.querySelector('#lab-delay').disabled") }
                let moved = try shifts(browser)
                #expect(moved == [])
                // Movement within half a second of a key or a click is no shift; a person makes no such click here.
                try browser.run(
                    """
                    const text = document.querySelector("#text");
                    text.value = "hello, letterbox, what a long letter this is, without an end ".repeat(20);
                    document.querySelector(".post").click();
                    """)
                try browser.wait(until: "document.querySelector('#steps li')")
                #expect(try browser.text("#reply").hasPrefix("HELLO, LETTERBOX"))
                let movedLater = try shifts(browser)
                #expect(movedLater == [])
            }
        }

        @Test("A late reply moves nothing on the page")
        func stillnessLater() throws {
            let silence = UDPPeer.silent()
            defer { silence.end() }
            try Browser.visit(["--upstream", silence.address, "--timeout", "1s"]) { browser, _ in
                try browser.resize(width: 1280, height: 3500)
                let moved = try shifts(browser)
                #expect(moved == [])
                try browser.post("hello, letterbox")
                let movedLater = try shifts(browser)
                #expect(movedLater == [])
            }
        }

        @Test("Nothing is animated, least of all for who wants no motion", arguments: [true, false])
        func motion(isReduced: Bool) throws {
            try Browser.visit { browser, _ in
                try browser.pretend(Reader(isStill: isReduced))
                try browser.run(
                    """
                    window.motions = [];
                    for (const kind of ["animationstart", "transitionrun"]) {
                      document.addEventListener(kind, (event) => motions.push(kind + " " + event.target.id));
                    }
                    """)
                try browser.post("hello, letterbox")
                try browser.click("#send-many")
                try browser.wait(until: "document.querySelector('#histogram li')")
                #expect(try motions(browser) == [])
                let smooth = """
                    return [...document.querySelectorAll("*")]
                      .filter((each) => getComputedStyle(each).scrollBehavior !== "auto").length
                    """
                #expect(try browser.run(smooth).integer == 0)
                // Were there any, it would have been seen.
                try browser.run("Object.assign(document.querySelector('#reply').style, { transition: 'color 1000s' })")
                try browser.run("getComputedStyle(reply).color; reply.style.color = 'red'")
                #expect(try motions(browser) == ["transitionrun reply", "now 1"])
            }
        }

        /// The elements that have begun to move by themselves two frames later, and those of them that go on.
        private func motions(_ browser: WebDriver) throws -> [String] {
            try browser.run(
                """
                window.isPainted = false;
                requestAnimationFrame(() => requestAnimationFrame(() => (window.isPainted = true)));
                """)
            try browser.wait(until: "window.isPainted")
            let moving = "const count = document.getAnimations().length; return count ? ['now ' + count] : []"
            return try (browser.run("return motions").array + browser.run(moving).array).compactMap(\.string)
        }

        /// The elements that have moved since the page was opened without an action just before, as far as the browser
        /// reports them (Firefox does not), and those whose place differs from the last look.
        private func shifts(_ browser: WebDriver) throws -> [String] {
            try browser.run(
                """
                window.isSeen = false;
                window.shifts = window.shifts ?? [];
                const take = (entries) => {
                  for (const entry of entries.filter(({ hadRecentInput }) => !hadRecentInput)) {
                    const places = entry.sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
                    shifts.push(entry.value, ...places);
                  }
                };
                window.watch ??= new PerformanceObserver((list) => take(list.getEntries()));
                watch.observe({ type: "layout-shift", buffered: true });
                const look = () => {
                  const parts = [...document.querySelectorAll("main > *, main > * > *, .row, .figures > *, [data-copy]")];
                  const places = new Map(parts.map((part) => [part, part.getBoundingClientRect()]));
                  for (const [part, { top, left, width, height }] of window.places ?? []) {
                    const now = places.get(part);
                    const isStill = now.top === top && now.left === left && now.width === width && now.height === height;
                    if (!isStill) shifts.push(part.id || part.className || part.nodeName);
                  }
                  window.places = places;
                  window.isSeen = true;
                };
                requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(look)));
                """)
            try browser.wait(until: "window.isSeen")
            return try browser.run("return window.shifts").array.map(\.description)
        }

        @Test("The page's rules against foreign scripts and styles stand, and it keeps them")
        func policy() throws {
            try Browser.visit { browser, _ in
                try browser.post("hello")
                #expect(try browser.errors() == [])
                try browser.run(
                    "document.body.append(Object.assign(document.createElement('style'), { textContent: 'p{}' }))")
                #expect(try browser.errors().contains { $0.contains("style-src 'self'") })
            }
        }

        /// Texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3).
        private static let faintText = """
            const parts = (color) => color.match(/[\\d.]+/g).map(Number);
            const light = (color) => {
              const [r, g, b] = parts(color).map((part) => part / 255)
                .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
              return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const behind = (element) => {
              for (let each = element; each; each = each.parentElement) {
                const color = getComputedStyle(each).backgroundColor;
                if ((parts(color)[3] ?? 1) === 1) return color;
              }
            };
            const texts = [...document.querySelectorAll("body *")].filter((element) =>
              !element.disabled && element.checkVisibility({ visibilityProperty: true })
              && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""));
            if (texts.length < 50) return ["hardly any text"];
            return texts.filter((element) => {
              const style = getComputedStyle(element);
              const color = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
              const [dark, bright] = [light(color), light(behind(element))].sort((one, other) => one - other);
              return (bright + 0.05) / (dark + 0.05) < 4.5;
            }).map((element) => element.textContent.trim().slice(0, 40));
            """
    }
}
