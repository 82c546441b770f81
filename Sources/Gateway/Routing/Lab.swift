package import System

/// A bad network between the gateway and its UDP service, for those who want to see what becomes of datagrams there.
///
/// The gateway knows neither how it is done nor by whom: it reads and sets.
package struct Lab: Sendable {
    /// What happens to the datagrams of either direction.
    package struct Settings: Sendable, Equatable {
        /// How many are lost, in per cent.
        package var loss = 0.0
        /// How many arrive twice, in per cent.
        package var duplicate = 0.0
        /// How long each takes, in milliseconds.
        package var delay = 0.0

        /// A network that does nothing to its datagrams.
        package init() {}
    }

    /// Where the service is, past the bad network.
    package let server: SocketAddress
    /// What decides the dice.
    package let seed: UInt64
    /// Tells the settings.
    let read: @Sendable () -> Settings
    /// Takes new settings, within their ranges; they hold from now on.
    let write: @Sendable (Settings) -> Void

    /// A network whose settings can be read and set from any thread.
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
    /// A setting by its name, with what it may be; above that nobody would wait for.
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
    /// The seed is told and cannot be set; it is passed over, so that what was read can be sent back.
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

    /// The settings as JSON.
    func json(seed: UInt64) -> String {
        let members = Self.members.map { "\"\($0.name)\":\(Self.number(self[keyPath: $0.path]))" }
        return "{\(members.joined(separator: ",")),\"seed\":\(seed)}\n"
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}

/// Why settings are not taken.
enum LabError: Error {
    case malformed
    case missing(String)
    case unknown(String)
    case outOfRange(String)

    /// One sentence.
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
