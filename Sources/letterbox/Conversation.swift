internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import HTTP
internal import System

/// Exchanges with one server, one for each line.
struct Conversation: ~Copyable {
    var client: DatagramClient
    /// The collector, where several replies are wanted.
    let collector: ReplyCollector?
    /// The number of replies to collect.
    let count: Int
    let isHex: Bool
    let loop: EventLoop

    private static let prompt = "Input lowercase sentence: "

    /// Sends lines until the end of input; a line without a reply does not end it, but changes the exit status.
    mutating func exchangeLines() async throws {
        var hasFailed = false
        // Two digits and a space for each byte.
        let limit = DatagramSocket.maximumPayload * (isHex ? 3 : 1)
        let terminal = Terminal()
        if let terminal, terminal.movesCursor {
            var lines = try TerminalReader(terminal, prompt: Self.prompt, limit: limit, on: loop)
            while let line = try await lines.next() { hasFailed = await !answers(line) || hasFailed }
        } else {
            var lines = try LineReader(limit: limit, on: loop)
            while true {
                try terminal?.write(Self.prompt)
                guard let line = try await lines.next() else { break }
                switch line {
                case .whole(let bytes): hasFailed = await !answers(bytes) || hasFailed
                case .tooLong:
                    report("a line is longer than \(limit) bytes, which is more than fits in one datagram: left out")
                    hasFailed = true
                }
            }
            try terminal?.write("\n")
        }
        if hasFailed { throw Exit.failed }
    }

    /// Whether the line got its replies.
    private mutating func answers(_ line: [UInt8]) async -> Bool {
        guard let message = isHex ? try? Notation.hex.decode(line.span) : line else {
            report("\"\(String(showing: line))\" is not bytes in hexadecimal, such as 48 65 6c: left out")
            return false
        }
        do { try await exchange(message) } catch { return false }
        return true
    }

    mutating func exchange(_ message: [UInt8]) async throws {
        do throws(DatagramClientError) {
            if let collector { return try await collect(message, collector) }
            show(try await client.exchange(message, on: loop).bytes)
        } catch {
            report("\(error)")
            throw Exit.failed
        }
    }

    private func collect(_ message: [UInt8], _ collector: ReplyCollector) async throws(DatagramClientError) {
        let received = try await collector.collect(message, most: count, on: loop) { reply in
            let time = reply.time.fixedPoint(unit: 1_000_000, digits: 3)
            Output.write(Array("\(reply.sender) \(time) ms\(isHex ? "\n" : ": ")".utf8))
            show(reply.bytes)
        }
        let wanted = count == ReplyCount.all ? nil : count
        if received < wanted ?? 1 { throw .tooFew(received, of: wanted, after: collector.timeout) }
    }

    /// Prints a reply, made visible at a terminal.
    private func show(_ reply: [UInt8]) {
        if isHex { return Output.write(Array(HexText.dump(reply).utf8)) }
        let text = Console.isOutputTerminal ? Array(String(showing: reply, keepingLayout: true).utf8) : reply
        Output.write(text + Array("\n".utf8))
    }

    private func report(_ problem: String) {
        Console.error("letterbox: \(problem)", waiting: true)
    }
}
