internal import ArgumentParser
internal import CommandLineSupport
internal import Noise
internal import System

/// The impairments of a way; nil where the flag is not given.
struct ImpairmentFlags<Way: ImpairedWay>: SuffixedFlags {
    static var suffix: String { Way.suffix }

    @Option(name: name("loss"), percentage: Way.help("loss", "How many datagrams are lost."))
    var loss: Probability?
    @Option(name: name("duplicate"), percentage: Way.help("duplicate", "How many arrive twice."))
    var duplicate: Probability?
    @Option(
        name: name("reorder"), percentage: Way.help("reorder", "How many are held back, so that others overtake them."))
    var reorder: Probability?
    @Option(name: name("corrupt"), percentage: Way.help("corrupt", "How many have a bit turned over."))
    var corrupt: Probability?
    @Option(name: name("truncate"), percentage: Way.help("truncate", "How many have their end cut off."))
    var truncate: Probability?
    @Option(name: name("delay"), time: Way.help("delay", "How long each takes."), in: .zeroUntilAnHour)
    var delay: Interval?
    @Option(
        name: name("jitter"), time: Way.help("jitter", "How much longer or shorter than the delay."),
        in: .zeroUntilAnHour)
    var jitter: Interval?
    @Option(
        name: name("reorder-delay"), time: Way.help("reorder-delay", "How much longer one takes that is held back."),
        in: .zeroUntilAnHour, usual: suffix.isEmpty ? "\(NoiseSettings().reorderDelay)" : nil)
    var reorderDelay: Interval?

    private static func name(_ impairment: String) -> NameSpecification { .customLong(impairment + suffix) }

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

/// The way of the datagrams that a group of flags impairs.
protocol ImpairedWay {
    /// The end of the flags' names.
    static var suffix: String { get }
    /// The help for a flag, of which the text tells the effect.
    static func help(_ flag: String, _ text: String) -> String
}

/// Both ways, unless the flags of one say otherwise.
enum EachWay: ImpairedWay {
    static let suffix = ""
    static func help(_ flag: String, _ text: String) -> String { text }
}

enum ToServer: ImpairedWay {
    static let suffix = "-to-server"
    static func help(_ flag: String, _ text: String) -> String { "--\(flag), client to server." }
}

enum ToClient: ImpairedWay {
    static let suffix = "-to-client"
    static func help(_ flag: String, _ text: String) -> String { "--\(flag), server to client." }
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
