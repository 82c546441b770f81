import ArgumentParser
import Testing

@testable import CommandLineSupport

@Suite struct SettingTests {
    private struct Group: ParsableArguments {
        @Option var port: UInt16 = 80
        @Option(parsing: .unconditional) var probeText: String?
    }

    private struct AnyWay: SuffixedFlags {
        static let suffix = "-any-way"
        @Option(name: .customLong("loss-any-way")) var loss: Int?
    }

    private struct Example: ParsableCommand {
        @OptionGroup var group: Group
        @OptionGroup var anyWay: AnyWay
        @Option var upstream: [String] = []
        @Flag var lab = false
        @Argument var words: [String] = []
    }

    private let table = FlagTable(of: Example.self)

    @Test func theDeclarationsTellNamesAndKinds() {
        #expect(table.names == ["port", "probe-text", "loss-any-way", "upstream", "lab"])
        #expect(table.names.map { table.kind(of: $0) } == [.single, .single, .single, .repeated, .boolean])
        #expect(table.kind(of: "words") == nil)
    }

    @Test func whatWasSetIsTold() throws {
        let command = try Example.parse(["--lab", "--upstream", "a", "--upstream", "b", "--loss-any-way", "5"])
        let lines = FlagTable.lines(of: command).map { "\($0.name) \($0.value ?? "-")" }
        #expect(lines == ["port 80", "loss-any-way 5", "upstream a", "upstream b", "lab -"])
    }

    private static let names = "the names are those of the gateway's flags, without hyphens."

    private func lines(_ text: String) throws -> [String] {
        try Setting.fromFile(text, path: "f", table).map { "\($0.name)=\($0.value ?? "-") \($0.source)" }
    }

