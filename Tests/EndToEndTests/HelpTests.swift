import Testing

/// The program's help, and its answer to an unknown first word.
@Suite struct HelpTests {
    @Test(arguments: [
        ("sever", " Did you mean 'server'?"), ("pong", " Did you mean 'ping'?"), ("clientt", " Did you mean 'client'?"),
        ("gatway", " Did you mean 'gateway'?"), ("hello", ""), ("8080", ""), ("", ""),
    ])
    func anUnknownSubcommandNamesTheNearestAndAll(word: String, hint: String) throws {
        let names = "gateway, server, client, noise, ping, doctor and help"
        for words in [[word], ["help", word]] {
            let ending = try Program(Binaries.letterbox, words).ending()
            #expect(ending.status == 64)
            #expect(ending.output.isEmpty)
            #expect(ending.errorLines.first == "Error: There is no subcommand '\(word)'.\(hint) There are \(names).")
        }
    }

    /// A flag is the gateway's, and what follows a subcommand's name is that one's.
    @Test func everythingElseIsLeftToTheParser() throws {
        let flag = try Program.letterbox("--prot", "1").ending()
        #expect(flag.status == 64 && flag.error.hasPrefix("Error: Unknown option '--prot'. Did you mean '--port'?"))
        let word = try Program.letterbox("server", "sever").ending()
        #expect(word.status == 64 && word.error.hasPrefix("Error: Unexpected argument 'sever'"))
        #expect(try Program.letterbox("help").ending().output.hasPrefix("OVERVIEW: An HTTP door for UDP services."))
    }

    /// The parser finds -h in the word, and would print the help with status 0, so that nothing starts and nothing fails.
    @Test(arguments: [
        (["-host", "127.0.0.1"], " Did you mean '--host'?"),
        (["server", "-host", "127.0.0.1"], " Did you mean '--host'?"),
        (["doctor", "-host", "127.0.0.1"], " Did you mean '--host'?"), (["client", "127.0.0.1", "-hello"], ""),
        (["client", "127.0.0.1", "-shell"], ""), (["ping", "-histogram"], " Did you mean '--histogram'?"),
    ])
    func aWordWithOneHyphenIsNoQuestionForHelp(words: [String], hint: String) throws {
        let ending = try Program(Binaries.letterbox, words).ending()
        #expect(ending.status == 64 && ending.output.isEmpty)
        let word = words.first { $0.hasPrefix("-") } ?? ""
        #expect(ending.errorLines.first.map(String.init) == "Error: Unknown option '\(word)'.\(hint)")
    }

    @Test func soItIsForTheProbe() throws {
        let ending = try Program(Binaries.probe, ["-http", "http://127.0.0.1:9/"]).ending()
        #expect(ending.status == 64 && ending.output.isEmpty)
        #expect(ending.errorLines.first == "Error: Unknown option '-http'. Did you mean '--http'?")
        #expect(try Program(Binaries.probe, ["-h"]).ending().output.hasPrefix("OVERVIEW: "))
        #expect(try Program.letterbox("ping", "-h").ending().output.hasPrefix("OVERVIEW: "))
    }

    /// Whichever place a wrong setting has.
    @Test(arguments: [
        (["doctor", "--bogus"], "doctor [<flags"), (["doctor", "--check"], "doctor [<flags"),
        (["doctor", "--config", "/nope"], "doctor [<flags"), (["--bogus"], "gateway <"),
        (["--config", "/nope"], "gateway <"), (["--port", "1", "--port", "2"], "gateway <"),
        (["gateway", "--min-sockets", "5", "--max-sockets", "1"], "gateway <"), (["--lab-seed", "x"], "gateway <"),
        (["server", "--bogus"], "server ["), (["client", "--attempts", "2", "--replies", "2", "a", "b"], "client ["),
    ])
    func wrongUsageNamesTheCommand(words: [String], usage: String) throws {
        let ending = try Program(Binaries.letterbox, words).ending()
        #expect(ending.status == 64 && ending.error.hasPrefix("Error: "), "\(ending.error)")
        #expect(ending.error.contains("\nUsage: letterbox \(usage)"), "\(ending.error)")
        let name = usage.prefix { $0 != " " }
        #expect(ending.error.hasSuffix("\n  See 'letterbox \(name) --help' for more information.\n"), "\(ending.error)")
    }

    @Test func theFlagsOfEveryDayAreThoseOfTheGateway() throws {
        let short = try Program.letterbox("--help").ending().output
        let long = try Program.letterbox("gateway", "--help").ending().output
        let flags = short.matches(of: /(?m)^  (--[a-z]+) .*? {2,}\w/).map { $0.1 }.filter { $0 != "--version" }
        #expect(flags == ["--port", "--upstream", "--timeout", "--attempts", "--lab"])
        for flag in flags { #expect(long.contains("\n  \(flag)")) }
    }

    @Test func oneNumberStandsForBothPrograms() throws {
        let version = try Program.letterbox("--version").ending().output
        #expect(version.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
        #expect(try Program(Binaries.probe, ["--version"]).ending().output == version)
    }

    @Test func theServersHelpWarnsOfStrangers() throws {
        let help = try Program.letterbox("server", "--help").ending().output.replacing(/\s+/, with: " ")
        #expect(help.contains("listens on all addresses of the machine"))
        #expect(help.contains("three times as long as its datagram"))
    }
}
