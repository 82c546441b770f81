import Glibc
import Testing

@testable import System

@Suite struct ProcessUsageTests {
    @Test func theKernelsFieldsAreRead() throws {
        // A program's name may look like fields.
        let fields =
            "7 (a) S b) (c) R 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 1000 4096000 25 18446744073709551615"
        let usage = try #require(ProcessUsage(stat: fields, openDescriptors: 3, maxDescriptors: 9))
        #expect(usage.processorSeconds == 2)
        #expect(usage.virtualBytes == 4_096_000)
        #expect(usage.residentBytes == 25 * Int(sysconf(Int32(_SC_PAGESIZE))))
        #expect(usage.openDescriptors == 3 && usage.maxDescriptors == 9)
    }

    @Test(arguments: ["", "7 (name", "7 (name) R 1 2 3"]) func whatIsTooShortIsNoUsage(text: String) {
        #expect(ProcessUsage(stat: text, openDescriptors: 0, maxDescriptors: 0) == nil)
    }

    @Test func thisProcessIsInThere() throws {
        let usage = try #require(ProcessUsage.current())
        #expect(usage.residentBytes > 1 << 20 && usage.virtualBytes > usage.residentBytes)
        #expect(usage.openDescriptors >= 3 && usage.maxDescriptors >= usage.openDescriptors)
        let now = Double(time(nil))
        // An hour and a day: tests run no longer, and clocks are not set by more meanwhile.
        #expect(usage.startSeconds <= now + 1 && usage.startSeconds > now - 90_000)
    }

    /// A start that changes would count as a restart, as in deploy/alerts.yml.
    @Test func theStartIsTheSameAtEachReading() throws {
        let starts = try (0..<1000).map { _ in try #require(ProcessUsage.current()).startSeconds }
        #expect(Set(starts).count == 1)
    }

    @Test func anOpenDescriptorIsCounted() throws {
        let before = try #require(ProcessUsage.current()).openDescriptors
        // Many, for other tests may close some at the same time.
        let files = (0..<200).map { _ in unsafe open("/dev/null", O_RDONLY) }
        defer { for file in files { close(file) } }
        #expect(try #require(ProcessUsage.current()).openDescriptors > before + 100)
    }
}
