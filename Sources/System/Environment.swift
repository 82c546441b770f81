internal import Glibc

/// The variables that a process gets from the one that has started it (environ(7)).
public enum Environment {
    /// The value of a variable; nil where it is not set.
    public static func value(of name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// Takes a variable away from this process and those that it starts.
    ///
    /// Call it before there are other threads (unsetenv(3)).
    public static func remove(_ name: String) { _ = unsafe unsetenv(name) }
}
