internal import CurlClient
internal import Datagrams
internal import EventLoop
internal import System

/// What came of sending a sentence through one door.
enum Outcome {
    /// The reply, and how long it took.
    case reply([UInt8], Duration)
    /// Why there is none.
    case failure(String)
}

/// The gateway.
struct HTTPDoor {
    private let client = CurlClient()
    private let url: String
    private let timeout: Duration

    init(url: String, timeout: Interval) {
        self.url = url
        self.timeout = .nanoseconds(Int64(timeout.nanoseconds))
    }

    /// Posts one sentence.
    func send(_ sentence: [UInt8]) -> Outcome {
        let fields: CurlFields = ["Content-Type": "text/plain; charset=utf-8"]
        let request = CurlRequest(url, fields: fields, body: .bytes(sentence), timeout: timeout, expect100: false)
        do {
            let response = try client.perform(request)
            guard response.status == 200 else { return .failure("HTTP: \(Self.description(of: response))") }
            // What UDP has no part in is left out; for a connection that serves again it is zero.
            return .reply(response.body, response.timings.total - response.timings.connect)
        } catch {
            return .failure("HTTP: \(error)")
        }
    }

    /// The status line, and what a gateway says of the leg behind it (RFC 9209).
    private static func description(of response: CurlResponse) -> String {
        let line = "\(response.status) \(response.head.reason)"
        guard let status = response.fields["Proxy-Status"] else { return line }
        return "\(line) (\(status))"
    }
}

/// The UDP service itself.
struct UDPDoor: ~Copyable {
    private var client: DatagramClient

    init(addresses: [SocketAddress], timeout: Interval) {
        client = DatagramClient(servers: addresses, timeout: timeout, attempts: 3)
    }

    /// Sends one sentence.
    mutating func send(_ sentence: [UInt8], on loop: EventLoop) async -> Outcome {
        do {
            let reply = try await client.exchange(sentence, on: loop)
            return .reply(reply.bytes, .nanoseconds(Int64(reply.roundTrip.nanoseconds)))
        } catch {
            return .failure("UDP: \(error)")
        }
    }
}
