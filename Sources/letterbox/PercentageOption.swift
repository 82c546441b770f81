internal import Noise
internal import ArgumentParser
internal import Datagrams

extension Option where Value == Probability? {
    /// A flag that takes a percentage and has no default.
    init(name: NameSpecification = .long, percentage help: String) {
        self.init(name: name, parsing: .unconditional, help: ArgumentHelp(help, valueName: "percentage")) { text in
            if let probability = Probability(percentage: text) { return probability }
            throw ValidationError("a percentage from 0% to 100% is needed, such as 10% or 0.5%.")
        }
    }
}
