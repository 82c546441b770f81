import Foundation
import TestSupport
import Testing

/// The log as its flags have it.
@Suite struct LogFormatTests {
    private func objects(_ ending: Program.Ending) throws -> [[String: Any]] {
        try ending.errorLines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }

    private func start(_ arguments: [String]) throws -> Program {
        try Program(Binaries.letterbox, ["gateway", "--port", "0", "--server-port", "0"] + arguments)
    }

    @Test func `with json each line is an object, from the first to the last`() throws {
        let program = try start(["--log-format", "json", "--admin", "127.0.0.1:0"])
        _ = try program.errorLine(startingWith: "{\"time\":\"2")
        _ = try program.error(containing: "The gateway is ready")
        let lines = try objects(program.ending(after: SIGTERM))
        #expect(lines.count >= 2)
        for line in lines {
            for name in ["time", "level", "logger", "message"] { #expect(line[name] is String, "\(name)") }
            #expect(try (line["time"] as? String)?.wholeMatch(of: Regex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}Z")) != nil)
        }
    }

    /// The line that fills the disk is finished once there is room again, and a notice counts those that are missing.
    @Test(.enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
    func `a disk that is full for a while breaks no line`() throws {
        let asker = #"""
            import os, re, urllib.request
            get = lambda path: urllib.request.urlopen("http://127.0.0.1:8080" + path).read().decode()
            dropped = lambda: int(re.search(r"\nletterbox_access_log_dropped_total (\d+)", get("/metrics"))[1])
            while dropped() == 0: get("/healthz?" + "x" * 200)
            os.remove("/mnt/ballast")
            for number in range(3): get("/services")
            """#
        let script = """
            mount -t tmpfs -o size=64k none /mnt
            head -c 57344 /dev/zero > /mnt/ballast
            "$1" --port 8080 --access-log all --log-format json 2> /mnt/log & gateway=$!
            until grep -qs 'The gateway is ready' /mnt/log; do sleep 0.05; done
            python3 -c "$2"
            kill $gateway; wait $gateway; cat /mnt/log >&2
            """
        let ending = try PrivateHost.start(script, [Binaries.letterbox, asker]).ending()
        let lines = try objects(ending)
        let told = lines.filter { ($0["message"] as? String)?.contains("dropped here") == true }
        #expect(ending.status == 0 && told.count == 1, "\(ending)")
        #expect(lines.count { $0["path"] as? String == "/services" } == 3, "\(ending)")
    }

    @Test func `a failed start is an object, too`() throws {
        let ending = try Program(
            Binaries.letterbox, ["gateway", "--host", "192.0.2.1", "--log-format", "json"]
        ).ending()
        let lines = try objects(ending)
        #expect(ending.status == 2 && lines.last?["level"] as? String == "error")
    }

    /// A start that fails has said something before that matters less.
    @Test(arguments: [("notice", 2), ("warning", 1), ("error", 1), ("critical", 1)])
    func `lines below the level are left out`(level: String, count: Int) throws {
        let folder = Repository.root.appending(path: "public").path
        let ending = try start(["--host", "192.0.2.1", "--public", folder, "--log-level", level]).ending()
        #expect(ending.status == 2 && ending.errorLines.count == count, "\(ending)")
    }

    /// Each command line that starts nothing with the reason.
    @Test(arguments: [
        (["--check", "--token-file", "/no/such/token"], "/no/such/token"),
        (["--check", "--upstream", "no-such-name.invalid:7"], "no-such-name.invalid"),
        (["--service", "/index.html 127.0.0.1:7"], "the page has a file at this path"),
    ])
    func `no level leaves out the reason for an end`(arguments: [String], reason: String) throws {
        let flags = ["gateway", "--port", "0", "--log-level", "critical"] + arguments
        let ending = try Program(Binaries.letterbox, flags).ending()
        #expect(ending.status == 64 && ending.errorLines.count == 1 && ending.error.contains(reason), "\(ending)")
    }

    @Test(arguments: [("--log-format", "xml"), ("--log-level", "loud")])
    func `other words are refused`(flag: String, word: String) throws {
        let ending = try start([flag, word]).ending()
        #expect(ending.status == 64 && ending.error.contains(word))
    }

    /// The variable names the stream; another stream, or the same text for another, is none of journald's.
    @Test func `only journald gets priorities`() throws {
        let command = "exec \"$1\" gateway --port 0 --server-port 0"
        let journal = "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) \(command)"
        let program = try Program("sh", ["-c", journal, "sh", Binaries.letterbox])
        _ = try program.errorLine(startingWith: "<5>The gateway is ready: ")
        _ = program
        let other = "JOURNAL_STREAM=1:1 \(command)"
        _ = try Program("sh", ["-c", other, "sh", Binaries.letterbox]).errorLine(startingWith: "The gateway is ready: ")
    }
}
