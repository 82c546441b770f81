import Foundation
import TestSupport
import Testing

/// The README's commands, run in its order as they stand, with the ports that it names, on a host of their own.
@Suite struct ReadmeTests {
    static func read(_ path: String) throws -> String {
        try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
    }

    private static let services = ["/usr/sbin/dnsmasq", "/usr/bin/coap-server-notls"]

    /// The blocks that can run here; those of other people's services only where both are installed.
    private static func steps() throws -> [ReadmeStep] {
        let hasServices = services.allSatisfy(FileManager.default.isExecutableFile)
        return try ReadmeStep.all(in: read("README.md")).filter {
            hasServices || $0.section != "In front of your own service"
        }
    }

    @Test(.enabled(if: PrivateHost.obstacle == nil && Binaries.has("curl") && Binaries.has("bash")))
    func everyCommandDoesWhatThePageSays() throws {
        let folder = try ReadmeFolder()
        let steps = try Self.steps()
        try #require(steps.count >= 6)
        let ending = try PrivateHost.start(folder.script(for: steps), [folder.path]).ending()
        #expect(ending.status == 0, "\(ending)")
        let outputs = ending.output.components(separatedBy: ReadmeFolder.mark).dropFirst()
        let asked = steps.filter { !$0.isServer }
        try #require(outputs.count == asked.count)
        for (step, output) in zip(asked, outputs) {
            #expect(try step.isShown(output), "\(step.commands)\(output)")
        }
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/.local/bin/letterbox"), "it was removed")
    }

    /// The comparison does not take one output for another.
    @Test(arguments: [
        ("HELLO", "HELLO", true), ("HELLO", "HELLO\n", true), ("HELLO", "hello", false), ("HELLO", "HELLO!", false),
        (#"{"at":0.057,…}"#, #"{"at":12.5,"bytes":5}"#, true), (#"{"attempts":2}"#, #"{"attempts":3}"#, false),
        ("Nov 29 04:07:35", "Jan 01 23:59:59", true), ("Nov 29 04:07:35", "", false), (nil, "whatever", true),
    ])
    func comparison(shown: String?, output: String, isSame: Bool) throws {
        let step = ReadmeStep(section: "", isServer: false, commands: "", shown: shown)
        #expect(try step.isShown(output) == isSame)
    }

    @Test func itIsShort() throws {
        #expect(try Self.read("README.md").split(separator: "\n", omittingEmptySubsequences: false).count <= 121)
        for name in ["docs/page.png", "docs/dice.png"] {
            let picture = try FileManager.default.attributesOfItem(atPath: Repository.root.appending(path: name).path)
            #expect(try #require(picture[.size] as? Int) < 150_000)
        }
    }

    /// Its figures for speed and for wrong replies are those of the last measurement.
    @Test func itsFiguresAreThoseOfTheDocuments() throws {
        let text = try Self.read("README.md").replacing("\n", with: " ")
        let performance = try Self.read("docs/performance.md")
        for (row, words) in [
            ("beside Node", "% times as many requests as the same gateway in Node"),
            ("beside Go", "% times as many as in Go"),
            ("beside Hummingbird", "% times as many as on SwiftNIO"),
        ] {
            let ratio = try #require(Double(Self.cell(2, of: "throughput \(row)", in: performance)))
            #expect(text.contains(words.replacing("%", with: String(format: "%.1f", ratio))), "\(row): \(ratio)")
        }
        let bare = try Self.cell(2, of: "throughput beside bare C with the ring", in: performance)
        #expect(text.contains("\(bare) times as many as bare C"))
        let chaos = try Self.read("docs/chaos.md")
        #expect(try Self.cell(5, of: "doubled and delayed replies", in: chaos) == "0")
        let wrong = try #require(Int(Self.cell(5, of: "the same over a plain pool", in: chaos)))
        #expect(text.contains("\(wrong.formatted(.number.locale(Locale(identifier: "en_US")))) of 500,000"))
    }

    /// A cell of the row of a Markdown table that begins with these words.
    private static func cell(_ number: Int, of row: String, in page: String) throws -> String {
        let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("| \(row) |") }, "\(row)")
        return line.split(separator: "|")[number].trimmingCharacters(in: .whitespaces)
    }
}

