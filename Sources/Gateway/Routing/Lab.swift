package import System

/// A bad network between the gateway and its UDP service, for learning about lost datagrams.
///
/// The gateway only reads and writes its settings.
package struct Lab: Sendable {
    /// The effects on datagrams of both directions.
    package struct Settings: Sendable, Equatable {
        /// The share of lost datagrams, in per cent.
        package var loss = 0.0
        /// The share of doubled datagrams, in per cent.
        package var duplicate = 0.0
        /// The delay of each datagram, in milliseconds.
        package var delay = 0.0

        package init() {}
    }

    /// The service's address, beyond the bad network.
    package let server: SocketAddress
    /// The seed of the dice.
    package let seed: UInt64
    let read: @Sendable () -> Settings
    /// Sets new settings, within their ranges, for all later datagrams.
    let write: @Sendable (Settings) -> Void

    /// A network whose settings any thread can read and set.
    package init(
        server: SocketAddress, seed: UInt64, read: @escaping @Sendable () -> Settings,
        write: @escaping @Sendable (Settings) -> Void
    ) {
        self.server = server
        self.seed = seed
        self.read = read
        self.write = write
    }
}

extension Lab.Settings {
    /// A setting with its name and its range, whose upper bound is the longest useful wait.
    private struct Member {
        let name: String
        let most: Double
        let unit: String
        let path: any WritableKeyPath<Lab.Settings, Double> & Sendable
    }

    private static let members = [
        Member(name: "loss", most: 100, unit: "per cent", path: \.loss),
        Member(name: "duplicate", most: 100, unit: "per cent", path: \.duplicate),
        Member(name: "delay", most: 10_000, unit: "milliseconds", path: \.delay),
    ]

    /// Takes each setting from a JSON object; none may be missing, for PUT replaces all of them (RFC 9110 9.3.4).
    ///
    /// The seed cannot be set; the reader ignores it, so that a client can send back the object that it got.
    init(_ object: [String: Double]) throws(LabError) {
        self.init()
        for member in Self.members {
            guard let value = object[member.name] else { throw .missing(member.name) }
            guard (0...member.most).contains(value) else {
                throw .outOfRange("\"\(member.name)\" is from 0 to \(Int(member.most)) \(member.unit).")
            }
            self[keyPath: member.path] = value
        }
        let known = Self.members.map(\.name) + ["seed"]
        if let other = object.keys.filter({ !known.contains($0) }).min() { throw .unknown(other) }
    }

    func json(seed: UInt64) -> String {
        let members = Self.members.map { "\"\($0.name)\":\(Self.number(self[keyPath: $0.path]))" }
        return "{\(members.joined(separator: ",")),\"seed\":\(seed)}\n"
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}

/// The reason why settings are invalid.
enum LabError: Error {
    case malformed
    case missing(String)
    case unknown(String)
    case outOfRange(String)

    /// One sentence for the caller.
    var detail: String {
        switch self {
        case .malformed:
            "The content is not a JSON object of numbers such as {\"loss\":30,\"duplicate\":0,\"delay\":5}."
        case .missing(let name): "The setting \"\(name)\" is missing."
        case .unknown(let name): "There is no setting \"\(name)\"."
        case .outOfRange(let sentence): sentence
        }
    }
}
