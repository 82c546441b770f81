import Glibc
import System

/// The tutorial's UDPServer.py: it answers each line with the line in capitals.
@main struct UDPServer {
    static func main() {
        do { try serve() } catch { fail("\(error)") }
    }

    static func serve() throws {
        let name = CommandLine.arguments.dropFirst().first ?? "0.0.0.0:12000"
        guard let endpoint = Endpoint(name), let address = SocketAddress(endpoint.host, port: endpoint.port) else {
            fail("\(name) is no address and port, such as 0.0.0.0:12000")
        }
        let serverSocket = try BlockingDatagramSocket(address.isIPv6 ? .ipv6 : .ipv4)
        try serverSocket.bind(to: address)
        Console.output("The server is ready to receive at \(try serverSocket.localAddress())\n")
        while true {
            let (message, clientAddress) = try serverSocket.receive(upTo: 2048)
            let modifiedMessage = String(decoding: message, as: UTF8.self).uppercased()
            // One client that cannot be answered is not the end of the server.
            try? serverSocket.send(Array(modifiedMessage.utf8), to: clientAddress)
        }
    }

    static func fail(_ reason: String) -> Never {
        Console.error("UDPServer: \(reason)", waiting: true)
        exit(1)
    }
}