/// A block of commands in the README, and the output that is shown below it.
struct ReadmeStep {
    /// The heading above it.
    let section: String
    /// Whether it runs on; such a block is marked `sh server`.
    let isServer: Bool
    let commands: String
    let shown: String?

    static func all(in page: String) -> [ReadmeStep] {
        let blocks = page.matches(of: /(?s)```sh( server)?\n(.*?)```\n(?:\n```text\n(.*?)```\n)?/)
        return blocks.map { block in
            let heading = page[..<block.range.lowerBound].matches(of: /(?m)^## (.*)$/).last
            return ReadmeStep(
                section: heading.map { String($0.1) } ?? "", isServer: block.1 != nil, commands: String(block.2),
                shown: block.3.map(String.init))
        }
    }

    /// Where a server listens: the ports that it is given, or else the gateway's own.
    var ports: [Int] {
        let named = commands.matches(of: /(?:--port[= ]|-p )(\d+)/).compactMap { Int($0.1) }
        return named.isEmpty ? [8080] : named
    }

    /// Whether an output is the one that the page shows; times differ, and an ellipsis stands for anything.
    func isShown(_ output: String) throws -> Bool {
        guard let shown = shown?.trimmingCharacters(in: .newlines) else { return true }
        let pattern = NSRegularExpression.escapedPattern(for: shown)
            .replacing(/[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d/, with: "[A-Z][a-z]{2} \\d\\d \\d\\d:\\d\\d:\\d\\d")
            .replacing(/\d+\\\.\d+/, with: "[0-9.]+").replacing("…", with: ".*")
        return try Regex(pattern).wholeMatch(in: output.trimmingCharacters(in: .newlines)) != nil
    }
}

/// A folder that looks like one in which scripts/run has built the program; it is the home of who runs the commands, too.
final class ReadmeFolder {
    /// The line that the script writes before the output of each block.
    static let mark = "==== output\n"
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "letterbox-readme-\(UUID().uuidString)")
        path = folder.path
        for name in [".build/release", "scripts"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(
            atPath: "\(path)/.build/release/letterbox", withDestinationPath: Binaries.letterbox)
        try write("#!/bin/sh\nexec .build/release/letterbox \"$@\"\n", to: "scripts/run")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(path)/scripts/run")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
    }

    /// A script that runs the blocks; a server takes the place of one before it that began with the same word.
    func script(for steps: [ReadmeStep]) throws -> String {
        var lines = ["cd \"$1\"; export HOME=\"$1\""]
        var servers: [Substring: Int] = [:]
        for (number, step) in steps.enumerated() {
            try write(step.commands, to: "\(number).sh")
            guard step.isServer else {
                lines.append(
                    "printf '\(Self.mark.replacing("\n", with: "\\n"))'; bash -e \(number).sh 2> \(number).err")
                continue
            }
            let word = step.commands.prefix { $0 != " " && $0 != "\n" }
            if let former = servers.updateValue(number, forKey: word) {
                lines.append("kill -- -$pid\(former); wait $pid\(former) || true")
                // The shell is gone at once; the server listens until what has arrived is finished.
                lines += steps[former].ports.map { "while \(Self.hasSocket(at: $0)); do sleep 0.05; done" }
            }
            lines.append("setsid bash \(number).sh > \(number).log 2>&1 & pid\(number)=$!")
            lines += step.ports.map { "until \(Self.hasSocket(at: $0)); do sleep 0.05; done" }
        }
        return lines.joined(separator: "\n")
    }

    /// A command that succeeds while something listens at a port, or receives there; proc(5): 0A is a TCP socket that
    /// listens, 07 a UDP socket without a peer.
    private static func hasSocket(at port: Int) -> String {
        "cat /proc/net/tcp /proc/net/udp | grep -q '\(String(format: ":%04X 00000000:0000 0[7A]", port))'"
    }
}
