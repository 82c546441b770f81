internal import ArgumentParser
internal import Datagrams
internal import EventLoop

/// Reads a percentage for a flag.
func percentage(_ text: String) throws -> Probability {
    guard let probability = Probability(percentage: text) else {
        throw ValidationError("a percentage from 0% to 100% is needed, such as 10% or 0.5%.")
    }
    return probability
}

/// A direction's own impairments, where they differ from those of both.
protocol ImpairmentFlags {
    var loss: Probability? { get }
    var duplicate: Probability? { get }
    var reorder: Probability? { get }
    var corrupt: Probability? { get }
    var truncate: Probability? { get }
    var delay: Interval? { get }
    var jitter: Interval? { get }
    var reorderDelay: Interval? { get }
}

extension ImpairmentFlags {
    /// The settings, changed where a flag was given.
    func changing(_ settings: NoiseSettings) -> NoiseSettings {
        var settings = settings
        settings.loss = loss ?? settings.loss
        settings.duplicate = duplicate ?? settings.duplicate
        settings.reorder = reorder ?? settings.reorder
        settings.corrupt = corrupt ?? settings.corrupt
        settings.truncate = truncate ?? settings.truncate
        settings.delay = delay ?? settings.delay
        settings.jitter = jitter ?? settings.jitter
        settings.reorderDelay = reorderDelay ?? settings.reorderDelay
        return settings
    }
}

/// Impairments of both directions.
struct BothWaysFlags: ParsableArguments, ImpairmentFlags {
    @Option(help: ArgumentHelp("How many datagrams are lost.", valueName: "percentage"), transform: percentage)
    var loss: Probability?
    @Option(help: ArgumentHelp("How many arrive twice.", valueName: "percentage"), transform: percentage)
    var duplicate: Probability?
    @Option(
        help: ArgumentHelp("How many are held back, so that others overtake them.", valueName: "percentage"),
        transform: percentage)
    var reorder: Probability?
    @Option(help: ArgumentHelp("How many have a bit turned over.", valueName: "percentage"), transform: percentage)
    var corrupt: Probability?
    @Option(help: ArgumentHelp("How many have their end cut off.", valueName: "percentage"), transform: percentage)
    var truncate: Probability?
    @Option(help: ArgumentHelp("How long each takes.", valueName: "time"))
    var delay: Interval?
    @Option(help: ArgumentHelp("How much longer or shorter than the delay.", valueName: "time"))
    var jitter: Interval?
    @Option(help: ArgumentHelp("How much longer one takes that is held back.", valueName: "time"))
    var reorderDelay: Interval?
}

/// Impairments of the datagrams that clients send.
struct ToServerFlags: ParsableArguments, ImpairmentFlags {
    @Option(
        name: .customLong("loss-to-server"), help: ArgumentHelp("--loss, client to server.", valueName: "percentage"),
        transform: percentage)
    var loss: Probability?
    @Option(
        name: .customLong("duplicate-to-server"),
        help: ArgumentHelp("--duplicate, client to server.", valueName: "percentage"), transform: percentage)
    var duplicate: Probability?
    @Option(
        name: .customLong("reorder-to-server"),
        help: ArgumentHelp("--reorder, client to server.", valueName: "percentage"), transform: percentage)
    var reorder: Probability?
    @Option(
        name: .customLong("corrupt-to-server"),
        help: ArgumentHelp("--corrupt, client to server.", valueName: "percentage"), transform: percentage)
    var corrupt: Probability?
    @Option(
        name: .customLong("truncate-to-server"),
        help: ArgumentHelp("--truncate, client to server.", valueName: "percentage"), transform: percentage)
    var truncate: Probability?
    @Option(name: .customLong("delay-to-server"), help: ArgumentHelp("--delay, client to server.", valueName: "time"))
    var delay: Interval?
    @Option(name: .customLong("jitter-to-server"), help: ArgumentHelp("--jitter, client to server.", valueName: "time"))
    var jitter: Interval?
    @Option(
        name: .customLong("reorder-delay-to-server"),
        help: ArgumentHelp("--reorder-delay, client to server.", valueName: "time"))
    var reorderDelay: Interval?
}

/// Impairments of the datagrams that the server sends.
struct ToClientFlags: ParsableArguments, ImpairmentFlags {
    @Option(
        name: .customLong("loss-to-client"), help: ArgumentHelp("--loss, server to client.", valueName: "percentage"),
        transform: percentage)
    var loss: Probability?
    @Option(
        name: .customLong("duplicate-to-client"),
        help: ArgumentHelp("--duplicate, server to client.", valueName: "percentage"), transform: percentage)
    var duplicate: Probability?
    @Option(
        name: .customLong("reorder-to-client"),
        help: ArgumentHelp("--reorder, server to client.", valueName: "percentage"), transform: percentage)
    var reorder: Probability?
    @Option(
        name: .customLong("corrupt-to-client"),
        help: ArgumentHelp("--corrupt, server to client.", valueName: "percentage"), transform: percentage)
    var corrupt: Probability?
    @Option(
        name: .customLong("truncate-to-client"),
        help: ArgumentHelp("--truncate, server to client.", valueName: "percentage"), transform: percentage)
    var truncate: Probability?
    @Option(name: .customLong("delay-to-client"), help: ArgumentHelp("--delay, server to client.", valueName: "time"))
    var delay: Interval?
    @Option(name: .customLong("jitter-to-client"), help: ArgumentHelp("--jitter, server to client.", valueName: "time"))
    var jitter: Interval?
    @Option(
        name: .customLong("reorder-delay-to-client"),
        help: ArgumentHelp("--reorder-delay, server to client.", valueName: "time"))
    var reorderDelay: Interval?
}
