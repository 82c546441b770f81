import Foundation
import System
import TestSupport
import Testing

/// The tutorial's two programs in Python 3, as docs/tutorial.md has them.
enum Tutorial {
    /// UDPClient.py, which asks a server of the test.
    static func client(asking server: SocketAddress) throws -> String {
        try replacing(
            [
                "serverName = 'localhost'": "serverName = '\(server.host)'",
                "serverPort = 12000": "serverPort = \(server.port)",
            ], in: program("clientSocket"))
    }

    /// Starts UDPServer.py at a port of the system's choice.
    static func startServer() throws -> (program: Program, address: SocketAddress) {
        let ready = "print('The server is ready to receive')"
        let source = try replacing(
            ["serverPort = 12000": "serverPort = 0", ready: "print(serverSocket.getsockname()[1], flush=True)"],
            in: program("serverSocket"))
        let program = try Program("python3", ["-c", source])
        let port = try #require(UInt16(program.output(containing: "\n").dropLast()))
        return (program, try #require(SocketAddress("127.0.0.1", port: port)))
    }

    /// The page's one Python program that makes this socket.
    private static func program(_ socket: String) throws -> String {
        let page = try String(contentsOf: Repository.root.appending(path: "docs/tutorial.md"), encoding: .utf8)
        let programs = page.matches(of: /(?s)```python\n(.*?)```/).map { String($0.1) }
        return try #require(programs.first { $0.contains("\(socket) = socket(") && $0.contains("import") })
    }

    private static func replacing(_ lines: [String: String], in program: String) throws -> String {
        try lines.reduce(program) { text, line in
            try #require(text.contains("\(line.key)\n"), "\(line.key) is a line of the program")
            return text.replacingOccurrences(of: "\(line.key)\n", with: "\(line.value)\n")
        }
    }
}
