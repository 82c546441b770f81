import Testing

@testable import System

/// The messages to a service manager are tested with the whole program: scripts/restarts.
@Suite struct ServiceManagerTests {
    @Test(arguments: ["", "socket", "/\(String(repeating: "a", count: 107))"]) func aPathThatIsNoneIsNone(path: String)
    {
        #expect(ServiceManager(path: path, watchdogInterval: nil) == nil)
    }

    @Test func theLongestPathIsOneAndItsAbsenceIsNoTrouble() throws {
        let path = "/\(String(repeating: "a", count: 106))"
        let manager = try #require(ServiceManager(path: path, watchdogInterval: nil))
        #expect(!manager.notify(.ready))
    }
}
