internal import ArgumentParser
internal import Glibc
internal import Logging
internal import System

/// The first thing that each program does.
package enum Preparation {
    /// Sees to it that the standard streams neither leak to peers nor stop or end the program.
    ///
    /// Call it once, before a socket is opened and a logger is made.
    package static func prepare() {
        // Without /dev/null there is nothing to say it with.
        guard StandardStreams.openMissing() else { Glibc.exit(Exit.cannotStart.rawValue) }
        StandardStreams.ignoreBrokenPipes()
        // Swift reads them from /proc/self/cmdline; without them every program would do what it does by default.
        guard !CommandLine.arguments.isEmpty else {
            Console.error(
                "letterbox: the arguments cannot be read: /proc is not there; mount it (mount -t proc proc /proc)")
            Glibc.exit(Exit.cannotStart.rawValue)
        }
        let output = LogOutput.standardError
        output.style.hasPriorities = LogOutput.isJournal
        let printer = LinePrinter(style: { output.style }) { output.write($0) }
        LoggingSystem.bootstrap { LineLogHandler(label: $0, printer: printer) }
    }
}
