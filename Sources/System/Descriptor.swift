internal import Glibc

/// A file descriptor that one value owns: when the value ends, the descriptor is closed.
public struct Descriptor: ~Copyable, Sendable {
    /// The number by which the kernel knows it.
    public let number: Int32

    /// Takes over an open descriptor that nobody else will close.
    public init(owning number: Int32) {
        self.number = number
    }

    deinit {
        // Whatever close(2) reports, the descriptor is gone on Linux; a second try might close a stranger's.
        _ = close(number)
    }

    /// Gives the open descriptor away: the caller now owns it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }
}

/// How many descriptors a process may have open (getrlimit(2)).
public enum DescriptorLimit {
    /// The limit that holds now.
    public static var current: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the soft limit to the hard one and returns what holds now.
    public static func raise() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        let soft = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        let isRaised = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return Int(clamping: isRaised ? limit.rlim_max : soft)
    }
}
