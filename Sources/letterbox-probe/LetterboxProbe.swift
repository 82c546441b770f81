internal import ArgumentParser
internal import CommandLineSupport
internal import EventLoop
internal import System

/// Sends the same sentences over HTTP and over UDP, and compares the replies.
@main
struct LetterboxProbe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "letterbox-probe",
        abstract: "Checks that a gateway and its UDP service give the same replies.",
        discussion: """
            Posts a set of sentences through libcurl, sends the same straight over UDP, compares the two and prints a \
            table. Times are in microseconds, from the request to the whole reply; making the TCP connection is not \
            in them.

            Exit status: 0 HTTP and UDP agree, 1 they differ or one of them fails, 2 the probe cannot start, 64 \
            wrong usage.
            """,
        version: Version.current
    )

    static func main() {
        Preparation.prepare()
        let words = Array(CommandLine.arguments.dropFirst())
        if let command = try? parseAsRoot(words), let error = misreading(command, of: words) { exit(withError: error) }
        answer(words)
    }

    @Option(help: ArgumentHelp("The gateway, or the path of a service: sentences are posted here.", valueName: "url"))
    var http = "http://127.0.0.1:8080/"

    @Option(endpoint: "The UDP service: sentences are sent here.")
    var udp = Endpoint(host: "127.0.0.1", port: 12000)

    @Option(
        time: "For one exchange over HTTP or UDP; over UDP for all three attempts together.", in: .untilAnHour)
    var timeout = Interval.seconds(2)

    @Option(number: "How often each sentence is sent; the table has the median times.", in: 1...100_000)
    var count = 1

    @Option(
        help: ArgumentHelp(
            "A file with the gateway's token, which each request carries (Authorization: Bearer).", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    func validate() throws {
        guard udp.port != 0 else { throw ValidationError("--udp \(udp) has no port to send to.") }
        guard ["http://", "https://"].contains(where: { http.lowercased().hasPrefix($0) }) else {
            throw ValidationError("--http \(http) is no URL that begins with http:// or https://.")
        }
    }

    func run() throws {
        try Exit.starting {
            let token = try tokenFile.map { try TokenFile(path: $0).read() }
            let addresses = try Resolver.resolve(udp)
            try Destinations.check(addresses, many: "give that of one")
            try EventLoop.run { loop in
                let gateway = HTTPTarget(url: http, token: token, timeout: timeout)
                var service = UDPTarget(addresses: addresses, timeout: timeout)
                var table = Table()
                for sentence in Sentence.all {
                    var row = Row(name: sentence.name, sent: sentence.bytes.count)
                    for _ in 0..<count where row.trouble == nil {
                        let reply = gateway.send(sentence.bytes)
                        row.take(http: reply, udp: await service.send(sentence.bytes, on: loop))
                    }
                    table.append(row)
                }
                Output.write(Array(table.text.utf8))
                if table.hasFailed { throw Exit.failed }
            }
        }
    }
}
