import Glibc
import System

/// The tutorial's UDPClient.py: it sends a line and prints the reply.
@main struct UDPClient {
    static func main() {
        do { try ask() } catch { fail("\(error)") }
    }

    static func ask() throws {
        let name = CommandLine.arguments.dropFirst().first ?? "127.0.0.1:12000"
        guard let endpoint = Endpoint(name) else { fail("\(name) is no name and port, such as localhost:12000") }
        let servers = try Resolver.resolve(endpoint)
        // As in the tutorial, whose socket is of IPv4; the first address alone would be one of IPv6 on many machines.
        let server = servers.first { !$0.isIPv6 } ?? servers[0]
        let clientSocket = try BlockingDatagramSocket(server.isIPv6 ? .ipv6 : .ipv4)
        Console.output("Input lowercase sentence:")
        let message = readLine() ?? ""
        try clientSocket.send(Array(message.utf8), to: server)
        let (modifiedMessage, _) = try clientSocket.receive(upTo: 2048)
        Console.output("\(String(decoding: modifiedMessage, as: UTF8.self))\n")
    }

    static func fail(_ reason: String) -> Never {
        Console.error("UDPClient: \(reason)", waiting: true)
        exit(1)
    }
}
