internal import Noise
internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams

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
