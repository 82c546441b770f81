internal import ArgumentParser
internal import Datagrams
internal import System

/// A line for each datagram on standard output, for serving commands: a slow reader misses lines and delays nothing.
struct VerboseFlag: ParsableArguments {
    @Flag(help: "Print a line for each datagram: time of day (UTC), from, to, bytes, the first of them, what was done.")
    var verbose = false

    /// The function that prints the lines; nil without the flag.
    var observer: DatagramEvent.Observer? {
        guard verbose else { return nil }
        return { LogOutput.standardOutput.write("\(WallClock.timeOfDay()) \($0)") }
    }
}
