internal import HTTP
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
            guard let value = object[member.name] else { throw LabError("The setting \"\(member.name)\" is missing.") }
            guard (0...member.most).contains(value) else {
                throw LabError("\"\(member.name)\" is from 0 to \(Int(member.most)) \(member.unit).")
            }
            self[keyPath: member.path] = value
        }
        let known = Self.members.map(\.name) + ["seed"]
        if let other = object.keys.filter({ !known.contains($0) }).min() {
            throw LabError("There is no setting \"\(other.bytes.excerpt)\".")
        }
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
struct LabError: Error {
    /// One sentence for the caller.
    let sentence: String
    let status: Status

    init(_ sentence: String, _ status: Status = .unprocessableContent) {
        (self.sentence, self.status) = (sentence, status)
    }

    static let malformed = LabError(
        "The content is not a JSON object of numbers such as {\"loss\":30,\"duplicate\":0,\"delay\":5}.", .badRequest)
}

/// The resource `/lab`: the settings of the bad network, for pages of the gateway's own origin.
struct LabResource {
    let lab: Lab

    /// The current settings.
    func read() -> Response {
        .current(MediaType.json, lab.read().json(seed: lab.seed).utf8)
    }

    /// The answer to a PUT that its head alone determines; nil where the content counts.
    func refusal(of request: Request) -> Response? {
        guard request.comesFromOwnSite, request.namesOwnOrigin else {
            return Refusal.denial(.forbidden, "Only a page of this gateway may change its network.").problem
        }
        return Precondition.refusal(of: request)
    }

    /// Takes new settings and answers with them; the head permits that.
    func replace(_ request: Request) -> Response {
        do throws(LabError) {
            guard let object = NumberObject.parse(request.body) else { throw .malformed }
            lab.write(try Lab.Settings(object))
            return read()
        } catch {
            return Problem.response(error.status, error.sentence)
        }
    }
}

/// A JSON object of numbers without nesting (RFC 8259 4 and 6).
enum NumberObject {
    /// The members; nil where the bytes are anything else, or name a member twice.
    static func parse(_ bytes: ArraySlice<UInt8>) -> [String: Double]? {
        var rest = bytes
        var members: [String: Double] = [:]
        guard take("{", from: &rest) else { return nil }
        if !take("}", from: &rest) {
            repeat {
                guard let name = name(from: &rest), take(":", from: &rest), let value = number(from: &rest),
                    members.updateValue(value, forKey: name) == nil
                else { return nil }
            } while take(",", from: &rest)
            guard take("}", from: &rest) else { return nil }
        }
        skipSpace(in: &rest)
        return rest.isEmpty ? members : nil
    }

    private static func take(_ mark: Unicode.Scalar, from rest: inout ArraySlice<UInt8>) -> Bool {
        skipSpace(in: &rest)
        guard rest.first == UInt8(ascii: mark) else { return false }
        rest.removeFirst()
        return true
    }

    private static func skipSpace(in rest: inout ArraySlice<UInt8>) {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
    }

    /// No setting's name needs an escape, so that escapes are invalid.
    private static func name(from rest: inout ArraySlice<UInt8>) -> String? {
        guard take("\"", from: &rest) else { return nil }
        let name = rest.prefix { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        rest = rest.dropFirst(name.count)
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        rest.removeFirst()
        return String(validating: name, as: UTF8.self)
    }

    /// `-? int frac? exp?`: other forms that `Double` reads, such as "nan" and "0x1", are invalid.
    private static func number(from rest: inout ArraySlice<UInt8>) -> Double? {
        skipSpace(in: &rest)
        let text = rest.prefix { "+-.0123456789Ee".utf8.contains($0) }
        let integer = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard integer.first.map(isDigit) == true, !(integer.first == UInt8(ascii: "0") && secondIsDigit(integer)),
            text.indices.allSatisfy({ text[$0] != UInt8(ascii: ".") || isDigit(text, at: $0 + 1) })
        else { return nil }
        rest = rest.dropFirst(text.count)
        return Double(String(decoding: text, as: UTF8.self))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isDigit(_ bytes: ArraySlice<UInt8>, at index: Int) -> Bool {
        index < bytes.endIndex && isDigit(bytes[index])
    }

    private static func secondIsDigit(_ bytes: ArraySlice<UInt8>) -> Bool { isDigit(bytes, at: bytes.startIndex + 1) }
}
