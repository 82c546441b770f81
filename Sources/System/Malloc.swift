internal import CLinux

/// The memory that the C library manages for the program.
public enum Malloc {
    /// Gives free pages back to the system (malloc_trim(3)).
    ///
    /// Where much was allocated and freed, what stays allocated lies in between, and the library keeps the rest for
    /// later. Takes about a tenth of a millisecond for each megabyte that is given back.
    public static func trim() { _ = malloc_trim(0) }
}
