import Glibc
import HTTP
import System
import Testing

@testable import Gateway

/// Which responses have a line.
@Suite struct AccessLogLevelTests {
    private func leastStatus(_ coverage: AccessLog.Coverage, _ level: LogLevel) throws -> Int {
        let output = LogOutput(to: STDERR_FILENO)
        output.style.level = level
        let log = try AccessLog(coverage, limit: 4096, output: output)
        log.finish()
        return log.leastStatus
    }

    /// Failures of the gateway are warnings, and all else is information.
    @Test(arguments: [
        (AccessLog.Coverage.off, LogLevel.trace, Int.max), (.failures, .info, 400), (.all, .trace, 0), (.all, .info, 0),
        (.all, .notice, 500), (.failures, .notice, 500), (.failures, .warning, 500), (.all, .warning, 500),
        (.all, .error, Int.max), (.failures, .critical, Int.max),
    ])
    func `the coverage and the level say from which status on`(
        coverage: AccessLog.Coverage, level: LogLevel, least: Int
    ) throws {
        #expect(try leastStatus(coverage, level) == least)
    }

    /// The beginning of what a stranger sent, where it looks like a request line.
    @Test(arguments: [
        ("GET /a HTTP/1.1\r\n", "GET", "/a"), ("GET /a?secret HTTP/1.1", "GET", "/a"), ("\r\nPOST /a", "POST", "/a"),
        ("GET", nil, nil), ("GET ", "GET", nil), ("G-T /a", nil, nil), ("ABCDEFGHIJKLMNOP /", "ABCDEFGHIJKLMNOP", "/"),
        ("ABCDEFGHIJKLMNOPQ /", nil, nil), (" /a", nil, nil), ("", nil, nil), ("GET\r\n /a", nil, nil),
    ])
    func `a request line is read as far as it goes`(text: String, method: String?, path: String?) {
        var entry = AccessEntry(400)
        entry.readLine(of: Array(text.utf8)[...])
        #expect(entry.method.map { String(decoding: $0, as: UTF8.self) } == method)
        #expect(entry.path.map { String(decoding: $0, as: UTF8.self) } == path)
    }

    @Test func `a path that is none is shown in part`() {
        for (length, shown) in [(255, 256), (256, 256)] {
            var entry = AccessEntry(400)
            entry.readLine(of: Array("GET /\(String(repeating: "a", count: length))".utf8)[...])
            #expect(entry.path?.count == shown)
        }
    }
}
