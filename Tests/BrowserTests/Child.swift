import Foundation
import Glibc

/// Something that a test needs and does not have.
struct Missing: Error, CustomStringConvertible {
    let description: String
}

/// A program that runs beside a test, until it is told to end.
///
/// It is started by posix_spawn(3): Foundation's `Process` learns of a child's end through a socket that other
/// children inherit when tests start them at the same time, and then waits for all of them.
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
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        // Threads of tests block signals, and a child would inherit that: SIGTERM would not end it.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var number = pid_t()
        let status = unsafe posix_spawn(&number, path, &actions, &attributes, words, environ)
        close(ends[1])
        guard status == 0 else {
            close(ends[0])
            throw Missing(description: "\(path) does not start: \(status)")
        }
        self.number = number
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
