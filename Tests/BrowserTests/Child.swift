import Foundation
import Glibc
import TestSupport

/// Something that a test needs and does not have.
struct Missing: Error, CustomStringConvertible {
    let description: String
}

/// A program that runs beside a test, until it is told to end.
final class Child: Sendable {
    private let number: pid_t
    private let output: Int32

    /// Starts it and waits for the line that says that it is ready.
    ///
    /// - `ready`: takes from the line what the test wants to know; nil for any other line.
    static func start<Fact>(
        _ path: String, _ arguments: [String], ready: (Substring) -> Fact?
    ) throws -> (child: Child, fact: Fact) {
        let child = try Child(path, arguments)
        var text = ""
        while let bytes = child.read() {
            text += String(decoding: bytes, as: UTF8.self)
            // The text after the last line end may be half a line.
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            guard let fact = lines.compactMap(ready).first else { continue }
            // Later output is taken off the pipe, so that the program never waits for room there.
            Thread.detachNewThread { while child.read() != nil {} }
            return (child, fact)
        }
        child.end()
        throw Missing(description: "\(path) ended: \(text)")
    }

    private init(_ path: String, _ arguments: [String]) throws {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw Missing(description: "no pipe: \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        // Standard input is the process's own, for these read nothing.
        do { number = try spawn(path, arguments, streams: [STDIN_FILENO, ends[1], ends[1]]) } catch {
            close(ends[0])
            throw error
        }
        output = ends[0]
    }

    /// The program's next output, after a wait; nil is the end.
    private func read() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe Glibc.read(output, &bytes, bytes.count)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    /// Ends it and waits for that.
    func end() {
        kill(number, SIGTERM)
        while waitpid(number, nil, 0) < 0, errno == EINTR {}
    }

    deinit { close(output) }

    /// Where a program is on PATH; nil when it is not.
    static func find(_ name: String) -> String? {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
