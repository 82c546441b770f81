internal import ArgumentParser
internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import HTTP
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
        number: "How often each address of the server is sent a datagram at most; the pauses double.", in: .attempts,
        usual: "3, and 1 with --replies")
    var attempts: Int?

    @Flag(help: "Take the text as bytes in hexadecimal, such as \"48 65 6c\", and show the reply as a hex dump.")
    var hex = false

    @Option(help: ReplyCount.help, transform: ReplyCount.read)
    var replies: Int?

    @Flag(
        help: """
            Print a line for each datagram on standard error: time of day (UTC), from, to, bytes, the first of them, what was \
            done, and of a reply the round trip and the attempts.
            """)
    var verbose = false

    @OptionGroup var misplaced: MisplacedHost

    func validate() throws {
        if replies != nil, let attempts, attempts > 1 {
            throw ValidationError("--replies sends once: leave --attempts out.")
        }
        if message == nil {
            throw ValidationError("--hex takes pairs of hexadecimal digits, such as \"48 65 6c\", not \"\(joined)\".")
        }
    }

    func run() throws {
        let addresses = try resolve()
        try Exit.starting {
            try Destinations.check(addresses, many: replies == nil ? "add --replies" : nil)
            try EventLoop.run { loop in
                var conversation = conversation(with: addresses, on: loop)
                if text.isEmpty {
                    try await conversation.exchangeLines()
                } else {
                    try await conversation.exchange(message ?? [])
                }
            }
        }
    }

    private var joined: String { text.joined(separator: " ") }
    /// The bytes to send; nil where they are no hexadecimal digits.
    private var message: [UInt8]? {
        let bytes = Array(joined.utf8)
        return hex ? try? Notation.hex.decode(bytes.span) : bytes
    }

    /// The server's addresses; a command line with a text alone gets a hint.
    private func resolve() throws -> [SocketAddress] {
        try Exit.starting {
            do { return try Resolver.resolve(Endpoint(host: host, port: port)) } catch  where text.isEmpty {
                Console.fatal(
                    "letterbox: \(error). The host comes first: letterbox client 127.0.0.1 \(host)")
                throw Exit.cannotStart
            }
        }
    }

    private func conversation(with addresses: [SocketAddress], on loop: EventLoop) -> Conversation {
        let print: DatagramEvent.Observer = { Console.error("\(WallClock.timeOfDay()) \($0)", waiting: true) }
        let observer = verbose ? print : nil
        let client = DatagramClient(
            servers: addresses, timeout: timeout, attempts: attempts ?? 3, onDatagram: observer)
        let collector = ReplyCollector(servers: addresses, timeout: timeout, onDatagram: observer)
        return Conversation(
            client: client, collector: replies == nil ? nil : collector, count: replies ?? ReplyCount.all, isHex: hex,
            loop: loop)
    }
}

/// The listening commands' flag `--host`, which is an error on commands that send.
struct MisplacedHost: ParsableArguments {
    @Option(help: .hidden, transform: Self.refuse)
    var host: String?

    private static func refuse(_ host: String) throws -> String {
        throw ValidationError("the host is a word of its own, and the first: leave --host out.")
    }
}

/// The flag for the number of replies that a client waits for.
enum ReplyCount {
    /// The number that stands for all replies that come in time.
    static let all = Int.max
    private static let range = 1...10_000

    /// Reads a number or "all".
    static func read(_ text: String) throws -> Int {
        if text == "all" { return all }
        do { return try readNumber(text, in: range) } catch let error as ValidationError {
            throw ValidationError("\(error.message.dropLast()), or all.")
        }
    }

    static let help = ArgumentHelp(
        """
        Take several replies, from any sender, until that many have come or --timeout is over; each with its sender and \
        its time. The datagram is sent once; HOST may be a group or a broadcast address. (\(range.lowerBound) to \
        \(range.upperBound), or all)
        """, valueName: "number")
}
