/// The results of one sentence.
struct Row {
    enum Trouble: CustomStringConvertible {
        /// Both have replied, and not the same.
        case difference(String)
        /// One or both have not replied.
        case failure(String)

        var description: String {
            switch self {
            case .difference(let text): "DIFFERENT  \(text)"
            case .failure(let text): "FAILED  \(text)"
            }
        }
    }

    /// The sentence's name in the table.
    let name: String
    /// The sentence's length.
    let sent: Int
    /// The length of the reply over HTTP; nil without a reply.
    private(set) var received: Int?
    /// The difference or the failure; nil while both agree.
    private(set) var trouble: Trouble?
    private var httpTimes: [Duration] = []
    private var udpTimes: [Duration] = []

    init(name: String, sent: Int) {
        self.name = name
        self.sent = sent
    }

    var httpTime: Duration? { Self.median(httpTimes) }
    var udpTime: Duration? { Self.median(udpTimes) }

    /// Takes the outcomes of sending the sentence once each way.
    mutating func take(http: Outcome, udp: Outcome) {
        var failures: [String] = []
        switch http {
        case .reply(let bytes, let time): (received, httpTimes) = (bytes.count, httpTimes + [time])
        case .failure(let reason): failures.append(reason)
        }
        switch udp {
        case .reply(_, let time): udpTimes.append(time)
        case .failure(let reason): failures.append(reason)
        }
        if case .reply(let one, _) = http, case .reply(let other, _) = udp {
            trouble = Self.difference(one, other).map(Trouble.difference)
        } else {
            trouble = .failure(failures.joined(separator: "; "))
        }
    }

    /// The place where two replies differ; nil when they are the same.
    private static func difference(_ http: [UInt8], _ udp: [UInt8]) -> String? {
        guard http != udp else { return nil }
        let common = zip(http, udp).prefix { $0 == $1 }.count
        return "from byte \(common) on: HTTP \(excerpt(http, common)), UDP \(excerpt(udp, common))"
    }

    /// A few bytes of a reply, made visible, and the reply's length.
    private static func excerpt(_ bytes: [UInt8], _ start: Int) -> String {
        let text = String(decoding: bytes[start...].prefix(12), as: UTF8.self)
        return "\(text.debugDescription) of \(bytes.count) bytes"
    }

    private static func median(_ times: [Duration]) -> Duration? {
        times.isEmpty ? nil : times.sorted()[times.count / 2]
    }
}
