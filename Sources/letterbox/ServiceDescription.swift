internal import ArgumentParser
internal import CommandLineSupport
internal import Gateway
internal import HTTP
internal import System

/// A service as the operator writes it: `PATH HOST:PORT ... [option=value ...]`, with spaces between them.
struct ServiceDescription {
    /// The path that names it.
    let path: String
    /// Where it is; a name stands for all its addresses.
    let endpoints: [Endpoint]
    private var options: [Name: String] = [:]
    private var settings = Settings()

    /// What may be set for one service; all else is as the flags say.
    private enum Name: String, CaseIterable {
        case timeout, attempts, rest, quarantine
        case maxDatagram = "max-datagram"
        case probeText = "probe-text"
        case type, get, preset
    }

    private struct Settings {
        var timeout, rest, quarantine: Interval?
        var attempts, maxDatagram: Int?
        var type: FieldValue?
        var get: String?
        var preset: Service.Preset?
    }

    /// A service without options of its own.
    init(path: String, endpoints: [Endpoint]) {
        self.path = path
        self.endpoints = endpoints
    }

    /// Reads a service; throws a `ValidationError` that says what is wrong with which word.
    init(_ text: String) throws {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let path = words.first, Service.isPath(path) else {
            throw ValidationError(
                """
                a path such as /game comes first: segments of letters, digits and -._~, with one slash before each and \
                none at the end.
                """)
        }
        guard !Service.reservedPaths.contains(path) else {
            throw ValidationError("\(path) is a path of the gateway's own: choose another.")
        }
        let isAddress = words.map { !$0.contains("=") }
        let count = isAddress.dropFirst().prefix { $0 }.count
        self.init(path: path, endpoints: try words[1...].prefix(count).map(readTarget))
        guard !endpoints.isEmpty else {
            throw ValidationError("\(path) has no address: write a host and a port behind it, such as localhost:53.")
        }
        for word in words.dropFirst(count + 1) { try take(word) }
        if let preset = settings.preset, settings.type != nil || settings.get != nil {
            throw ValidationError("\(path): preset=\(preset.rawValue) sets type and get: leave them out.")
        }
    }

    private mutating func take(_ word: String) throws {
        guard let sign = word.firstIndex(of: "="), let name = Name(rawValue: String(word[..<sign])) else {
            let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(word) is no option: addresses come first, then NAME=VALUE, with \(known).")
        }
        let value = String(word[word.index(after: sign)...])
        guard options.updateValue(value, forKey: name) == nil else {
            throw ValidationError("\(name.rawValue) is there twice: leave one out.")
        }
        do { try set(name, value) } catch let error as ValidationError {
            throw ValidationError("\(word): \(error.message)")
        }
    }

    private mutating func set(_ name: Name, _ value: String) throws {
        switch name {
        case .timeout: settings.timeout = try time(name, value, .milliseconds(1))
        case .rest: settings.rest = try time(name, value, .milliseconds(0))
        case .quarantine: settings.quarantine = try time(name, value, .milliseconds(0))
        case .attempts: settings.attempts = try number(name, value, 1...20)
        case .maxDatagram: settings.maxDatagram = try number(name, value, 1...DatagramSocket.maximumPayload)
        case .probeText:
            guard !value.isEmpty else { throw ValidationError("a text without spaces is needed.") }
        case .type:
            let bytes = Array(value.utf8)
            guard MediaType.nameLength(in: bytes.span) != nil, let type = FieldValue(validating: bytes) else {
                throw ValidationError("a media type is needed, such as application/octet-stream.")
            }
            settings.type = type
        case .get:
            guard Service.isParameter(value) else {
                throw ValidationError("a name of letters, digits and -._~ is needed, and as is taken.")
            }
            settings.get = value
        case .preset:
            guard let preset = Service.Preset(rawValue: value) else {
                let known = Service.Preset.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is none of this name: take one of \(known).")
            }
            settings.preset = preset
        }
    }

    private func time(_ name: Name, _ value: String, _ least: Interval) throws -> Interval {
        let time = try readTime(value)
        try check(name.rawValue, time, least...(.seconds(3600)))
        return time
    }

    private func number(_ name: Name, _ value: String, _ range: ClosedRange<Int>) throws -> Int {
        let number: Int = try readNumber(value)
        try check(name.rawValue, number, range)
        return number
    }

    /// Checks what depends on the flags.
    func validate(maxDatagram limit: Int) throws {
        let own = settings.maxDatagram ?? limit
        guard own <= limit else {
            throw ValidationError(
                "--service \(path): max-datagram \(own) is more than --max-datagram \(limit): raise the flag as well.")
        }
        if let length = options[.probeText]?.utf8.count, length > own {
            throw ValidationError(
                "--service \(path): probe-text has \(length) bytes, and max-datagram allows \(own): shorten it.")
        }
    }

    /// The service at these addresses, with the flags' settings where it has none of its own.
    func service(at addresses: [SocketAddress], _ flags: Configuration) -> Service {
        var own = flags
        own.timeout = settings.timeout ?? flags.timeout
        own.attempts = settings.attempts ?? flags.attempts
        own.rest = settings.rest ?? flags.rest
        own.quarantine = settings.quarantine ?? flags.quarantine
        own.maxDatagram = settings.maxDatagram ?? flags.maxDatagram
        own.probe = options[.probeText].map { Array($0.utf8) } ?? flags.probe
        if let preset = settings.preset {
            return Service(path: path, addresses: addresses, configuration: own, preset: preset)
        }
        return Service(path: path, addresses: addresses, configuration: own, type: settings.type, get: settings.get)
    }
}

/// Reads a host and a port to send to.
private func readTarget(_ text: String) throws -> Endpoint {
    let endpoint = try readEndpoint(text)
    guard endpoint.port != 0 else { throw ValidationError("\(text) has no port to send to.") }
    return endpoint
}
