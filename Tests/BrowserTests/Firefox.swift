import Foundation

/// Firefox, driven over Marionette, the protocol under its WebDriver.
///
/// It has the same commands, as JSON over TCP, so that no driver is needed, which Debian does not have. Scripts in the
/// browser's own window do the things that WebDriver lacks.
final class Firefox: DrivenBrowser {
    static let name = "Firefox"
    static let programs = ["firefox-esr"]

    private let marionette: MarionetteConnection
    private let folder: URL
    private let program: Child

    /// Starts the browser, headless and with a profile of its own.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("letterbox-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.preferences.write(to: folder.appendingPathComponent("user.js"), atomically: true, encoding: .utf8)
        let arguments = [
            "--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", folder.path,
        ]
        let (program, port) = try Child.start(Child.find("firefox-esr") ?? "firefox-esr", arguments) {
            line -> UInt16? in
            guard let phrase = line.firstRange(of: "Marionette\tINFO\tListening on port ") else { return nil }
            return UInt16(line[phrase.upperBound...].prefix { $0.isNumber })
        }
        self.program = program
        do {
            marionette = try MarionetteConnection(port: port)
            _ = try marionette.call("WebDriver:NewSession", ["timeouts": ["script": 60_000]])
        } catch {
            program.end()
            throw error
        }
    }

    /// A port that is free, and one browsing context for all pages, for what is pretended holds for one context.
    private static let preferences = """
        user_pref("marionette.port", 0);
        user_pref("fission.bfcacheInParent", false);

        """

    func perform(_ command: Command) throws -> JSON {
        try marionette.call("WebDriver:\(command.name)", command.parameters)["value"]
    }

    /// Runs a script in the browser's window, where `tab` has the page.
    @discardableResult
    private func order(_ script: String) throws -> JSON {
        _ = try marionette.call("Marionette:SetContext", ["value": "chrome"])
        defer { _ = try? marionette.call("Marionette:SetContext", ["value": "content"]) }
        return try perform(.run("const tab = gBrowser.selectedBrowser;\n\(script)"))
    }

    func pretend(_ reader: Reader) throws {
        try order(
            """
            Object.assign(tab.browsingContext, {
              prefersColorSchemeOverride: "\(reader.isDark ? "dark" : "light")",
              prefersReducedMotionOverride: "\(reader.isStill ? "reduce" : "no-preference")",
              forcedColorsOverride: "\(reader.hasForcedColours ? "active" : "none")",
              mediumOverride: "\(reader.isOnPaper ? "print" : "")",
              allowJavascript: \(reader.hasScripts),
            });
            """)
    }

    func resize(width: Int, height: Int) throws {
        try order(
            """
            for (const [name, value] of [["width", \(width)], ["height", \(height)]]) {
              for (const bound of ["min", "max"]) tab.style.setProperty(`${bound}-${name}`, `${value}px`);
            }
            """)
        try WebDriver(browser: self).wait(until: "innerWidth === \(width) && innerHeight === \(height)")
    }

    /// The scale is not heeded.
    func picture(scale: Double) throws -> String {
        try marionette.call("WebDriver:TakeScreenshot", ["full": false])["value"].string ?? ""
    }

    func errors() throws -> [String] {
        let messages = try order(
            """
            const messages = Services.console.getMessageArray()
              .filter((each) => each instanceof Ci.nsIScriptError && !each.isFromChromeContext)
              .filter(({ flags }) => !(flags & Ci.nsIScriptError.warningFlag) && !(flags & Ci.nsIScriptError.infoFlag))
              .map(String);
            Services.console.reset();
            return messages;
            """)
        return messages.array.compactMap(\.string)
    }

    /// Ends the browser.
    func end() {
        _ = try? marionette.call("Marionette:Quit", ["flags": ["eForceQuit"]])
        program.end()
        try? FileManager.default.removeItem(at: folder)
    }
}
