import Foundation
import Glibc
import Testing

/// Programs for which the kernel refuses a system call (seccomp(2)).
@Suite(.enabled(if: Binaries.has("python3"), "python3 is not installed")) struct FailingCallTests {
    /// Runs the program of its further words, for which a call with these second and third arguments fails (EIO).
    private static let launcher = """
        import ctypes, os, platform, struct, sys
        numbers = {
            "x86_64": {"setsockopt": 54, "getdents64": 217, "epoll_ctl": 233, "accept4": 288, "signalfd4": 289},
            "aarch64": {"setsockopt": 208, "getdents64": 61, "epoll_ctl": 21, "accept4": 242, "signalfd4": 74},
        }
        name, *words = sys.argv[1].split()
        # struct seccomp_data: the call's number, and the arguments from byte 16 on.
        conditions = [(0, numbers[platform.machine()][name])]
        conditions += [(24 + 8 * index, int(word)) for index, word in enumerate(words)]
        code = b""
        for index, (place, value) in enumerate(conditions):
            rest = 2 * (len(conditions) - index) - 1
            code += struct.pack("HBBI", 0x20, 0, 0, place) + struct.pack("HBBI", 0x15, 0, rest, value)
        code += struct.pack("HBBI", 6, 0, 0, 0x00050005) + struct.pack("HBBI", 6, 0, 0, 0x7fff0000)
        buffer = ctypes.create_string_buffer(code)
        program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        # PR_SET_NO_NEW_PRIVS; PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        if prctl(38, 1, 0, 0, 0) or prctl(22, 2, program): sys.exit("there is no seccomp")
        os.execv(sys.argv[2], sys.argv[2:])
        """

    private func run(without call: String, _ arguments: String...) throws -> Program.Ending {
        try run(without: call, arguments)
    }

    private func run(without call: String, _ arguments: [String]) throws -> Program.Ending {
        try Program("python3", ["-c", Self.launcher, call, Binaries.letterbox] + arguments).ending()
    }

    /// It does not stay, ready and deaf (IPPROTO_IPV6, IPV6_RECVERR).
    @Test func `a server that cannot serve ends`() throws {
        let ending = try run(without: "setsockopt 41 25", "server", "--host", "::1", "--port", "0")
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.errorLines.last == "letterbox: cannot configure: Input/output error", "\(ending)")
    }

    /// It stays in the kernel's queue, and the gateway ends all the same.
    @Test func `a connection that cannot be accepted`() throws {
        let gateway = try RunningGateway(
            Program(
                "python3", ["-c", Self.launcher, "accept4", Binaries.letterbox, "--port", "0", "--server-port", "0"]))
        let caller = try TCPConnection(to: gateway.address)
        _ = try gateway.program.errorLine(containing: "cannot accept \(gateway.address): Input/output error")
        #expect(try gateway.program.ending(after: SIGTERM).status == 0)
        _ = caller
    }

    /// A folder whose names cannot be read is not an empty one (readdir(3)).
    @Test func `a folder that cannot be read is no page`() throws {
        let ending = try run(without: "getdents64", "--port", "0", "--server-port", "0", "--public", "/")
        #expect(ending.status == 2, "\(ending)")
        #expect(ending.error.hasPrefix("letterbox: cannot read /: Input/output error"), "\(ending)")
    }

    /// They do not stay, ready and deaf, where their socket cannot be watched (EPOLL_CTL_ADD).
    @Test(arguments: [
        ("The noise is ready: udp://", ["noise", "--port", "0"]),
        ("(the lab, seed 1)", ["--port", "0", "--server-port", "0", "--lab", "--lab-seed", "1"]),
    ])
    func `a noise and a lab that cannot serve end`(ready: String, arguments: [String]) throws {
        // The descriptors have the same numbers in each run.
        let trial = try Program(Binaries.letterbox, arguments)
        let line = try trial.errorLine(containing: ready)
        let port = try #require(line.firstMatch(of: /udp:\/\/127.0.0.1:(\d+)/)?.1)
        let number = try descriptor(ofUDPPort: try #require(Int(port)), in: trial)
        #expect(try trial.ending(after: SIGTERM).status == 0)
        let ending = try run(without: "epoll_ctl 1 \(number)", arguments)
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.errorLines.last == "letterbox: cannot watch: Input/output error", "\(ending)")
    }

    /// The number of a program's socket (proc(5): /proc/[pid]/net/udp has the inode in its tenth column).
    private func descriptor(ofUDPPort port: Int, in program: Program) throws -> String {
        let folder = "/proc/\(program.pid)"
        let sockets = try String(contentsOfFile: "\(folder)/net/udp", encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: " ")
        }
        let place = ":" + (String(repeating: "0", count: 4) + String(port, radix: 16, uppercase: true)).suffix(4)
        let inode = try #require(sockets.first { $0[1].hasSuffix(place) }?[9])
        return try #require(
            FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd").first {
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/fd/\($0)")
                return target == "socket:[\(inode)]"
            })
    }

    /// Its signals are blocked by then, so that it could not be ended.
    @Test func `a ping that cannot read signals does not start`() throws {
        let ending = try run(without: "signalfd4", "ping", "127.0.0.1", "--port", "9", "--count", "1")
        #expect(ending.status == 2, "\(ending)")
        #expect(ending.error == "letterbox: cannot watch: Input/output error\n" && ending.output.isEmpty, "\(ending)")
    }

    /// It does not end as at the end of its input (EPOLL_CTL_ADD of standard input).
    @Test func `a client that cannot watch its terminal says so`() throws {
        let (person, line) = openTerminal()
        defer { for end in [person, line] { close(end) } }
        let words = ["TERM=xterm", "python3", "-c", Self.launcher, "epoll_ctl 1 0", try Binaries.letterbox, "client"]
        let ending = try Program("env", words, input: .descriptor(line)).ending()
        #expect(ending.status == 2, "\(ending)")
        #expect(ending.error == "letterbox: cannot watch: Input/output error\n", "\(ending)")
    }
}
