import Foundation
import Testing

extension InTheBrowser {
    /// The commands to copy, and the page on paper and in its reader's colours.
    @Suite struct TakeAlongTests {
        @Test("A letter in the fragment is written down and not posted; the link has the last letter")
        func fragment() throws {
            try TestGateway.run { gateway in
                let browser = try Browser.open("\(gateway.url)/#letter=d%C3%A9j%C3%A0%20vu%0A%23%25")
                #expect(try browser.property("value", of: "#text").string == "déjà vu\n#%")
                #expect(try browser.property("children.length", of: "#visit").integer == 0)
                try browser.post("a & b?")
                let link = try browser.property("getAttribute('href')", of: "#letter-link").string
                #expect(link == "/#letter=a%20%26%20b%3F")
                // An invalid escape changes nothing.
                try browser.run("location.hash = '#letter=%'")
                #expect(try browser.property("value", of: "#text").string == "a & b?")
                #expect(try browser.errors() == [])
            }
        }

        @Test("A link to a letter keeps its notation and its service")
        func wholeLink() throws {
            let (root, other) = (
                UDPPeer { _, datagram in [datagram] }, UDPPeer { _, datagram in [datagram + datagram] }
            )
            defer {
                root.end()
                other.end()
            }
            try TestGateway.run(["--upstream", root.address, "--service", "/twice \(other.address)"]) { gateway in
                let browser = try Browser.open("\(gateway.url)/#letter=68%2069&as=hex&to=/twice")
                try browser.wait(until: "document.querySelector('#service')?.value === '/twice'")
                #expect(try browser.property("value", of: "#text").string == "68 69")
                #expect(try browser.property("checked", of: "#as-hex").bool == true)
                try browser.post("6a")
                #expect(try browser.text("#visit .came") == "6a 6a")
                let link = "return document.querySelector('#letter-link').getAttribute('href')"
                #expect(try browser.run(link).string == "/#letter=6a&as=hex&to=/twice")
                // A link without them is to a text for the service at "/".
                try browser.run("location.hash = '#letter=a%26b'")
                try browser.wait(until: "document.querySelector('#service').value === '/'")
                #expect(try browser.property("value", of: "#text").string == "a&b")
                #expect(try browser.property("checked", of: "#as-hex").bool == false)
                #expect(try browser.errors() == [])
            }
        }

        @Test("Each command sends the letter's bytes in one datagram, and a terminal shows no controls")
        func commands() throws {
            try Browser.visit { browser, _ in
                let commands = try browser.run(
                    """
                    return import("/commands.js").then(({ asCurl, asUDP }) => {
                      const to = { host: "h", port: 1, isHex: true };
                      const hex = (count) => "61 ".repeat(count).trim();
                      const long = asUDP("\\t" + "a".repeat(4096), 4097, { ...to, isHex: false });
                      return [asUDP("", 0, to), asUDP(hex(4096), 4096, to).slice(0, 16), asUDP(hex(4097), 4097, to),
                        long, asUDP("", 0, { ...to, isHex: false }), asCurl(hex(65507), "/", true),
                        asUDP("ff::54", 2, to), asCurl("ff\\u00a054", "/", true)];
                    });
                    """
                ).array.compactMap(\.string)
                #expect(commands[0] == "letterbox client --hex --port 1 -- h ''")
                #expect(commands[1] == "(echo '616161616")
                let many = { (digits: String, count: Int) in String(repeating: digits, count: count) }
                #expect(commands[2] == "letterbox client --hex --port 1 -- h '\(many("61", 4097))'")
                #expect(commands[3] == "letterbox client --hex --port 1 -- h '09\(many("61", 4096))'")
                #expect(commands[4] == "letterbox client --port 1 -- h ''")
                #expect(commands[5] == "curl -d '\(many("61", 65_507))' '/?as=hex'")
                // xxd and the gateway take fewer separators than the page.
                #expect(commands[6] == "(echo 'ff54' | xxd -r -p; sleep 1) | nc -u -w1 h 1")
                #expect(commands[7] == "curl -d 'ff54' '/?as=hex'")
            }
        }

        @Test("Until the commands are there, what is shown is copied, and there is no link")
        func beforeCommands() throws {
            let page = try String(contentsOf: Folders.page.appendingPathComponent("index.html"), encoding: .utf8)
            #expect(!page.contains("#letter="))
            try Browser.visit { browser, _ in
                let copied = try browser.run(
                    """
                    return import("/fill.js").then(({ wordsOf }) => wordsOf(document.querySelector("#version")));
                    """)
                #expect(try copied.string == browser.text("#version"))
            }
        }

