internal import CurlClient
internal import Datagrams
internal import EventLoop
internal import System

/// The outcome of sending a sentence one way.
enum Outcome {
    /// The reply, and its round trip.
    case reply([UInt8], Duration)
    /// The reason why there is none.
    case failure(String)
}

/// The way through the gateway.
struct HTTPTarget {
    private let client = CurlClient()
    private let url: String
    private let fields: CurlFields
    private let timeout: Duration

    /// - `token`: the gateway's; nil where it asks for none.
    init(url: String, token: [UInt8]?, timeout: Interval) {
        self.url = url
        var fields: CurlFields = ["Content-Type": "text/plain; charset=utf-8"]
        if let token { fields.append("Authorization", "Bearer \(String(decoding: token, as: UTF8.self))") }
        self.fields = fields
        self.timeout = .nanoseconds(Int64(timeout.nanoseconds))
    }

    func send(_ sentence: [UInt8]) -> Outcome {
        let request = CurlRequest(url, fields: fields, body: .bytes(sentence), timeout: timeout, expect100: false)
        do {
            let response = try client.perform(request)
            guard response.status == 200 else { return .failure("HTTP: \(Self.description(of: response))") }
            return .reply(response.body, response.time)
        } catch {
            return .failure("HTTP: \(error)")
        }
    }

    /// The status line, and the gateway's word on the UDP leg (RFC 9209).
    private static func description(of response: CurlResponse) -> String {
        let line = "\(response.status) \(response.head.reason)"
        guard let status = response.fields["Proxy-Status"] else { return line }
        return "\(line) (\(status))"
    }
}

/// The way to the UDP service itself.
struct UDPTarget: ~Copyable {
    private var client: DatagramClient

    init(addresses: [SocketAddress], timeout: Interval) {
        client = DatagramClient(servers: addresses, timeout: timeout, attempts: 3)
    }

    mutating func send(_ sentence: [UInt8], on loop: EventLoop) async -> Outcome {
        do {
            let reply = try await client.exchange(sentence, on: loop)
            return .reply(reply.bytes, .nanoseconds(Int64(reply.roundTrip.nanoseconds)))
        } catch {
            return .failure("UDP: \(error)")
        }
    }
}
