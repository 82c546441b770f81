internal import System
internal import EventLoop

/// Lets one warning of a kind through each second, and counts the others.
///
/// Otherwise a peer that causes warnings would fill the disk. A warning's kind is its place in the code, so that there
/// are few kinds.
struct LogLimiter {
    /// The place in the code that makes a warning.
    struct Site: Hashable {
        let label: String
        let level: Int
        let file: String
        let line: UInt
    }

    private struct Record {
        var passed: MonotonicTime
        var leftOut = 0
    }

    private let pause: Interval
    private var records: [Site: Record] = [:]

    init(pause: Interval = .seconds(1)) {
        self.pause = pause
    }

    /// The number of warnings of the kind left out before this one, which passes; nil when it is left out, too.
    mutating func admit(_ site: Site, at now: MonotonicTime) -> Int? {
        guard let record = records[site] else {
            records[site] = Record(passed: now)
            return 0
        }
        guard now >= record.passed + pause else {
            records[site]?.leftOut += 1
            return nil
        }
        records[site] = Record(passed: now)
        return record.leftOut
    }
}
