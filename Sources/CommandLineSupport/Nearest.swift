package import ArgumentParser

/// The name that a mistyped word probably means.
package enum Nearest {
    /// The nearest of the names; nil where even that one differs in more than two letters.
    package static func name(to word: String, among names: [String]) -> String? {
        let nearest = names.map { (name: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
        return nearest.flatMap { $0.distance <= 2 ? $0.name : nil }
    }

    /// The number of letters to insert, delete or replace between two words (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        var row = Array(0...right.count)
        for (line, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, other) in right.enumerated() {
                let changed = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}

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
