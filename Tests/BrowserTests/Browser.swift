import Foundation
import Testing

/// The browser of all browser tests, one page at a time.
enum Browser {
    @TaskLocal static var shared: WebDriver?

    /// Whether the tests can run here.
    static let isInstalled = Child.find("chromedriver") != nil && Child.find("chromium") != nil

    /// Opens a page in the state of a new visit: 1,280 pixels wide, light, with JavaScript.
    static func open(_ url: String, width: Int = 1280, isDark: Bool = false, scripts: Bool = true) throws -> WebDriver {
        let browser = try #require(shared)
        try browser.order("Emulation.setScriptExecutionDisabled", ["value": !scripts])
        let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
        try browser.order("Emulation.setEmulatedMedia", ["features": [scheme]])
        try browser.resize(width: width, height: 1000)
        try browser.open(url)
        if scripts, url.hasPrefix("http") {
            try browser.wait(until: "document.querySelector('#steps li')")
            try browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
        }
        // What the pages before had to say does not concern this one.
        _ = try browser.errors()
        return browser
    }
}

extension WebDriver {
    /// Makes the window so large.
    func resize(width: Int, height: Int) throws {
        try order(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    }

    /// Writes a letter, posts it with the button, and waits until its journey is shown.
    func post(_ letter: String) throws {
        let before = try run("window.journeys = window.journeys ?? 0; return window.journeys").integer ?? 0
        try run(
            """
            document.querySelector("#text").value = "";
            new MutationObserver((_, observer) => { observer.disconnect(); window.journeys += 1; })
              .observe(document.querySelector("#steps"), { childList: true });
            """)
        try type(letter, into: "#text")
        try click(".post")
        try wait(until: "window.journeys > \(before)")
    }

    /// Waits until another page is there; without JavaScript a page cannot tell by itself.
    func waitForPage(at path: String) throws {
        for _ in 0..<1000 where try run("return location.pathname + document.readyState").string == path + "complete" {
            return
        }
        throw Missing(description: "no page at \(path)")
    }

    /// Keeps a picture of the whole page as test output.
    func keepPicture(_ name: String, width: Int = 1280) throws {
        let height = try run("return document.documentElement.scrollHeight").integer ?? 1000
        try resize(width: width, height: height)
        let picture = try order("Page.captureScreenshot", ["format": "png"])["data"].string ?? ""
        try Data(base64Encoded: picture)?.write(to: Folders.output().appendingPathComponent("\(name).png"))
        try resize(width: width, height: 1000)
    }

    /// Writes the picture of the page's upper part that the README shows, at seven tenths of its size.
    func keepPictureForReadme(height: Int) throws {
        try resize(width: 1280, height: height)
        let part = ["x": 0, "y": 0, "width": 1280, "height": Double(height), "scale": 0.7]
        let picture = try order("Page.captureScreenshot", ["format": "png", "clip": part])["data"].string ?? ""
        try Data(base64Encoded: picture)?.write(to: Folders.output().appendingPathComponent("page.png"))
        try resize(width: 1280, height: 1000)
    }
}

/// Gives a suite one browser session, from its first test to its last.
struct BrowserSession: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let browser = try WebDriver()
        defer { browser.end() }
        try await Browser.$shared.withValue(browser, operation: function)
    }
}

extension Trait where Self == BrowserSession {
    /// One browser session for the whole suite.
    static var browserSession: Self { BrowserSession() }
}

/// All that needs a browser; one at a time, for there is one browser.
@Suite(
    .serialized, .enabled(if: Browser.isInstalled, "chromium and chromedriver are not installed"), .browserSession)
struct InTheBrowser {}
