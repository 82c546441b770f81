internal import CLinux
internal import Glibc

/// The process's share of its machine, from /proc/self (proc(5)).
public struct ProcessUsage: Sendable, Equatable {
    /// Processor time of user and system together, in seconds.
    public var processorSeconds = 0.0
    /// Memory in RAM, in bytes.
    public var residentBytes = 0
    /// Address space, in bytes.
    public var virtualBytes = 0
    /// The start of the process, in seconds since 1970.
    public var startSeconds = 0.0
    /// Open descriptors.
    public var openDescriptors = 0
    /// The most descriptors that may be open.
    public var maxDescriptors = 0

    /// Reads the values; nil where /proc is missing.
    public static func current() -> ProcessUsage? {
        guard let text = try? Files.text(of: "/proc/self/stat"), let open = countDescriptors() else { return nil }
        return ProcessUsage(stat: text, openDescriptors: open, maxDescriptors: DescriptorLimit.current)
    }

    /// Takes the fields of /proc/self/stat (proc_pid_stat(5)); nil where there are too few.
    init?(stat text: String, openDescriptors: Int, maxDescriptors: Int) {
        // The second field is the program's name in parentheses, which may contain spaces and parentheses.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].dropFirst().split(whereSeparator: \.isWhitespace)
        // The first of these is the man page's third.
        func field(_ number: Int) -> Int? { fields.count > number - 3 ? Int(fields[number - 3]) : nil }
        guard let user = field(14), let system = field(15), let start = field(22), let size = field(23),
            let pages = field(24)
        else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        processorSeconds = Double(user + system) / ticks
        residentBytes = pages * Int(sysconf(Int32(_SC_PAGESIZE)))
        virtualBytes = size
        // The start counts from the boot.
        startSeconds = Self.bootSeconds + Double(start) / ticks
        self.openDescriptors = openDescriptors
        self.maxDescriptors = maxDescriptors
    }

    /// The boot, in seconds since 1970: one clock counts from there (clock_gettime(2)).
    ///
    /// Computed once, for two clocks give another difference at each reading, and a clock may be set: a process whose start
    /// changes would look like one that has been restarted.
    private static let bootSeconds = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME)

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        _ = unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The number of open descriptors.
    private static func countDescriptors() -> Int? {
        var status = stat()
        guard unsafe stat("/proc/self/fd", &status) == 0 else { return nil }
        // Since Linux 6.2 the folder's size is their number; older kernels say 0, and the entries count.
        if status.st_size > 0 { return Int(status.st_size) }
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        // Without ".", ".." and the descriptor of the folder itself.
        return max(0, count - 3)
    }
}

/// The C library's heap.
public enum Malloc {
    /// Returns free pages to the system (malloc_trim(3)).
    ///
    /// After a peak the remaining allocations lie scattered, and the library keeps the free pages between them for
    /// later. Takes about a tenth of a millisecond for each megabyte that it returns.
    public static func trim() { _ = malloc_trim(0) }
}
