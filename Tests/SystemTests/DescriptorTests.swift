import CLinux
import Glibc
import Testing

@testable import System

/// Serialised, since a number that has just been closed may be given to whatever another test opens.
@Suite(.serialized) struct DescriptorTests {
    /// Far above the numbers that the tests open at a time, so that no other descriptor gets it.
    private static let farNumber: Int32 = 900

    private func open(at least: Int32) throws -> Int32 {
        let pair = try Descriptor(domain: AF_INET, type: SOCK_DGRAM)
        let number = fcntl(pair.number, F_DUPFD_CLOEXEC, least)
        try #require(number >= least)
        return number
    }

    @Test func closesWhenItsOwnerEnds() throws {
        let number = try open(at: Self.farNumber)
        do {
            let descriptor = Descriptor(owning: number)
            #expect(isOpen(descriptor.number))
        }
        #expect(!isOpen(number))
    }

    @Test func staysOpenWhenGivenAway() throws {
        let number = try open(at: Self.farNumber + 50)
        let given = Descriptor(owning: number).release()
        #expect(given == number)
        #expect(isOpen(number))
        _ = Descriptor(owning: given)
        #expect(!isOpen(number))
    }

    @Test func streamsGiveTheirDescriptorAway() throws {
        let number = try open(at: Self.farNumber + 70)
        #expect(StreamSocket(owning: number).release() == number)
        #expect(isOpen(number))
        close(number)
    }

    /// Other tests open and close a few meanwhile, but nothing like a thousand.
    @Test func closesWhenSetUpFails() throws {
        let taken = try server()
        let before = FileCount.now()
        for _ in 0..<1000 {
            #expect(throws: SystemError.self) { try DatagramSocket(boundTo: try place(of: taken)).descriptor.number }
        }
        #expect(FileCount.now() < before + 500)
    }

    @Test(arguments: [SOCK_DGRAM, SOCK_STREAM])
    func closedOnExecAndNonBlockingFromBirth(type: __socket_type) throws {
        let descriptor = try Descriptor(domain: AF_INET, type: type)
        #expect(fcntl(descriptor.number, F_GETFD) & FD_CLOEXEC != 0)
        #expect(fcntl(descriptor.number, F_GETFL) & O_NONBLOCK != 0)
    }

    @Test func optionsAreReadBack() throws {
        let descriptor = try Descriptor(domain: AF_INET, type: SOCK_STREAM)
        #expect(socketOption(SO_REUSEADDR, of: descriptor.number) == 0)
        try descriptor.set(SO_REUSEADDR, at: SOL_SOCKET)
        #expect(socketOption(SO_REUSEADDR, of: descriptor.number) == 1)
        #expect(socketOption(9999, of: descriptor.number) == nil)
        #expect(throws: SystemError(.configure, nil, ErrorNumber(ENOPROTOOPT))) {
            try descriptor.set(9999, at: SOL_SOCKET)
        }
    }

    @Test func limitIsRaisedToTheHardOne() {
        var limit = rlimit()
        let raised = DescriptorLimit.raise()
        let status = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #expect(status == 0)
        #expect(limit.rlim_cur == limit.rlim_max)
        #expect(raised == Int(clamping: limit.rlim_max))
    }
}
