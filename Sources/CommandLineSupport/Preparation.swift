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
        let output = LogOutput.standardError
        let printer = LinePrinter { output.write($0) }
        LoggingSystem.bootstrap { LineLogHandler(label: $0, printer: printer) }
    }
}
