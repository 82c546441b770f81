internal import CLinux
internal import Glibc

/// The variables that a process inherits from its parent (environ(7)).
public enum Environment {
    /// The value of a variable; nil where it is not set.
    public static func value(of name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// Whether a variable is UTF-8 or not set: of another one ``value(of:)`` changes bytes.
    public static func isText(_ name: String) -> Bool {
        guard let value = unsafe getenv(name) else { return true }
        return unsafe String(validatingCString: value) != nil
    }

    /// The name that the program was started by, without its folder (program_invocation_short_name(3)).
    public static var programName: String {
        guard let name = unsafe clinux_program_name() else { return "" }
        return unsafe String(cString: name)
    }

    /// The names of all variables.
    public static var names: [String] {
        var names: [String] = []
        guard var entry = unsafe clinux_environ() else { return [] }
        while let text = unsafe entry.pointee {
            names.append(String(unsafe String(cString: text).prefix { $0 != "=" }))
            unsafe entry += 1
        }
        return names
    }

    /// Removes a variable from this process and its children.
    ///
    /// Call it before there are other threads (unsetenv(3)).
    public static func remove(_ name: String) { _ = unsafe unsetenv(name) }
}

extension CommandLine {
    /// The number of the first argument that is not UTF-8, which `arguments` has in another form; nil where there is none.
    public static var firstAlteredArgument: Int? {
        (1..<max(1, Int(argc))).first { number in
            guard let argument = unsafe unsafeArgv[number] else { return false }
            return unsafe String(validatingCString: argument) == nil
        }
    }
}
