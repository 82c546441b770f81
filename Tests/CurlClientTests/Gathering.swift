import Glibc
import Synchronization
import TestSupport

/// A place where threads wait until a number of them is there, and go on together; and again for the next ones.
final class Gathering: Sendable {
    /// Some did not come within five seconds.
    struct Incomplete: Error {
        let present: Int
    }

    private let size: Int
    /// A pipe: each byte in it lets one thread go on.
    private let exit: Int32
    private let entrance: Int32
    private let arrived = Mutex(0)

    init(of size: Int) {
        self.size = size
        var ends: [Int32] = [-1, -1]
        check(unsafe pipe(&ends))
        (exit, entrance) = (ends[0], ends[1])
    }

    deinit {
        close(exit)
        close(entrance)
    }

    /// Waits for the others.
    func meet() throws {
        let present = arrived.withLock { arrived in
            arrived = arrived % size + 1
            return arrived
        }
        var bytes = [UInt8](repeating: 0, count: size)
        if present == size { check(Int32(unsafe write(entrance, bytes, size))) }
        var ready = pollfd(fd: exit, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&ready, 1, 5_000) == 1 else { throw Incomplete(present: present) }
        check(Int32(unsafe read(exit, &bytes, 1)))
    }
}
