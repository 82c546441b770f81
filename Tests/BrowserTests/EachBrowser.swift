import Testing

/// Keeps a session of each browser, from the suite's first test to its last.
struct BrowserSessions: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        var sessions: [WebDriver] = []
        defer { for session in sessions { session.browser.end() } }
        for kind in Browser.installed { sessions.append(WebDriver(browser: try kind.init())) }
        try await Browser.$sessions.withValue(sessions, operation: function)
    }
}

/// Runs each test in each browser, one after the other.
struct EachBrowser: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        for browser in Browser.sessions {
            await Browser.$shared.withValue(browser) {
                // A test that fails in one browser still runs in the other.
                do { try await function() } catch is ExpectationFailedError {} catch { Issue.record(error) }
            }
        }
    }
}

extension Trait where Self == BrowserSessions {
    /// A session of each browser for the whole suite.
    static var browserSessions: Self { BrowserSessions() }
}

extension Trait where Self == EachBrowser {
    /// Each test in each browser.
    static var eachBrowser: Self { EachBrowser() }
}

extension Trait where Self == IssueHandlingTrait {
    /// Each failure says in which browser.
    static var nameOfBrowser: Self {
        .compactMapIssues { issue in
            guard let name = Browser.shared?.name else { return issue }
            var issue = issue
            // The trait is the suites' within and the tests', too.
            if !issue.comments.contains("in \(name)") { issue.comments.append("in \(name)") }
            return issue
        }
    }
}

/// All that needs a browser; one test at a time, for a browser shows one page at a time.
@Suite(
    .serialized, .enabled(if: !Browser.installed.isEmpty, "there is no browser"),
    .browserSessions, .eachBrowser, .nameOfBrowser)
struct InTheBrowser {}

/// Tells which browsers the tests run in: one that is not here is seen as a test that was skipped.
@Suite struct InstalledBrowserTests {
    @Test(.enabled(if: Browser.has(Chromium.self), "chromium and chromedriver are not installed"))
    func chromium() throws { try check(Chromium.self, "Chrome/") }

    @Test(.enabled(if: Browser.has(Firefox.self), "firefox-esr is not installed"))
    func firefox() throws { try check(Firefox.self, "Firefox/") }

    private func check(_ kind: any DrivenBrowser.Type, _ product: String) throws {
        let browser = WebDriver(browser: try kind.init())
        defer { browser.browser.end() }
        #expect(try browser.run("return navigator.userAgent").string?.contains(product) == true)
    }
}
