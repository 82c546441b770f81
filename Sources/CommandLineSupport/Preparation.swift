internal import ArgumentParser
internal import Glibc
internal import Logging
internal import System

/// The first step of each program.
package enum Preparation {
    /// Keeps the standard streams from leaking to peers, and from stopping or ending the program; lets QUIT end it.
    ///
    /// Call it once, before any socket and logger exists.
    ///
    /// - `advice`: the remedy where an argument is no text.
    package static func prepare(advice: String = "write it in UTF-8") {
        // Without /dev/null there is no way to report it.
        guard Console.openMissing() else { Glibc.exit(Exit.cannotStart.rawValue) }
        Console.ignoreBrokenPipes()
        SignalDefault.restoreQuit()
        // Swift reads the arguments from /proc/self/cmdline; without them every program would act by its defaults.
        guard !CommandLine.arguments.isEmpty else {
            Console.fatal(
                """
                \(Environment.programName): the arguments cannot be read: /proc is not there; mount it \
                (mount -t proc proc /proc)
                """)
            Glibc.exit(Exit.cannotStart.rawValue)
        }
        if let number = CommandLine.firstAlteredArgument {
            Console.fatal(
                """
                \(Environment.programName): argument \(number) is not UTF-8, and Swift would change its bytes: \(advice)
                """)
            Glibc.exit(ExitCode.validationFailure.rawValue)
        }
        LogOutput.standardError.style.hasPriorities = LogOutput.isJournal
        LoggingSystem.bootstrap { LineLogHandler(label: $0, printer: printer) }
        // Programs end in several places.
        _ = atexit { Preparation.printer.finish() }
    }

    /// The printer of all loggers.
    private static let printer = LinePrinter(style: { LogOutput.standardError.style }) {
        LogOutput.standardError.write($0)
    }
}
