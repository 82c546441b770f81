import Foundation
import Testing

/// The browser that a test uses, one page at a time.
enum Browser {
    /// Those that are here.
    static let installed: [any DrivenBrowser.Type] = [Chromium.self, Firefox.self].filter(has)

    static func has(_ kind: any DrivenBrowser.Type) -> Bool {
        kind.programs.allSatisfy { Child.find($0) != nil }
    }

    @TaskLocal static var sessions: [WebDriver] = []
    @TaskLocal static var shared: WebDriver?

    /// Opens a page in the state of a new visit: 1,280 pixels wide, light, with JavaScript.
    static func open(_ url: String, width: Int = 1280, as reader: Reader = Reader()) throws -> WebDriver {
        let browser = try #require(shared)
        try browser.pretend(reader)
        try browser.resize(width: width, height: 1000)
        try browser.open(url)
        if reader.hasScripts, url.hasPrefix("http") {
            try browser.wait(until: "document.querySelector('#steps li')")
            try browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
            try browser.wait(until: "!document.querySelector('#send-many').disabled")
        }
        // Console messages of earlier pages do not concern this page.
        _ = try browser.errors()
        return browser
    }

    /// Opens the page of a gateway of its own; what the page keeps for a visit goes when `body` is over.
    static func visit(
        _ flags: [String] = [], width: Int = 1280, as reader: Reader = Reader(),
        _ body: (WebDriver, TestGateway) throws -> Void
    ) throws {
        try TestGateway.run(flags) { gateway in
            let browser = try open(gateway.url, width: width, as: reader)
            defer { _ = try? browser.run("sessionStorage.clear()") }
            try body(browser, gateway)
        }
    }
}

extension WebDriver {
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

    /// Has the page post many letters; some of them may be under way when this returns.
    func postMany(_ count: Int) throws {
        try click("[value='\(count)']")
        try click("#send-many")
    }

    /// Waits until another page is there; without JavaScript a page cannot tell by itself.
    ///
    /// - `reply`: what it shows, where the page before was at the same path.
    func waitForPage(at path: String, with reply: String? = nil) throws {
        let shown = reply == nil ? "''" : "document.querySelector('#reply')?.textContent.trim()"
        for _ in 0..<1000 {
            let found = try run("return location.pathname + document.readyState + \(shown)").string
            if found == "\(path)complete\(reply ?? "")" { return }
        }
        throw Missing(description: "no page at \(path)")
    }

    /// Keeps a picture of the whole page as test output.
    func keepPicture(_ name: String, width: Int = 1280) throws {
        let height = try run("return document.documentElement.scrollHeight").integer ?? 1000
        try keepPicture("\(name)-\(self.name.lowercased())", width: width, height: height)
    }

    /// Keeps a picture of the page from a part on as test output, at seven tenths of its size: the README shows Chromium's.
    func keepPictureForReadme(_ title: String, from part: String, height: Int) throws {
        try resize(width: 1280, height: height)
        try run("document.querySelector('\(part)').scrollIntoView()")
        let title = name == Chromium.name ? title : "\(title)-\(name.lowercased())"
        try keepPicture(title, width: 1280, height: height, scale: 0.7)
    }

    private func keepPicture(_ name: String, width: Int, height: Int, scale: Double = 1) throws {
        try resize(width: width, height: height)
        let picture = try Data(base64Encoded: browser.picture(scale: scale)) ?? Data()
        try #require(!picture.isEmpty)
        try picture.write(to: Folders.output().appendingPathComponent("\(name).png"))
        try resize(width: width, height: 1000)
    }
}
