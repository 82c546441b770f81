import CLinux
import Glibc
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
        #expect(manager.notify(.ready), "there is nothing to repeat")
    }

    /// Signs of life count for their moment alone.
    @Test func whatAFullQueueDoesNotTakeIsSentLaterAndInOrder() throws {
        let name = "letterbox-\(getpid())"
        let reader = try Descriptor(domain: AF_UNIX, type: SOCK_DGRAM)
        #expect(unsafe withUnixAddress([0] + Array(name.utf8)) { unsafe Glibc.bind(reader.number, $0, $1) } == 0)
        let manager = try #require(ServiceManager(path: "@\(name)", watchdogInterval: nil))
        while manager.notify(.alive) {}
        #expect(!manager.notify(.ready, "one") && !manager.notify(.alive) && !manager.resend())
        #expect(Self.messages(at: reader).allSatisfy { $0 == "WATCHDOG=1" })
        #expect(manager.notify(.ready, "two"))
        #expect(Self.messages(at: reader) == ["READY=1\nSTATUS=one", "READY=1\nSTATUS=two"])
        #expect(manager.resend() && Self.messages(at: reader).isEmpty)
    }

    /// A manager that never reads gets no memory without end: of its reloads the latest wait.
    @Test(arguments: [-1, 0, 1]) func fewMessagesWait(more: Int) throws {
        let name = "letterbox-few-\(getpid())"
        let reader = try Descriptor(domain: AF_UNIX, type: SOCK_DGRAM)
        #expect(unsafe withUnixAddress([0] + Array(name.utf8)) { unsafe Glibc.bind(reader.number, $0, $1) } == 0)
        let manager = try #require(ServiceManager(path: "@\(name)", watchdogInterval: nil))
        while manager.notify(.alive) {}
        let count = ServiceManager.mostWaiting + more
        for number in 0..<count { manager.notify(.ready, "\(number)") }
        #expect(manager.hasWaiting)
        _ = Self.messages(at: reader)
        var received: [String] = []
        while manager.hasWaiting {
            _ = manager.resend()
            received += Self.messages(at: reader)
        }
        #expect(received == ((more > 0 ? 2 : 0)..<count).map { "READY=1\nSTATUS=\($0)" })
    }

    private static func messages(at reader: borrowing Descriptor) -> [String] {
        var (messages, bytes): ([String], [UInt8]) = ([], Array(repeating: 0, count: 128))
        while true {
            let length = unsafe recv(reader.number, &bytes, bytes.count, 0)
            if length < 0 { return messages }
            messages.append(String(decoding: bytes[..<length], as: UTF8.self))
        }
    }
}
