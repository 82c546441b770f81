import Testing

/// The range of each flag in its help: the flag takes both ends, and nothing beyond.
@Suite struct RangeTests {
    /// A flag whose help ends with what it takes.
    private struct Flag {
        let name, first, last: String

        init(name: Substring, range: Substring) {
            let ends = range.split(separator: " to ")
            (self.name, first, last) = (String(name), String(ends[0]), String(ends[1]))
        }

        /// The values just before the first one and just after the last one.
        var beyond: [String] { [first, last].enumerated().map { Self.moved($1, by: $0 == 0 ? -1 : 1) } }

        /// The number in front of a unit, one more or less; a time of nothing has none before it.
        private static func moved(_ end: String, by step: Int) -> String {
            let digits = end.prefix(while: \.isNumber)
            return "\((Int(digits) ?? 0) + step)\(end.dropFirst(digits.count))"
        }
    }

    /// The flags of a command that its help gives a range.
    private func flags(of command: String) throws -> [Flag] {
        let help = try Program.letterbox(command, "--help").ending().output.replacing(/\s+/, with: " ")
        return help.matches(of: /(--[a-z-]+) <[a-z:]+> ((?!--[a-z-]+ <)[^(]|\((?!\S+ to \S+))*\((\S+ to \S+?)[;)]/)
            .map { Flag(name: $0.1, range: $0.3) }
    }

    /// Each command with how many such flags it has, and what keeps it from starting when all is well with them.
    private static let commands = [
        ("gateway", 35, ["--probe-text", "a", "--public", "/no/such/folder", "--admin", "127.0.0.1:0"]),
        ("server", 2, ["--host", "no-such-name.invalid"]),
        ("client", 3, ["no-such-name.invalid", "a"]), ("noise", 28, ["--to", "no-such-name.invalid:1"]),
        ("ping", 5, ["no-such-name.invalid"]),
    ]

    @Test(arguments: commands)
    func nothingBeyondARangeIsTaken(command: String, count: Int, obstacle: [String]) throws {
        let flags = try flags(of: command)
        #expect(flags.count >= count, "\(flags.map(\.name))")
        for flag in flags {
            for value in flag.beyond {
                let ending = try Program(Binaries.letterbox, [command, flag.name, value]).ending()
                #expect(ending.status == 64, "\(flag.name) \(value)")
                #expect(ending.error.hasPrefix("Error: The value '\(value)' is invalid for '\(flag.name) <"))
            }
        }
    }

    @Test(arguments: commands)
    func bothEndsOfARangeAreTaken(command: String, count: Int, obstacle: [String]) throws {
        let flags = try flags(of: command)
        for ends in [flags.map { [$0.name, $0.first] }, flags.map { [$0.name, $0.last] }] {
            let ending = try Program(Binaries.letterbox, [command] + ends.flatMap(\.self) + obstacle).ending()
            #expect(ending.status == 2, "\(ending.error)")
            #expect(ending.error.hasPrefix("letterbox: cannot re"), "\(ending.error)")
        }
    }
}
