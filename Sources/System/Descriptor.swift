internal import Glibc

/// A file descriptor that one value owns: the value closes it at its end.
public struct Descriptor: ~Copyable, Sendable {
    /// The kernel's number for it.
    public let number: Int32

    /// Takes over an open descriptor that has no other owner.
    public init(owning number: Int32) {
        self.number = number
    }

    deinit {
        // On Linux the descriptor is gone even where close(2) fails; a second try might close a stranger's.
        _ = close(number)
    }

    /// Gives the open descriptor away: the caller now owns it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }
}

/// The limit on a process's open descriptors (getrlimit(2)).
public enum DescriptorLimit {
    /// The soft limit.
    public static var current: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the soft limit to the hard one and returns the new soft limit.
    public static func raise() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        let soft = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        let isRaised = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return Int(clamping: isRaised ? limit.rlim_max : soft)
    }
}
