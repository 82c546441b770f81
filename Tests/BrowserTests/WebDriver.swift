import CurlClient
import Foundation

/// A session of Chromium, driven over the W3C WebDriver protocol: HTTP and JSON.
final class WebDriver: Sendable {
    private let session: String
    private let folder: URL
    private let driver: Child

    /// Starts the driver and the browser, headless and with a profile of its own.
    init() throws {
        guard let path = Child.find("chromedriver") else { throw Missing(description: "chromedriver is not installed") }
        let (driver, port) = try Child.start(path, ["--port=0"]) { line -> Int? in
            guard let phrase = line.firstRange(of: "started successfully on port ") else { return nil }
            return Int(line[phrase.upperBound...].prefix { $0.isNumber })
        }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("letterbox-\(UUID().uuidString)")
        self.driver = driver
        do {
            // The sandbox does not work for root, and /dev/shm is small in containers.
            let options = [
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000",
                "--hide-scrollbars", "--user-data-dir=\(folder.path)",
            ]
            let wish: [String: Any] = [
                "browserName": "chrome", "goog:chromeOptions": ["args": options],
                "goog:loggingPrefs": ["browser": "ALL"], "timeouts": ["script": 60_000],
            ]
            let root = "http://127.0.0.1:\(port)/session"
            let reply = try Self.call("POST", root, ["capabilities": ["alwaysMatch": wish]])
            guard let id = reply["sessionId"].string else { throw Missing(description: "no session: \(reply)") }
            session = "\(root)/\(id)"
        } catch {
            driver.end()
            throw error
        }
    }

    /// Ends the browser and the driver.
    func end() {
        _ = try? Self.call("DELETE", session, nil)
        driver.end()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Makes one call; a failure says what the driver said.
    private static func call(_ method: String, _ url: String, _ body: [String: Any]?) throws -> JSON {
        var request = CurlRequest(url, method: method, timeout: .seconds(90))
        if let body {
            request.fields.append("Content-Type", "application/json")
            request.body = .text(try JSON.text(body))
        }
        let response = try CurlClient().perform(request)
        let value = try JSON(parsing: response.text ?? "")["value"]
        guard response.status == 200 else { throw Missing(description: "\(method) \(url): \(value)") }
        return value
    }

    @discardableResult
    private func post(_ path: String, _ body: [String: Any]) throws -> JSON {
        try Self.call("POST", session + path, body)
    }

    /// Opens a page and waits until it is loaded.
    func open(_ url: String) throws { try post("/url", ["url": url]) }

    /// Presses keys in an element, as a person would.
    func type(_ keys: String, into selector: String) throws {
        try post("/element/\(element(selector))/value", ["text": keys])
    }

    /// Clicks an element.
    func click(_ selector: String) throws { try post("/element/\(element(selector))/click", [:]) }

    private func element(_ selector: String) throws -> String {
        let found = try post("/element", ["using": "css selector", "value": selector])
        guard let id = found.members.values.first?.string else { throw Missing(description: "no \(selector)") }
        return id
    }

    /// Runs a script in the page and returns what it returns.
    @discardableResult
    func run(_ script: String) throws -> JSON {
        try post("/execute/sync", ["script": script, "args": [String]()])
    }

    /// Waits until an expression of the page is true.
    func wait(until expression: String) throws {
        let script = """
            const done = arguments[0];
            (function look() { if (\(expression)) done(true); else setTimeout(look, 10); })();
            """
        do { try post("/execute/async", ["script": script, "args": [String]()]) } catch {
            throw Missing(description: "in vain waited until \(expression): \(error)")
        }
    }

    /// The text of an element.
    func text(_ selector: String) throws -> String {
        try run("return document.querySelector('\(selector)').textContent").string ?? ""
    }

    /// Gives an order of Chromium's own protocol.
    @discardableResult
    func order(_ command: String, _ parameters: [String: Any] = [:]) throws -> JSON {
        try post("/goog/cdp/execute", ["cmd": command, "params": parameters])
    }

    /// The errors of the page's console since the last look.
    func errors() throws -> [String] {
        try post("/se/log", ["type": "browser"]).array.filter { $0["level"].string == "SEVERE" }
            .compactMap { $0["message"].string }
    }
}
