import Glibc
import Testing

extension NamespaceTests {
    /// Replies that a router finds too long for the client's link: it reports each to the server, which sends it again.
    @Suite(.enabled(if: Binaries.has("python3"), "python3 is not installed")) struct RepeatedReplyTests {
        private static let server = "2001:db8:1::2"

        /// Hosts with a router whose link to the client takes packets of 1,400 bytes, and a server behind it.
        private func start() throws -> (hosts: Namespaces, server: Program) {
            let hosts = try Namespaces()
            try hosts.forward()
            try hosts.narrow(.client, to: 1400)
            return (hosts, try hosts.startLetterbox(.one, ["server", "--host", "::", "--verbose"]))
        }

        /// The server has sent other replies to the same address and port before, which arrived.
        @Test func `the reply that the router has dropped is the one that is sent again`() throws {
            let (hosts, server) = try start()
            let script = """
                import socket
                client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                client.settimeout(20)
                client.connect(("\(Self.server)", 12000))
                for letter, count in [(b"a", 1300), (b"b", 1300), (b"c", 1380)]:
                    client.send(letter * count)
                    reply = client.recv(65536)
                    print(chr(reply[0]), len(reply))
                """
            let ending = try hosts.start(.client, ["python3", "-c", script]).ending()
            #expect(ending == Program.Ending(status: 0, output: "A 1300\nB 1300\nC 1380\n", error: ""))
            let line = ", 1380 bytes \"\(String(repeating: "C", count: 32))\"...: sent again in fragments\n"
            #expect(try server.output(containing: line).contains("\(Self.server)]:12000 -> [2001:db8:2::2]:"))
        }

        /// The server receives all requests at once; some replies have reports, and the short ones arrive.
        @Test(arguments: [[1380, 1380, 1380], [1380, 5], [1380, 5, 1380, 5], [Int](repeating: 1380, count: 64)])
        func `every reply of a batch that the router has dropped is sent again`(lengths: [Int]) throws {
            let (hosts, server) = try start()
            let script = """
                import socket
                lengths = \(lengths)
                clients = [socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) for length in lengths]
                for client, length in zip(clients, lengths):
                    client.settimeout(20)
                    client.connect(("\(Self.server)", 12000))
                    client.send(b"x" * length)
                print("sent", flush=True)
                print([len(client.recv(65536)) for client in clients])
                """
            try server.suspend()
            let clients = try hosts.start(.client, ["python3", "-c", script])
            try clients.output(containing: "sent\n")
            server.signal(SIGCONT)
            #expect(try clients.ending() == Program.Ending(status: 0, output: "sent\n\(lengths)\n", error: ""))
        }
    }
}
