import Glibc
import Testing

/// Programs for which the kernel refuses a system call (seccomp(2)).
@Suite(.enabled(if: Binaries.has("python3"), "python3 is not installed")) struct FailingCallTests {
    /// Runs the program of its further words, for which a call with these second and third arguments fails (EIO).
    private static let launcher = """
        import ctypes, os, platform, struct, sys
        numbers = {"x86_64": {"setsockopt": 54, "getdents64": 217, "accept4": 288},
            "aarch64": {"setsockopt": 208, "getdents64": 61, "accept4": 242}}
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
}
