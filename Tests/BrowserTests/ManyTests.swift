import CurlClient
import Foundation
import Testing

extension InTheBrowser {
    /// Many letters, and the gateway's own figures.
    @Suite struct ManyTests {
        @Test("A hundred letters are sent to the end, and each one is in a bar")
        func toTheEnd() throws {
            try Browser.visit { browser, _ in
                try browser.click("#send-many")
                try browser.wait(until: "document.querySelector('#histogram li')")
                #expect(try browser.text("#many-words") == "100 letters: 100 replies, 0 failures.")
                #expect(try browser.text("#progress-words") == "100 of 100")
                #expect(try browser.property("value", of: "#progress").integer == 100)
                let bars = try browser.all("#histogram li", "+each.dataset.count")
                #expect(bars.compactMap(\.integer).reduce(0, +) == 100)
                #expect(
                    try browser.all("#histogram li", "+each.textContent.split(': ')[1]").map(\.integer)
                        == bars.map(\.integer))
                let widths = try browser.all("#histogram .bar", "each.offsetWidth")
                let (longest, most) = (widths.compactMap(\.integer).max(), bars.compactMap(\.integer).max())
                for (width, count) in zip(widths, bars) {
                    let share = Double(width.integer ?? 0) / Double(longest ?? 0)
                    #expect(abs(share - Double(count.integer ?? 0) / Double(most ?? 0)) < 0.01)
                }
                #expect(try browser.text("#many-p99").hasSuffix("ms"))
                try browser.keepPicture("many")
            }
        }

        @Test("A thousand letters can be stopped midway")
        func stopped() throws {
            let peer = UDPPeer { number, datagram in number < 20 ? [datagram] : [] }
            defer { peer.end() }
            // The service answers the first twenty and no more, so that the end is nowhere near.
            try Browser.visit(["--upstream", peer.address, "--timeout", "60s", "--drain-timeout", "1ms"]) {
                browser, _ in
                try browser.postMany(1000)
                try browser.wait(until: "document.querySelector('#progress').value === 20")
                try browser.click("#stop")
                try browser.wait(until: "document.querySelector('#histogram li')")
                #expect(try browser.text("#many-words") == "Stopped after 20 of 1,000 letters: 20 replies, 0 failures.")
                #expect(try browser.property("disabled", of: "#send-many").bool == false)
            }
        }

        @Test("Failures are counted and named")
        func failures() throws {
            try Browser.visit(["--upstream", "127.0.0.1:\(UDPPeer.closedPort())"]) { browser, _ in
                try browser.postMany(10)
                try browser.wait(until: "document.querySelector('#many-failures').textContent !== '–'")
                #expect(try browser.text("#many-failures") == "10: HTTP status 502 Bad Gateway")
                #expect(try browser.text("#many-p50") == "no reply")
            }
        }

        @Test("Letters that are not hexadecimal are not sent, and the page says why")
        func malformed() throws {
            try Browser.visit { browser, _ in
                try browser.click("#as-hex")
                try browser.type("zz", into: "#text")
                try browser.click("#send-many")
                #expect(try browser.text("#many-words").hasPrefix("These letters were not posted: two digits"))
            }
        }

        @Test("What was not loaded while the gateway was down is loaded once it is back")
        func downMeanwhile() throws {
            var port = ""
            try TestGateway.run { gateway in
                port = gateway.port
                let browser = try #require(Browser.shared)
                try browser.pretend(Reader())
                try browser.open(gateway.url)
                try browser.wait(until: "document.querySelector('#steps li')")
            }
            let browser = try #require(Browser.shared)
            try browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
            try browser.click("#send-many")
            try browser.wait(until: "document.querySelector('#many-words').textContent.includes('cannot be reached')")
            try browser.click("#keep-json")
            try browser.wait(until: "document.querySelector('#keep-json').textContent.startsWith('Not saved')")
            try TestGateway.run(port: port) { _ in
                try browser.postMany(10)
                try browser.wait(
                    until: "document.querySelector('#many-words').textContent === '10 letters: 10 replies, 0 failures.'"
                )
                try browser.run("URL.createObjectURL = (blob) => { window.saved = blob; return '#' }")
                try browser.click("#keep-json")
                try browser.wait(until: "window.saved")
                try browser.wait(until: "document.querySelector('#live-in-flight').textContent === '0'")
                #expect(try browser.text("#keep-json") != "")
            }
            _ = try browser.errors()
        }

