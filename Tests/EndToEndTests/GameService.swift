import System

/// A service at "/game" whose options a test chooses, and requests to it.
extension RunningGateway {
    static func game(_ address: SocketAddress, _ options: String, _ flags: [String] = []) throws -> RunningGateway {
        try RunningGateway(
            ["--timeout", "3600s", "--service", "/game \(address) \(options)"] + flags, upstream: UDPPeer().address)
    }

    /// Begins a request whose response is read later.
    func begin(
        accepting type: String = "*/*", path: String = "/game", _ content: String = "who?"
    ) throws -> TCPConnection {
        let connection = try TCPConnection(to: address)
        let length = "Content-Length: \(content.utf8.count)\r\n"
        connection.send("POST \(path) HTTP/1.1\r\nHost: localhost\r\nAccept: \(type)\r\n\(length)\r\n\(content)")
        return connection
    }
}
