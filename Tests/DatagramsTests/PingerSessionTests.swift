@testable import Ping
import EventLoop
import System
import Testing

@testable import Datagrams

@Suite("Pinger: which reply answers which probe")
struct PingerSessionTests {
    private static let payload = PingerPayload(tag: 0xFEED_0000_0000_0001, size: 56)
    private var session = PingerSession(payload: Self.payload, timeout: .milliseconds(100))

    @Test(
        "probes are capitals and digits, as long as asked, each one different", arguments: [48, 49, 56, 1400, 65_507])
    func alphabet(size: Int) {
        let payload = PingerPayload(tag: .max, size: size)
        let bytes = payload.bytes(number: 12, time: 0xABC_DEF0)
        #expect(bytes.count == size)
        #expect(Uppercase().reply(to: bytes) == bytes)
        #expect(payload.bytes(number: 13, time: 0xABC_DEF0) != bytes)
        let read = payload.read(bytes.span)
        #expect(read?.number == 12 && read?.time == 0xABC_DEF0)
    }

    @Test("an echo is a reply, a second one a duplicate")
    mutating func replies() {
        let probes = [session.probe(at: time(0)), session.probe(at: time(10))]
        #expect(session.receive(probes[1], at: time(12)) == .reply(number: 2, .milliseconds(2)))
        #expect(session.isWaiting && session.deadline == time(100))
        #expect(session.receive(probes[0], at: time(13)) == .reply(number: 1, .milliseconds(13)))
        #expect(!session.isWaiting && session.deadline == .never)
        #expect(session.receive(probes[1], at: time(15)) == .duplicate(number: 2, .milliseconds(5)))
        #expect(session.sent == 2)
    }

    @Test("an echo after the timeout is late, once, and then a duplicate")
    mutating func late() {
        let probe = session.probe(at: time(0))
        #expect(session.expire(at: time(99)) == nil)
        #expect(session.expire(at: time(100)) == 1)
        #expect(session.expire(at: time(200)) == nil && !session.isWaiting)
        #expect(session.receive(probe, at: time(150)) == .late(number: 1, .milliseconds(150)))
        #expect(session.receive(probe, at: time(151)) == .duplicate(number: 1, .milliseconds(151)))
    }

    @Test("what comes at the timeout is in time, after it late, in either order")
    mutating func boundary() {
        let probes = [session.probe(at: time(0)), session.probe(at: time(0))]
        #expect(session.receive(probes[0], at: time(100)) == .reply(number: 1, .milliseconds(100)))
        #expect(session.receive(probes[1], at: time(101)) == .late(number: 2, .milliseconds(101)))
        #expect(session.expire(at: time(101)) == nil)
    }

    @Test("a probe that could not be sent does not wait")
    mutating func failure() {
        _ = session.probe(at: time(0))
        _ = session.probe(at: time(1))
        session.fail()
        #expect(session.expire(at: time(101)) == 1)
        #expect(session.expire(at: time(101)) == nil && !session.isWaiting)
    }

    @Test("a report gives up the oldest that waits")
    mutating func reported() {
        #expect(session.failOldest(before: 1) == nil)
        let probes = (0..<3).map { _ in session.probe(at: time(0)) }
        _ = session.receive(probes[0], at: time(1))
        #expect(session.failOldest(before: 2) == nil)
        #expect(session.failOldest(before: 3) == 2)
        #expect(session.failOldest(before: 3) == nil)
        #expect(session.failOldest(before: 4) == 3)
        #expect(session.failOldest(before: 5) == nil && !session.isWaiting)
        // The report was about another probe.
        #expect(session.receive(probes[1], at: time(100)) == .reply(number: 2, .milliseconds(100)))
        #expect(session.receive(probes[1], at: time(100)) == .duplicate(number: 2, .milliseconds(100)))
        #expect(session.receive(probes[2], at: time(101)) == .late(number: 3, .milliseconds(101)))
    }

    @Test("a single byte that differs makes it foreign", arguments: 0..<56)
    mutating func damaged(place: Int) {
        var probe = session.probe(at: time(77))
        let other = session.probe(at: time(78))
        for bit in 0..<8 {
            probe[place] ^= 1 << UInt8(bit)
            #expect(session.receive(probe, at: time(80)) == .foreign)
            probe[place] ^= 1 << UInt8(bit)
        }
        #expect(session.receive(other, at: time(80)) == .reply(number: 2, .milliseconds(2)))
        #expect(session.receive(probe, at: time(80)) == .reply(number: 1, .milliseconds(3)))
    }

