import Foundation
import Glibc
import Testing

/// A gateway at a path: `--host unix:PATH` and `--admin unix:PATH`.
@Suite struct UnixSocketTests {
    private static func path() -> String { "/tmp/letterbox-\(UUID().uuidString.prefix(8)).sock" }

    private func start(_ arguments: String...) throws -> Program {
        let program = try Program(Binaries.letterbox, ["--server-port", "0"] + arguments)
        _ = try program.errorLine(startingWith: "The gateway is ready: ")
        return program
    }

    /// The output of curl: the response's content, and its status.
    private func curl(_ path: String, _ arguments: String...) throws -> String {
        let words = ["curl", "-sS", "-m", "60", "--unix-socket", path, "-w", " %{http_code}"] + arguments
        return try Program("/usr/bin/env", words).ending().output
    }

    @Test func `a gateway listens at paths, and removes them at the end`() throws {
        let (path, admin) = (Self.path(), Self.path())
        let gateway = try start("--host", "unix:\(path)", "--admin", "unix:\(admin)", "--access-log", "all")
        #expect(
            try gateway.errorLine(startingWith: "The gateway is ready: ").hasPrefix(
                "The gateway is ready: unix:\(path) -> udp:"))
        #expect(try curl(path, "-d", "hello", "http://localhost/") == "HELLO 200")
        #expect(try curl(admin, "http://localhost/readyz") == "ready\n 200")
        #expect(try curl(path, "http://localhost/readyz").hasSuffix(" 404"))
        // A proxy's browser may name the gateway as it likes: no page reaches a path.
        let field = "Origin: http://public.example"
        #expect(try curl(path, "-H", field, "-d", "hello", "http://public.example/") == "HELLO 200")
        let ending = try gateway.ending(after: SIGTERM)
        #expect(ending.status == 0)
        #expect((ending.output + ending.error).contains("POST / 200 client=unix: service=/ "))
        #expect(!FileManager.default.fileExists(atPath: path) && !FileManager.default.fileExists(atPath: admin))
    }

    @Test func `what a killed gateway leaves is replaced, and what another one has is not`() throws {
        let path = Self.path()
        let killed = try start("--host", "unix:\(path)")
        _ = try killed.ending(after: SIGKILL)
        #expect(FileManager.default.fileExists(atPath: path))
        let gateway = try start("--host", "unix:\(path)")
        let second = try Program.letterbox("--server-port", "0", "--host", "unix:\(path)").ending()
        #expect(second.status == 2)
        let sentence = "a program answers there: stop it, or choose another path with --host"
        #expect(second.error == "letterbox: cannot listen at unix:\(path): \(sentence)\n")
        #expect(try curl(path, "-d", "hello", "http://localhost/") == "HELLO 200")
        _ = try gateway.ending(after: SIGTERM)
    }

    @Test(.enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
    func `a left socket that cannot be removed is not said to answer`() throws {
        let script = """
            mount -t tmpfs none /mnt
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/mnt/s")'
            mount -o remount,ro /mnt
            "$1" --host unix:/mnt/s --server-port 0
            """
        let ending = try PrivateHost.start(script, [Binaries.letterbox]).ending()
        #expect(ending.status == 2, "\(ending)")
        #expect(ending.error == "letterbox: cannot listen at unix:/mnt/s: Read-only file system\n")
    }

    @Test(arguments: [
        (["--host", "unix:"], 64, "a path is needed, such as unix:/run/letterbox.sock"),
        (["--admin", "unix:"], 64, "a path is needed, such as unix:/run/letterbox.sock"),
        (
            ["--host", "unix:/" + String(repeating: "a", count: 107)], 64,
            "the path has 108 bytes, and that of a socket has 107 at most"
        ),
        (["--host", "unix:/a", "--port", "80"], 64, "--port has no effect here: a socket at a path has no port"),
        (["--host", "unix:/no/such/folder/s"], 2, "the folder is not there: make it first"),
        (["--host", "unix:/etc/passwd"], 2, "there is a file that is no socket: choose another path, or remove it"),
        (["--host", "unix:/etc"], 2, "there is a file that is no socket"),
    ])
    func `a path that cannot be is told in one line`(arguments: [String], status: Int32, sentence: String) throws {
        let ending = try Program(Binaries.letterbox, ["--server-port", "0"] + arguments).ending()
        #expect(ending.status == status)
        #expect(ending.error.contains(sentence), "\(ending.error)")
    }

    /// A socket of a service manager is another process's, and stays.
    @Test func `an inherited socket at a path is served and left`() throws {
        let path = Self.path()
        let script = """
            import os, socket, sys
            listener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[1]); listener.listen(16)
            os.dup2(listener.fileno(), 3); os.set_inheritable(3, True)
            os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
            os.execv(sys.argv[2], [sys.argv[2], "--server-port", "0"])
            """
        let program = try Program("/usr/bin/env", ["python3", "-c", script, path, Binaries.letterbox])
        let line = try program.errorLine(startingWith: "The gateway is ready: ")
        #expect(line.hasPrefix("The gateway is ready: unix:\(path) -> "))
        #expect(try curl(path, "-d", "hello", "http://localhost/") == "HELLO 200")
        #expect(try program.ending(after: SIGTERM).status == 0)
        #expect(FileManager.default.fileExists(atPath: path))
        unsafe _ = unlink(path)
    }
}
