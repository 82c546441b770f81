internal import CPrograms
internal import Glibc

/// A program that could not be started.
package struct SpawnFailure: Error, CustomStringConvertible {
    package let description: String
}

/// Starts a program, by its path or by a name that PATH leads to, with these streams from standard input on; its process.
///
/// By posix_spawn(3): Foundation's `Process` learns of a child's end through a socket that other children inherit when
/// tests start them at the same time, and then waits for all of them.
package func spawn(_ path: String, _ arguments: [String], streams: [Int32]) throws(SpawnFailure) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in streams.enumerated() {
        unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    // Other open descriptors of this process, such as another test's connection, stay out of the program.
    unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var attributes = shellAttributes()
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var words: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var process: pid_t = 0
    let code = unsafe posix_spawnp(&process, path, &actions, &attributes, &words, environ)
    guard code == 0 else { throw SpawnFailure(description: "cannot start \(path): errno \(code)") }
    return process
}

/// Signals as a shell leaves them: threads of tests block some, and the process that runs the tests may have been started
/// with others ignored, as in the background of a shell.
private func shellAttributes() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return attributes
}
