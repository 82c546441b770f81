import CurlClient
import Foundation

/// Chromium, driven by its driver over HTTP and JSON; what WebDriver lacks is asked for in Chromium's own protocol.
final class Chromium: DrivenBrowser {
    static let name = "Chromium"
    static let programs = ["chromedriver", "chromium"]

    private let session: String
    private let folder: URL
    private let driver: Child

    /// Starts the driver and the browser, headless and with a profile of its own.
    init() throws {
        let (driver, port) = try Child.start(Child.find("chromedriver") ?? "chromedriver", ["--port=0"]) {
            line -> Int? in
            guard let phrase = line.firstRange(of: "started successfully on port ") else { return nil }
            return Int(line[phrase.upperBound...].prefix { $0.isNumber })
        }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("letterbox-\(UUID().uuidString)")
        self.driver = driver
        do {
            let root = "http://127.0.0.1:\(port)/session"
            let reply = try Self.call("POST", root, ["capabilities": ["alwaysMatch": Self.wish(profile: folder.path)]])
            guard let id = reply["sessionId"].string else { throw Missing(description: "no session: \(reply)") }
            session = "\(root)/\(id)"
        } catch {
            driver.end()
            throw error
        }
    }

    private static func wish(profile: String) -> [String: Any] {
        // The sandbox does not work for root, and /dev/shm is small in containers.
        let options = [
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000",
            "--hide-scrollbars", "--user-data-dir=\(profile)",
        ]
        return [
            "browserName": "chrome", "goog:chromeOptions": ["args": options],
            "goog:loggingPrefs": ["browser": "ALL"], "timeouts": ["script": 60_000],
        ]
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

    func perform(_ command: Command) throws -> JSON {
        try Self.call("POST", "\(session)/\(command.path)", command.parameters)
    }

    /// Gives an order of Chromium's own protocol.
    @discardableResult
    private func order(_ name: String, _ parameters: [String: Any]) throws -> JSON {
        try Self.call("POST", "\(session)/goog/cdp/execute", ["cmd": name, "params": parameters])
    }

    func pretend(_ reader: Reader) throws {
        try order("Emulation.setScriptExecutionDisabled", ["value": !reader.hasScripts])
        let features = [
            "prefers-color-scheme": reader.isDark ? "dark" : "light",
            "prefers-reduced-motion": reader.isStill ? "reduce" : "no-preference",
            "forced-colors": reader.hasForcedColours ? "active" : "none",
        ]
        try order(
            "Emulation.setEmulatedMedia",
            [
                "media": reader.isOnPaper ? "print" : "",
                "features": features.map { ["name": $0.key, "value": $0.value] },
            ])
    }

    func resize(width: Int, height: Int) throws {
        try order(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    }

    func picture(scale: Double) throws -> String {
        let edges = try perform(.run("return [scrollY, innerWidth, innerHeight]")).array.map { $0.number ?? 0 }
        let part = ["x": 0, "y": edges[0], "width": edges[1], "height": edges[2], "scale": scale]
        return try order("Page.captureScreenshot", ["format": "png", "clip": part])["data"].string ?? ""
    }

    func errors() throws -> [String] {
        try Self.call("POST", "\(session)/se/log", ["type": "browser"]).array
            .filter { $0["level"].string == "SEVERE" }.compactMap { $0["message"].string }
    }

    /// Ends the browser and the driver.
    func end() {
        _ = try? Self.call("DELETE", session, nil)
        driver.end()
        try? FileManager.default.removeItem(at: folder)
    }
}
