internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import Noise
internal import System

/// The impairments of one direction, where they differ from those of both.
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
    /// The settings, with the changes of the given flags.
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
    @Option(percentage: "How many datagrams are lost.")
    var loss: Probability?
    @Option(percentage: "How many arrive twice.")
    var duplicate: Probability?
    @Option(percentage: "How many are held back, so that others overtake them.")
    var reorder: Probability?
    @Option(percentage: "How many have a bit turned over.")
    var corrupt: Probability?
    @Option(percentage: "How many have their end cut off.")
    var truncate: Probability?
    @Option(time: "How long each takes.", in: .zeroUntilAnHour)
    var delay: Interval?
    @Option(time: "How much longer or shorter than the delay.", in: .zeroUntilAnHour)
    var jitter: Interval?
    @Option(
        time: "How much longer one takes that is held back.", in: .zeroUntilAnHour,
        usual: "\(NoiseSettings().reorderDelay)")
    var reorderDelay: Interval?
}

/// Impairments of the datagrams that clients send.
struct ToServerFlags: ParsableArguments, ImpairmentFlags {
    @Option(name: .customLong("loss-to-server"), percentage: "--loss, client to server.")
    var loss: Probability?
    @Option(name: .customLong("duplicate-to-server"), percentage: "--duplicate, client to server.")
    var duplicate: Probability?
    @Option(name: .customLong("reorder-to-server"), percentage: "--reorder, client to server.")
    var reorder: Probability?
    @Option(name: .customLong("corrupt-to-server"), percentage: "--corrupt, client to server.")
    var corrupt: Probability?
    @Option(name: .customLong("truncate-to-server"), percentage: "--truncate, client to server.")
    var truncate: Probability?
    @Option(name: .customLong("delay-to-server"), time: "--delay, client to server.", in: .zeroUntilAnHour)
    var delay: Interval?
    @Option(name: .customLong("jitter-to-server"), time: "--jitter, client to server.", in: .zeroUntilAnHour)
    var jitter: Interval?
    @Option(
        name: .customLong("reorder-delay-to-server"), time: "--reorder-delay, client to server.", in: .zeroUntilAnHour)
    var reorderDelay: Interval?
}

/// Impairments of the datagrams that the server sends.
struct ToClientFlags: ParsableArguments, ImpairmentFlags {
    @Option(name: .customLong("loss-to-client"), percentage: "--loss, server to client.")
    var loss: Probability?
    @Option(name: .customLong("duplicate-to-client"), percentage: "--duplicate, server to client.")
    var duplicate: Probability?
    @Option(name: .customLong("reorder-to-client"), percentage: "--reorder, server to client.")
    var reorder: Probability?
    @Option(name: .customLong("corrupt-to-client"), percentage: "--corrupt, server to client.")
    var corrupt: Probability?
    @Option(name: .customLong("truncate-to-client"), percentage: "--truncate, server to client.")
    var truncate: Probability?
    @Option(name: .customLong("delay-to-client"), time: "--delay, server to client.", in: .zeroUntilAnHour)
    var delay: Interval?
    @Option(name: .customLong("jitter-to-client"), time: "--jitter, server to client.", in: .zeroUntilAnHour)
    var jitter: Interval?
    @Option(
        name: .customLong("reorder-delay-to-client"), time: "--reorder-delay, server to client.", in: .zeroUntilAnHour)
    var reorderDelay: Interval?
}

extension Option where Value == Probability? {
    /// A flag that takes a percentage and may be left out; `usual` describes the default.
    init(name: NameSpecification = .long, percentage help: String, usual: String? = nil) {
        let help = ArgumentHelp.of("percentage", help, usual, takes: "0% to 100%")
        self.init(name: name, parsing: .unconditional, help: help) { text in
            if let probability = Probability(percentage: text) { return probability }
            throw ValidationError("a percentage from 0% to 100% is needed, such as 10% or 0.5%.")
        }
    }
}
