import Foundation
import Glibc
import Testing

/// The project's own programs, as they lie beside the tests in the build folder.
enum Binaries {
    static var letterbox: String { get throws { try path(of: "letterbox") } }
    static var probe: String { get throws { try path(of: "letterbox-probe") } }

    static func path(of name: String) throws -> String {
        let path = try "\(folder())/\(name)"
        guard unsafe access(path, X_OK) == 0 else {
            throw Program.Failure(description: "\(path) is not there: build it with swift build --build-tests")
        }
        return path
    }

    /// Where this process's own program lies (proc(5), /proc/pid/exe).
    private static func folder() throws -> String {
        let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: path).deletingLastPathComponent().path
    }

    /// Whether a program is somewhere on PATH.
    static func has(_ program: String) -> Bool {
        guard let path = unsafe getenv("PATH") else { return false }
        return unsafe String(cString: path).split(separator: ":").contains {
            unsafe access("\($0)/\(program)", X_OK) == 0
        }
    }
}