    @Test func aFileHasOneSettingInEachLine() throws {
        #expect(try lines("\u{FEFF}port 81\r\n") == ["port=81 file(\"f\", 1)"])
        let text = "# all of it\n\nport 81 # not 80\r\n  upstream\t a b=c  \nlab\nprobe-text a#b"
        #expect(
            try lines(text) == [
                "port=81 file(\"f\", 3)", "upstream=a b=c file(\"f\", 4)", "lab=- file(\"f\", 5)",
                "probe-text=a#b file(\"f\", 6)",
            ])
    }

    @Test(arguments: [
        ("port 80\n--port 81", "f:2: --port: write the name without hyphens here."),
        ("\n\nprot 80", "f:3: prot is no setting: \(names) Did you mean port?"),
        ("tiemoutt 80", "f:1: tiemoutt is no setting: \(names)"),
        ("port=80", "f:1: port: write a space between name and value, and no sign."),
        ("port: 80", "f:1: port: write a space between name and value, and no sign."),
        ("port = 80", "f:1: port: write a space between name and value, and no sign."),
        ("port", "f:1: port needs a value behind it."), ("upstream  # none", "f:1: upstream needs a value behind it."),
        ("lab yes", "f:1: lab: \"yes\" is neither true nor false."),
    ])
    func aLineThatIsNoneIsNamed(text: String, sentence: String) {
        #expect { try lines(text) } throws: { "\($0)" == sentence }
    }

    private func environment(_ variables: [String: String]) throws -> [String] {
        try Setting.fromEnvironment({ variables[$0] }, table).map { "\($0.name)=\($0.value ?? "-") \($0.source)" }
    }

    @Test func variablesStandForFlags() throws {
        let variables = [
            "LETTERBOX_PORT": "81", "LETTERBOX_PROBE_TEXT": "", "LETTERBOX_UPSTREAM": "a:1; b:2",
            "LETTERBOX_LAB": "true",
            "LETTERBOX_OTHER": "x", "PORT": "9",
        ]
        #expect(
            try environment(variables) == [
                "port=81 variable(\"LETTERBOX_PORT\")", "upstream=a:1 variable(\"LETTERBOX_UPSTREAM\")",
                "upstream=b:2 variable(\"LETTERBOX_UPSTREAM\")", "lab=- variable(\"LETTERBOX_LAB\")",
            ])
        #expect { try environment(["LETTERBOX_LAB": "1"]) } throws: {
            "\($0)" == "LETTERBOX_LAB: \"1\" is neither true nor false."
        }
    }

    @Test(arguments: [
        ("LETTERBOX_PORT", nil), ("LETTERBOX_PROBETEXT", "LETTERBOX_PROBE_TEXT"),
        ("LETTERBOX_UPSTREAMS", "LETTERBOX_UPSTREAM"), ("LETTERBOX_PROT", nil), ("LETTERBOX_SERVICE_HOST", nil),
        ("LETTERBOX_PORT_8080_TCP", nil), ("PROBETEXT", nil),
    ])
    func aVariableThatIsNearlyASettingIsRefused(name: String, meant: String?) {
        let sentence = meant.map { "\(name) is no setting. Did you mean \($0)?" }
        var told: String?
        do { try Setting.checkVariables(["HOME", name], table) } catch { told = "\(error)" }
        #expect(told == sentence)
    }

    @Test(arguments: [
        ("a;b", ["a", "b"]), (" a ; b; ", ["a", "b"]), (#""a;b";c"#, ["a;b", "c"]), (#"c ; "a;b" "#, ["c", "a;b"]),
        (#"a "b;c""#, [#"a "b"#, #"c""#]), (";", []),
    ])
    func semicolonsSeparateValues(text: String, values: [String]) throws {
        let settings = try Setting.fromEnvironment({ $0 == "LETTERBOX_UPSTREAM" ? text : nil }, table)
        #expect(settings.map(\.value) == values)
    }

    @Test(arguments: [
        (#""a"#, "LETTERBOX_UPSTREAM: the closing quote is missing."),
        (#""a" b"#, "LETTERBOX_UPSTREAM: a semicolon is needed behind the closing quote."),
    ])
    func wrongQuotesInAVariableAreTold(text: String, sentence: String) {
        #expect { try environment(["LETTERBOX_UPSTREAM": text]) } throws: { "\($0)" == sentence }
    }

    @Test func wordsOfTheCommandLineAreTakenApart() {
        let words = ["--port=81", "--probe-text", "--lab", "--lab", "word", "--none", "--", "--port", "1"]
        let settings = Setting.fromCommandLine(words, table)
        #expect(settings.flatMap(\.words) == words)
        #expect(settings.map(\.name) == ["port", "probe-text", "lab", "", "", "", "", ""])
        #expect(settings[1].value == "--lab")
    }

    @Test func aSecondValueIsRefused() {
        let twice = Setting.fromCommandLine(["--port", "1", "--upstream", "a", "--upstream", "b", "--port=1"], table)
        #expect { try Setting.checkRepetitions(twice, table) } throws: {
            "\($0)" == "--port is there twice: leave one out."
        }
        #expect { try Setting.checkRepetitions(Setting.fromFile("lab\nlab", path: "f", table), table) } throws: {
            "\($0)" == "f:2: lab is there twice, first in line 1: leave one out."
        }
        #expect(throws: SettingsError.self) {
            try Setting.checkRepetitions(Setting.fromFile("lab\nlab false", path: "f", table), table)
        }
    }

    /// Each later place may switch a flag on or off that an earlier one has set.
    @Test(arguments: ["true", "false"], ["lab", "lab true", "lab false", ""])
    func aFlagIsSwitchedInEachPlace(state: String, line: String) throws {
        let file = try Setting.fromFile(line, path: "f", table)
        let variable = try Setting.fromEnvironment({ $0 == "LETTERBOX_LAB" ? state : nil }, table)
        let words = Setting.fromCommandLine(["--lab=\(state)"], table)
        let isOn = state == "true"
        #expect(Setting.merged([file, variable]).flatMap(\.words) == (isOn ? ["--lab"] : []))
        #expect(Setting.merged([file, words]).flatMap(\.words) == (isOn ? ["--lab"] : []))
        #expect(Setting.merged([file]).isEmpty == (line.isEmpty || line == "lab false"))
        // Of other words after the sign the argument parser says that they are wrong.
        #expect(Setting.fromCommandLine(["--lab=x"], table).flatMap(\.words) == ["--lab=x"])
    }

    @Test func aLaterLayerTakesThePlaceOfAnEarlierOne() throws {
        let file = try Setting.fromFile("port 1\nupstream a\nupstream b\nlab", path: "f", table)
        let line = Setting.fromCommandLine(["--upstream", "c", "--port", "2"], table)
        #expect(Setting.merged([file, line]).flatMap(\.words) == ["--lab", "--upstream", "c", "--port", "2"])
    }
}
