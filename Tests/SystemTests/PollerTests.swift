import CLinux
import Glibc
import Testing

@testable import System

/// The kernel's reports, and the waker of a thread that waits for them.
@Suite struct PollerTests {
    @Test(
        arguments: [
            (EPOLLIN.rawValue, 1), (EPOLLOUT.rawValue, 2), (EPOLLERR.rawValue, 3),
            (EPOLLIN.rawValue | EPOLLOUT.rawValue, 3), (0, 0),
        ] as [(UInt32, UInt8)])
    func flags(epoll: UInt32, readiness: UInt8) {
        #expect(Readiness(epoll: epoll).rawValue == readiness)
    }

    /// A wake ends the wait that follows it, once.
    @Test func aWakeIsReportedOnce() throws {
        let poller = try Poller()
        let waker = try Waker()
        try poller.add(waker.descriptor.number, as: .waker, key: 7)
        #expect(poller.wait(milliseconds: 0) == 0)
        for _ in 0..<2 {
            waker.wake()
            #expect(poller.wait(milliseconds: -1) == 1)
            #expect(poller.event(0).key == 7 && poller.event(0).readiness.contains(.toRead))
            #expect(poller.wait(milliseconds: 0) == 0)
        }
        poller.remove(waker.descriptor.number)
        waker.wake()
        #expect(poller.wait(milliseconds: 0) == 0)
    }
}
