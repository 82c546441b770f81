import System
import EventLoop
import Logging
import Synchronization
import Testing

@testable import CommandLineSupport

@Suite struct LogTests {
    /// Keeps the lines that loggers write, and has a clock that a test sets.
    private final class Journal: Sendable {
        private let state = Mutex((lines: [String](), time: MonotonicTime(nanoseconds: 0)))

        /// The lines without their times, which are 24 characters and a blank.
        var lines: [String] { state.withLock { $0.lines.map { String($0.dropFirst(25)) } } }

        func advance(by interval: Interval) { state.withLock { $0.time = $0.time + interval } }

        func printer() -> LinePrinter {
            LinePrinter {
                self.state.withLock { $0.time }
            } print: { line in
                self.state.withLock { $0.lines.append(line) }
            }
        }

        func logger(_ label: String) -> Logger {
            let printer = printer()
            return Logger(label: label) { LineLogHandler(label: $0, printer: printer) }
        }
    }

    @Test func `a message is one line`() {
        let journal = Journal()
        var logger = journal.logger("server")
        logger[metadataKey: "port"] = "7"
        logger.notice("one\ntwo", metadata: ["address": "::1"])
        logger.debug("not told")
        #expect(journal.lines == ["notice server: one two address=::1 port=7"])
    }

    @Test func `a warning comes once a second and counts the others`() {
        let journal = Journal()
        let logger = journal.logger("server")
        for _ in 0..<2500 {
            logger.warning("one")
            journal.advance(by: .milliseconds(1))
        }
        let next = "warning server: one (and 999 more like it since the last)"
        #expect(journal.lines == ["warning server: one", next, next])
    }

    /// No next one of the kind will count them.
    @Test func `the end shows the warnings that were left out`() {
        let journal = Journal()
        let printer = journal.printer()
        let logger = Logger(label: "server") { LineLogHandler(label: $0, printer: printer) }
        for number in 0..<150 {
            logger.warning("number \(number)")
            logger.error("one")
            if number < 2 { logger.error("two") }
            logger.info("three")
        }
        logger.warning("only once")
        let before = journal.lines
        #expect(before.count == 100 + 2 + 150 + 1)
        printer.finish()
        #expect(
            journal.lines.dropFirst(before.count) == [
                "warning server: left out until the end: number 149 (and 49 more like it since the last)",
                "error server: left out until the end: one (and 148 more like it since the last)",
                "error server: left out until the end: two",
            ])
        printer.finish()
        #expect(journal.lines.count == before.count + 3)
    }

    /// Such as those about each backend of a host that is gone.
    @Test func `a hundred warnings of one kind with other words come at once, and then one a second`() {
        let journal = Journal()
        let logger = journal.logger("server")
        func warn(_ number: Int) { logger.warning("number \(number)") }
        for number in 0..<2500 {
            warn(number)
            journal.advance(by: .milliseconds(1))
        }
        #expect(
            journal.lines == (0..<100).map { "warning server: number \($0)" } + [
                "warning server: number 1000 (and 900 more like it since the last)",
                "warning server: number 2000 (and 999 more like it since the last)",
            ])
        journal.advance(by: .seconds(50))
        for number in 0..<60 { warn(number) }
        #expect(journal.lines.count == 102 + 50)
    }

    @Test func `warnings of other kinds come all the same, and so do other levels`() {
        let journal = Journal()
        let logger = journal.logger("server")
        for _ in 0..<2 {
            logger.warning("one")
            logger.warning("two")
            logger.error("three")
            logger.info("four")
            logger.critical("five")
        }
        let first = ["warning server: one", "warning server: two", "error server: three"]
        let both = ["info server: four", "critical server: five"]
        #expect(journal.lines == first + both + both)
    }
}
