internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import System

/// The tutorial's UDP client.
struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Sends text to a UDP server and prints the reply.",
        discussion: "Without TEXT it sends each line of standard input, and at a terminal it asks for one."
    )

    @Argument(host: "The server's name or address.")
    var host = "127.0.0.1"

    @Argument(help: "The text to send, as one datagram.")
    var text: [String] = []

    @Option(port: "The server's UDP port.", in: 1...UInt16.max)
    var port: UInt16 = 12000

    @Option(time: "For a whole exchange, all attempts together.", in: .untilAnHour)
    var timeout = Interval.seconds(1)

    @Option(
        number: "How often each address of the server is sent a datagram at most; the pauses double.", in: .attempts)
    var attempts = 3

    @Flag(
        help: """
            Print a line for each datagram on standard error: time of day (UTC), from, to, bytes, the first of them, what was \
            done, and of a reply the round trip and the attempts.
            """)
    var verbose = false

    func run() throws {
        let addresses = try Exit.starting { try Resolver.resolve(Endpoint(host: host, port: port)) }
        try Exit.starting {
            try EventLoop.run { loop in
                var conversation = Conversation(client: client(for: addresses), loop: loop)
                if text.isEmpty {
                    try await conversation.holdOverInput()
                } else {
                    try await conversation.say(Array(text.joined(separator: " ").utf8))
                }
            }
        }
    }
}

extension ClientCommand {
    private func client(for addresses: [SocketAddress]) -> DatagramClient {
        let print: DatagramEvent.Observer = { Console.error("\(WallClock.timeOfDay()) \($0)", waiting: true) }
        return DatagramClient(
            servers: addresses, timeout: timeout, attempts: attempts, onDatagram: verbose ? print : nil)
    }
}

/// Exchanges with one server, one for each line.
private struct Conversation: ~Copyable {
    private var client: DatagramClient
    private let loop: EventLoop

    init(client: consuming DatagramClient, loop: EventLoop) {
        self.client = client
        self.loop = loop
    }

    /// Sends lines until the end of input; a line without a reply does not end it, but the exit status tells.
    mutating func holdOverInput() async throws {
        var lines = LineReader(on: loop)
        var hasFailed = false
        while true {
            if Console.isInteractive { Output.write(Array("Input lowercase sentence: ".utf8)) }
            guard let line = await lines.next() else { break }
            do { try await say(line) } catch is ExitCode { hasFailed = true }
        }
        if Console.isInteractive { Output.write(Array("\n".utf8)) }
        if hasFailed { throw Exit.failed }
    }

    /// One exchange.
    mutating func say(_ message: [UInt8]) async throws {
        do {
            let reply = try await client.exchange(message, on: loop)
            Output.write(reply.bytes + Array("\n".utf8))
        } catch {
            Console.error("letterbox: \(error)", waiting: true)
            throw Exit.failed
        }
    }
}