        @Test("Picture and trace are files that stand by themselves")
        func files() throws {
            try Browser.visit { browser, _ in
                try browser.post("hello")
                try browser.run(
                    """
                    window.saved = {};
                    URL.createObjectURL = (blob) => { blob.text().then((text) => { saved[blob.type] = text }); return "#" };
                    """)
                for kind in ["svg", "json"] { try browser.click("#keep-\(kind)") }
                try browser.wait(until: "saved['image/svg+xml'] && saved['application/json']")
                let trace = try JSON(parsing: browser.run("return saved['application/json']").string ?? "")
                #expect(trace["status"].integer == 200)
                #expect(trace["exchange"]["steps"].array.compactMap { $0["kind"].string } == ["sent", "received"])
                let picture = try browser.run(
                    """
                    const picture = new DOMParser().parseFromString(saved["image/svg+xml"], "image/svg+xml");
                    return [picture.documentElement.localName, picture.querySelectorAll("[data-step]").length,
                      picture.querySelectorAll("[class]").length, picture.querySelector(".way, line").getAttribute("stroke")];
                    """
                ).array
                #expect(picture[0].string == "svg" && picture[1].integer == 4 && picture[2].integer == 0)
                #expect(picture[3].string?.hasPrefix("rgb") == true)
                #expect(try browser.errors() == [])
            }
        }

        @Test("The page tells its version and where to read on")
        func links() throws {
            try Browser.visit { browser, _ in
                #expect(try browser.text("#version").contains(/^\d+\.\d+\.\d+$/))
                let statuses = try browser.run(
                    """
                    return [...document.querySelectorAll("footer a")].map((link) => {
                      const ask = new XMLHttpRequest(); ask.open("GET", link.href, false); ask.send(); return ask.status;
                    });
                    """)
                #expect(statuses.array.map(\.integer) == [200, 200, 200])
            }
        }

        @Test("On paper the steps are there")
        func print() throws {
            try Browser.visit { browser, _ in
                try browser.post("hello")
                try browser.pretend(Reader(isOnPaper: true))
                let heights = try browser.all("#steps button", "each.offsetHeight")
                #expect(heights.count == 4 && heights.allSatisfy { $0.integer ?? 0 > 20 })
                let useless = try browser.run(
                    "return ['.post', '.keep', '.target', '.copy'].filter((each) => document.querySelector(each).checkVisibility())"
                )
                #expect(useless.array.map(\.string) == [])
                try browser.keepPicture("print")
            }
        }

        @Test("In forced colours bars and the chosen step are seen", arguments: ["light", "dark"])
        func forcedColours(scheme: String) throws {
            try Browser.visit { browser, _ in
                try browser.pretend(Reader(isDark: scheme == "dark", hasForcedColours: true))
                try browser.postMany(10)
                try browser.wait(until: "document.querySelector('#histogram li')")
                let colours = try browser.run(
                    """
                    const of = (selector, name) => getComputedStyle(document.querySelector(selector))[name];
                    return [of(".bar", "backgroundColor"), of("body", "backgroundColor"), of("#steps .chosen", "outlineStyle"),
                      of("#diagram .name", "fill")];
                    """
                ).array.map(\.string)
                #expect(colours[0] != colours[1] && colours[2] == "solid" && colours[3] != colours[1], "\(colours)")
                try browser.keepPicture("forced-colours-\(scheme)")
            }
        }

        @Test("The edges of fields and buttons are seen", arguments: [true, false])
        func edges(isDark: Bool) throws {
            try Browser.visit(as: Reader(isDark: isDark)) { browser, _ in
                let faint = try browser.run(
                    """
                    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
                    const light = (colour) => parts(colour).slice(0, 3).map((each) => each / 255)
                      .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
                      .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
                    const contrast = (one, other) => {
                      const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
                      return (high + 0.05) / (low + 0.05);
                    };
                    const behind = (element) => {
                      const colour = getComputedStyle(element).backgroundColor;
                      return parts(colour)[3] === 0 ? behind(element.parentElement) : colour;
                    };
                    return [...document.querySelectorAll(".letter, .copy")]
                      .map((each) => [each.id || each.className, contrast(getComputedStyle(each).borderTopColor, behind(each.parentElement))])
                      .filter(([, ratio]) => ratio < 3).map(String);
                    """)
                #expect(faint.array.map(\.string) == [])
            }
        }
    }
}
