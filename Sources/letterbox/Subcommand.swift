/// Errors in a first word that should name a subcommand.
///
/// The argument parser takes the word for an argument of the default subcommand, and calls it unexpected.
enum Subcommand {
    /// A sentence with the nearest of the names and all of them; nil for a name and for a flag.
    static func problem(with word: String, among names: [String]) -> String? {
        guard !word.hasPrefix("-"), word != "help", !names.contains(word) else { return nil }
        let nearest = names.map { (name: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
        let hint = nearest.flatMap { $0.distance <= 2 ? " Did you mean '\($0.name)'?" : nil } ?? ""
        return "There is no subcommand '\(word)'.\(hint) There are \(names.joined(separator: ", ")) and help."
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
