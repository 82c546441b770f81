import Testing

@testable import System

/// The messages to a service manager are tested with the whole program: scripts/restarts.
@Suite struct ServiceManagerTests {
    @Test(arguments: ["", "socket", "/\(String(repeating: "a", count: 107))"]) func aPathThatIsNoneIsNone(path: String)
    {
        #expect(ServiceManager(path: path, watchdogInterval: nil) == nil)
    }

    /// sd_watchdog_enabled(3): 0 and the greatest number are no interval.
    @Test(arguments: [
        ("30000000", 30), ("31536000000000", 31_536_000), ("31536000000001", nil), ("18446744073709551615", nil),
        ("18446744073709551614", nil), ("0", nil), ("-1", nil), ("", nil), ("30s", nil), ("18446744073709551616", nil),
    ])
    func anIntervalIsReadWhereItIsOne(text: String, seconds: UInt64?) {
        #expect(ServiceManager.watchdogInterval(text) == seconds.map { Interval.seconds($0) })
    }

    @Test func theLongestPathIsOneAndItsAbsenceIsNoTrouble() throws {
        let path = "/\(String(repeating: "a", count: 106))"
        let manager = try #require(ServiceManager(path: path, watchdogInterval: nil))
        #expect(!manager.notify(.ready))
    }
}
