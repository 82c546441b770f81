import CLinux
import Glibc
import System
import Synchronization
import Testing

@testable import EventLoop

/// A pipe: what is written to one end is read at the other.
struct Pipe: ~Copyable {
    let reading: Descriptor
    let writing: Descriptor

    init(reading: consuming Descriptor, writing: consuming Descriptor) {
        self.reading = reading
        self.writing = writing
    }

    init() throws {
        var ends: [Int32] = [-1, -1]
        let status = unsafe pipe(&ends)
        try #require(status == 0)
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        reading = Descriptor(owning: ends[0])
        writing = Descriptor(owning: ends[1])
    }

    /// A pipe whose reading end has a number that no other descriptor of the process is given.
    init(readingAt number: Int32) throws {
        let pipe = try Pipe()
        writing = Descriptor(owning: fcntl(pipe.writing.number, F_DUPFD_CLOEXEC, 0))
        reading = Descriptor(owning: dup2(pipe.reading.number, number))
    }

    /// Writes bytes; how many were taken, -1 for none.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Int {
        unsafe bytes.withUnsafeBytes { unsafe Glibc.write(writing.number, $0.baseAddress, $0.count) }
    }

    /// Reads up to `count` bytes; how many there were, -1 for none.
    @discardableResult
    func read(_ count: Int = 65_536) -> Int {
        var bytes = [UInt8](repeating: 0, count: count)
        return unsafe Glibc.read(reading.number, &bytes, count)
    }
}

extension EventLoop {
    /// Whether a deadline is pending.
    var hasTimers: Bool { confined.timers.next != nil }
}

/// A handler that keeps what it is called with.
final class Recorder: EventHandler {
    let reports: ReadyQueue<Readiness>

    init(on loop: EventLoop) { reports = ReadyQueue(on: loop) }

    func ready(_ readiness: Readiness) { reports.add(readiness) }
}

/// A number that any thread may raise.
final class Counter: Sendable {
    private let number = Atomic<Int>(0)

    var value: Int { number.load(ordering: .relaxed) }

    func raise() { number.add(1, ordering: .relaxed) }
}

/// Writes one byte to a descriptor that another object owns.
func writeByte(to number: Int32) {
    var byte: UInt8 = 1
    _ = unsafe Glibc.write(number, &byte, 1)
}
