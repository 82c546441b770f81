package import ArgumentParser

extension ParsableArguments {
    /// The error of a word such as -host, where the argument parser has found -h in it; nil where help was asked for.
    ///
    /// The parser then returns a command that prints the help and succeeds, so that a script goes on without its program.
    package static func misreading(_ command: any ParsableArguments, of words: [String]) -> ValidationError? {
        guard !(command is Self), !words.contains("-h"),
            let word = words.first(where: { $0.contains("h") && $0.hasPrefix("-") && !$0.hasPrefix("--") })
        else { return nil }
        let nearest = Nearest.name(to: String(word.dropFirst()), among: FlagTable(of: Self.self).names)
        let hint = nearest.map { " Did you mean '--\($0)'?" } ?? ""
        return ValidationError("Unknown option '\(word)'.\(hint)")
    }
}