        @Test("A module that could not be loaded at first runs once, however often it is wanted")
        func oneRun() throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("later-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let module = Data("window.runs = (window.runs ?? 0) + 1;".utf8)
            try module.write(to: folder.appendingPathComponent("later.js"))
            var port = ""
            try TestGateway.run { gateway in
                port = gateway.port
                let hasFailed = try Browser.open(gateway.url).run(
                    """
                    return import("/load.js").then(({ load }) => {
                      window.twice = () => Promise.all([load("later"), load("later")]);
                      return twice().then(() => false, () => true);
                    });
                    """)
                #expect(hasFailed.bool == true)
            }
            try TestGateway.run(["--public", folder.path], port: port) { _ in
                let browser = try #require(Browser.shared)
                #expect(try browser.run("return twice().then(twice).then(() => window.runs)").integer == 1)
                _ = try browser.errors()
            }
        }

        @Test("An empty box is an empty letter to an operator's own service")
        func emptyLetters() throws {
            let peer = UDPPeer { _, datagram in datagram.isEmpty ? [[0x61]] : [] }
            defer { peer.end() }
            try Browser.visit(["--upstream", peer.address, "--timeout", "200ms"]) { browser, _ in
                try browser.postMany(10)
                try browser.wait(until: "document.querySelector('#many-failures').textContent !== '–'")
                #expect(try browser.text("#many-words") == "10 letters: 10 replies, 0 failures.")
            }
        }

        @Test("The strip counts what happens at the gateway since the page was opened")
        func live() throws {
            let peer = UDPPeer { number, datagram in number == 1 ? [] : [datagram] }
            defer { peer.end() }
            // A second passes before a datagram goes out again: only the one that is lost does.
            let flags = ["--attempts", "3", "--timeout", "60s", "--min-retransmit", "1s"]
            try TestGateway.run(["--upstream", peer.address] + flags) { gateway in
                _ = try CurlClient().post(gateway.url, [])
                let browser = try Browser.open(gateway.url)
                try browser.wait(until: "document.querySelector('#live-in-flight').textContent === '0'")
                #expect(try browser.text("#live-retransmissions") == "0")
                try browser.post("hello")
                try browser.wait(until: "document.querySelector('#live-retransmissions').textContent === '1'")
                try browser.wait(until: "document.querySelector('#live-p99').textContent.endsWith('s')")
                #expect(try browser.text("#live-late") == "0")
            }
        }

        @Test("A gateway that begins anew counts from nothing, and no figure is negative or none")
        func restart() throws {
            var port = ""
            try TestGateway.run { gateway in
                port = gateway.port
                for _ in 0..<20 { _ = try CurlClient().post(gateway.url, []) }
                let browser = try Browser.open(gateway.url)
                try browser.wait(until: "document.querySelector('#live-in-flight').textContent === '0'")
            }
            let browser = try #require(Browser.shared)
            try browser.wait(until: "document.querySelector('#live-in-flight').textContent === '?'")
            try TestGateway.run(port: port) { _ in
                try browser.wait(until: "/^[0-9,]+$/.test(document.querySelector('#live-rate').textContent)")
                let figures = try browser.texts("#live dd")
                #expect(figures.count == 7)
                for figure in figures {
                    #expect(figure == "–" || figure.contains(/^[0-9][0-9,.]*( [mµ]?s)?$/), "\(figure)")
                }
            }
        }

        @Test("The strip shows figures again after a proxy's failure that passes")
        func passingFailure() throws {
            try Browser.visit { browser, _ in
                try browser.wait(until: "document.querySelector('#live-in-flight').textContent === '0'")
                for status in [429, 502, 503] {
                    try browser.run(
                        """
                        window.plain ??= window.fetch;
                        window.fetch = async (path, how) =>
                          path === "/metrics" ? new Response("", { status: \(status) }) : window.plain(path, how);
                        """)
                    try browser.wait(until: "document.querySelector('#live-in-flight').textContent === '?'")
                    try browser.run("window.fetch = window.plain")
                    try browser.wait(until: "document.querySelector('#live-in-flight').textContent === '0'")
                }
            }
        }

        @Test("Percentiles are those of the histogram's new entries")
        func quantile() throws {
            try Browser.visit { browser, _ in
                let values = try browser.run(
                    """
                    return import("/live.js").then(({ quantile, parse }) => {
                      const text = (a, b, c) => ["0.001", "0.01", "+Inf"].map((le, i) =>
                        `letterbox_udp_round_trip_seconds_bucket{upstream="x",le="${le}"} ${[a, b, c][i]}`).join("\\n");
                      const [before, now] = [parse(text(100, 100, 100)).buckets, parse(text(150, 200, 200)).buckets];
                      return [quantile(before, now, 0.25), quantile(before, now, 0.5), quantile(before, now, 0.75),
                        quantile(now, now, 0.5) || "none"];
                    });
                    """
                ).array
                #expect(values.dropLast().map { (($0.number ?? 0) * 100_000).rounded() } == [50, 100, 550])
                #expect(values.last?.string == "none")
            }
        }
    }
}
