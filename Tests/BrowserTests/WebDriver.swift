/// A command of the W3C WebDriver protocol: Chromium's driver takes it at a path, Firefox by its name.
struct Command {
    let path: String
    let name: String
    let parameters: [String: Any]

    static func open(_ url: String) -> Self { Self(path: "url", name: "Navigate", parameters: ["url": url]) }

    static func find(_ selector: String) -> Self {
        Self(path: "element", name: "FindElement", parameters: ["using": "css selector", "value": selector])
    }

    static func type(_ keys: String, into element: String) -> Self {
        Self(path: "element/\(element)/value", name: "ElementSendKeys", parameters: ["id": element, "text": keys])
    }

    static func click(_ element: String) -> Self {
        Self(path: "element/\(element)/click", name: "ElementClick", parameters: ["id": element])
    }

    static func run(_ script: String) -> Self {
        Self(path: "execute/sync", name: "ExecuteScript", parameters: ["script": script, "args": [String]()])
    }

    /// A script that ends when it calls its only argument.
    static func await(_ script: String) -> Self {
        Self(path: "execute/async", name: "ExecuteAsyncScript", parameters: ["script": script, "args": [String]()])
    }
}

/// How a reader looks at a page.
struct Reader {
    var isDark = false
    var isStill = false
    var hasForcedColours = false
    var isOnPaper = false
    var hasScripts = true
}

/// The browser's operations for the tests: WebDriver's commands, and others that WebDriver lacks.
protocol DrivenBrowser: Sendable {
    static var name: String { get }
    /// The programs that it needs.
    static var programs: [String] { get }

    init() throws
    /// Performs a command and returns its result.
    func perform(_ command: Command) throws -> JSON
    /// Lets pages be looked at so, from now on.
    func pretend(_ reader: Reader) throws
    /// Makes the part of the page that is seen so large.
    func resize(width: Int, height: Int) throws
    /// A picture of what is seen, as PNG in base64.
    func picture(scale: Double) throws -> String
    /// The errors of the page's console since the last look.
    func errors() throws -> [String]
    func end()
}

/// A browser in the words of the tests.
struct WebDriver: Sendable {
    let browser: any DrivenBrowser

    var name: String { Swift.type(of: browser).name }

    /// Opens a page and waits until it is loaded.
    func open(_ url: String) throws { _ = try browser.perform(.open(url)) }

    /// Presses keys in an element, as a person would.
    ///
    /// The null key, U+E000, releases Shift; so does the end of a command, and Firefox knows that only.
    func type(_ keys: String, into selector: String) throws {
        for part in keys.split(separator: "\u{E000}") {
            _ = try browser.perform(.type(String(part), into: element(selector)))
        }
    }

    /// Clicks an element.
    func click(_ selector: String) throws { _ = try browser.perform(.click(element(selector))) }

    private func element(_ selector: String) throws -> String {
        let found = try browser.perform(.find(selector))
        guard let id = found.members.values.first?.string else { throw Missing(description: "no \(selector)") }
        return id
    }

    /// Runs a script in the page and returns what it returns.
    @discardableResult
    func run(_ script: String) throws -> JSON { try browser.perform(.run(script)) }

    /// Waits until an expression of the page is true.
    func wait(until expression: String) throws {
        let script = """
            const done = arguments[0];
            (function look() { if (\(expression)) done(true); else setTimeout(look, 10); })();
            """
        do { _ = try browser.perform(.await(script)) } catch {
            throw Missing(description: "in vain waited until \(expression): \(error)")
        }
    }

    /// The text of an element.
    func text(_ selector: String) throws -> String {
        try run("return document.querySelector('\(selector)').textContent").string ?? ""
    }

    /// The texts of all elements that a selector finds.
    func texts(_ selector: String) throws -> [String] { try all(selector, "each.textContent").compactMap(\.string) }

    /// The values of an expression of the page, in which each element that a selector finds is `each`.
    func all(_ selector: String, _ expression: String) throws -> [JSON] {
        try run("return [...document.querySelectorAll('\(selector)')].map((each) => \(expression))").array
    }

    /// How many elements a selector finds.
    func count(_ selector: String) throws -> Int { try all(selector, "1").count }

    /// A property of an element, such as "dataset.state".
    func property(_ name: String, of selector: String) throws -> JSON {
        try run("return document.querySelector('\(selector)').\(name)")
    }

    /// Lets pages be looked at so, from now on.
    func pretend(_ reader: Reader) throws { try browser.pretend(reader) }

    /// Makes the part of the page that is seen so large.
    func resize(width: Int, height: Int) throws { try browser.resize(width: width, height: height) }

    /// The errors of the page's console since the last look.
    func errors() throws -> [String] { try browser.errors() }
}
