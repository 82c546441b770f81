internal import CLinux

/// The C library's heap.
public enum Malloc {
    /// Returns free pages to the system (malloc_trim(3)).
    ///
    /// After a peak the remaining allocations lie scattered, and the library keeps the free pages between them for
    /// later. Takes about a tenth of a millisecond for each megabyte that it returns.
    public static func trim() { _ = malloc_trim(0) }
}