    @Test("cut, longer, empty, of another run, or never sent: foreign")
    mutating func foreign() {
        let probe = session.probe(at: time(5))
        let now = time(6)
        for length in 0..<56 { #expect(session.receive(Array(probe[..<length]), at: now) == .foreign) }
        #expect(session.receive(probe + [65], at: now) == .foreign)
        let others: [[UInt8]] = [
            PingerPayload(tag: 1, size: 56).bytes(number: 1, time: time(5).nanoseconds),
            Self.payload.bytes(number: 0, time: time(5).nanoseconds),
            Self.payload.bytes(number: 2, time: time(5).nanoseconds),
            Self.payload.bytes(number: .max, time: time(5).nanoseconds),
            Self.payload.bytes(number: 1, time: time(4).nanoseconds),
            probe.map { $0 | 0x20 },
        ]
        for other in others { #expect(session.receive(other, at: now) == .foreign) }
        #expect(session.receive(probe, at: now) == .reply(number: 1, .milliseconds(1)))
    }
}

@Suite("Pinger: report")
struct PingerReportTests {
    @Test("says everything like the system's ping")
    func summary() throws {
        var report = try report([100, 123, 150, 2000])
        report.sent = 6
        report.duplicates = 1
        report.foreign = 2
        #expect(
            report.description == """
                --- 127.0.0.1:12000 ping statistics ---
                6 sent, 4 received, 33.3% loss, 1 duplicate, 2 foreign
                round trip min/mean/p50/p99/max = 0.100/0.593/0.123/2.000/2.000 ms
                """)
    }

    @Test("has no round trips when there was no reply")
    func nothing() throws {
        var report = try report([])
        report.sent = 3
        report.refused = 3
        #expect(
            report.description == """
                --- 127.0.0.1:12000 ping statistics ---
                3 sent, 0 received, 100% loss, 3 refused
                """)
        #expect(report.histogram == "no round trips")
        #expect(report.minimum == nil && report.percentile(50) == nil)
    }

    @Test("percentiles are exact", arguments: [(0, 1), (1, 100), (25, 2500), (50, 5000), (99, 9900), (100, 10_000)])
    func percentiles(percentage: Double, microseconds: UInt64) throws {
        let report = try report((1...10_000).shuffled())
        #expect(report.percentile(percentage) == Interval(nanoseconds: microseconds * 1000))
        #expect(report.maximum == .milliseconds(10))
    }

    @Test("a percentile between two round trips is the longer one")
    func rank() throws {
        let report = try report([30, 10, 20])
        #expect([33, 34, 66, 67].map { report.percentile($0)?.nanoseconds } == [10_000, 20_000, 20_000, 30_000])
    }

    @Test("draws a bar for each class, empty ones between included")
    func histogram() throws {
        let lines = try report([110, 120, 130, 199, 201, 1500]).histogram.split(separator: "\n")
        let full = String(repeating: "#", count: 50)
        let bars = [full, String(repeating: "#", count: 13), "", String(repeating: "#", count: 13)]
        let labels = [" 100us to 200us ", " 200us to 500us ", " 500us to 1ms   ", "   1ms to 2ms   "]
        let counts = [4, 1, 0, 1]
        let expected = (0..<4).map { "\(labels[$0]) |\(bars[$0].padded(to: -50)) \(counts[$0])" }
        #expect(lines.map(String.init) == expected)
    }

    @Test(
        "times have a fixed count of digits, rounded",
        arguments: [
            (0, "0.000"), (499, "0.000"), (500, "0.001"), (123_456, "0.123"), (999_999_500, "1000.000"),
            (1_000_000, "1.000"), (61_234_567, "61.235"),
        ] as [(UInt64, String)])
    func fixedPoint(nanoseconds: UInt64, text: String) {
        #expect(Interval(nanoseconds: nanoseconds).fixedPoint(unit: 1_000_000, digits: 3) == text)
    }

    private func report(_ microseconds: [UInt64]) throws -> PingerReport {
        var report = PingerReport(server: try #require(SocketAddress("127.0.0.1", port: 12000)))
        for time in microseconds { report.note(.reply(number: 1, Interval(nanoseconds: time * 1000))) }
        return report
    }
}

extension PingerSession {
    fileprivate mutating func receive(_ datagram: [UInt8], at now: MonotonicTime) -> PingerEvent.Kind {
        receive(datagram.span, at: now)
    }
}

private func time(_ milliseconds: Int) -> MonotonicTime {
    MonotonicTime(nanoseconds: 1_000_000_000) + .milliseconds(UInt64(milliseconds))
}
