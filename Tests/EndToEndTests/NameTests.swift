import Testing

/// Names with several addresses, of which one is good.
@Suite(.enabled(if: PrivateHost.obstacle == nil, Comment(rawValue: PrivateHost.obstacle ?? "")))
struct NameTests {
    /// Runs a command where "twins" stands for a server and for an address at which nothing listens or replies.
    ///
    /// The order of the two is the resolver's, so that each is tried as each.
    private func run(_ command: String, _ good: String, besides bad: String, isSilent: Bool) throws -> Program.Ending {
        let silence = """
            import socket, sys, time
            sock = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((sys.argv[1], 12000))
            print(flush=True)
            time.sleep(3600)
            """
        let script = """
            mount -t tmpfs none /mnt
            printf '\(good) twins\\n\(bad) twins\\n' > /mnt/hosts
            mount --bind /mnt/hosts /etc/hosts
            \(isSilent ? "mkfifo /mnt/told; python3 -c \"$2\" \(bad) > /mnt/told & read line < /mnt/told" : "")
            "$1" server --host \(good) 2> /dev/null &
            until "$1" client \(good) ready --timeout 200ms > /dev/null 2>&1; do :; done
            \(command)
            """
        return try PrivateHost.start(script, [Binaries.letterbox, silence]).ending()
    }

    private static let twins = [
        ("127.0.0.1", "127.0.0.9"), ("127.0.0.9", "127.0.0.1"), ("127.0.0.1", "::1"), ("::1", "127.0.0.1"),
    ]

    @Test(arguments: twins, [true, false])
    func `the client goes on to the address that replies`(pair: (String, String), isSilent: Bool) throws {
        let ending = try run(
            "printf 'one\\ntwo\\n' | \"$1\" client twins --timeout 2s", pair.0, besides: pair.1, isSilent: isSilent)
        #expect(ending == Program.Ending(status: 0, output: "ONE\nTWO\n", error: ""))
    }

    @Test(arguments: twins, [true, false])
    func `several replies come from the address that replies`(pair: (String, String), isSilent: Bool) throws {
        let ending = try run(
            "\"$1\" client twins hello --replies 1 --timeout 2s", pair.0, besides: pair.1, isSilent: isSilent)
        #expect(ending.status == 0 && ending.output.hasSuffix(" ms: HELLO\n") && ending.error.isEmpty, "\(ending)")
    }

    @Test(arguments: twins, [true, false])
    func `ping finds the address that replies`(pair: (String, String), isSilent: Bool) throws {
        let ending = try run(
            "\"$1\" ping twins --count 2 --interval 0s --timeout 500ms", pair.0, besides: pair.1, isSilent: isSilent)
        #expect(ending.status == 0 && ending.output.contains("2 sent, 2 received, 0% loss"), "\(ending)")
    }

    /// With one attempt, the datagram that was refused must have gone on.
    @Test(arguments: twins)
    func `the noise goes on to the address that does not refuse`(pair: (String, String)) throws {
        let command = """
            touch /mnt/noise
            "$1" noise --port 12001 --to twins:12000 2> /mnt/noise &
            until grep -qs ready /mnt/noise; do :; done
            for text in one two; do "$1" client 127.0.0.1 $text --port 12001 --attempts 1 --timeout 20s; done
            """
        let ending = try run(command, pair.0, besides: pair.1, isSilent: false)
        #expect(ending == Program.Ending(status: 0, output: "ONE\nTWO\n", error: ""))
    }
}
