internal import ArgumentParser
internal import CommandLineSupport
internal import Gateway
internal import HTTP
internal import System

/// A service in the operator's words: `PATH HOST:PORT ... [option=value ...]`, with spaces between them.
struct ServiceDescription: CustomStringConvertible {
    /// The service's path.
    let path: String
    /// The service's hosts; a name stands for all its addresses.
    let endpoints: [Endpoint]
    /// The words of the description.
    private(set) var description: String
    private var options: [Name: String] = [:]
    private var settings = Settings()

    /// The options of a service; the flags decide about everything else.
    private enum Name: String, CaseIterable {
        case timeout, attempts, rest, quarantine
        case maxDatagram = "max-datagram"
        case probeText = "probe-text"
        case type, get, preset, replies, wait, quiet, from, ttl, interface
        case maxReplies = "max-replies"
    }

    private struct Settings {
        var timeout, rest, quarantine: Interval?
        var attempts, maxDatagram: Int?
        var type: FieldValue?
        var replies = ReplyPolicy()
        var get: String?
        var preset: Service.Preset?
    }

    init(path: String, endpoints: [Endpoint]) {
        self.path = path
        self.endpoints = endpoints
        description = ([path] + endpoints.map { "\($0)" }).joined(separator: " ")
    }

    /// Reads a description; throws a `ValidationError` with the wrong word and its fault.
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
        if let double = endpoints.indices.first(where: { endpoints[..<$0].contains(endpoints[$0]) }) {
            throw ValidationError("\(path): \(endpoints[double]) is there twice: leave one out.")
        }
        guard !endpoints.isEmpty else {
            throw ValidationError("\(path) has no address: write a host and a port behind it, such as localhost:53.")
        }
        for word in words.dropFirst(count + 1) { try take(word) }
        if let preset = settings.preset, settings.type != nil || settings.get != nil {
            throw ValidationError("\(path): preset=\(preset.rawValue) sets type and get: leave them out.")
        }
        description = words.joined(separator: " ")
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
        case .timeout: settings.timeout = try readTime(value, in: .untilAnHour)
        case .rest: settings.rest = try readTime(value, in: .zeroUntilAnHour)
        case .quarantine: settings.quarantine = try readTime(value, in: .zeroUntilAnHour)
        case .attempts: settings.attempts = try readNumber(value, in: .attempts)
        case .maxDatagram: settings.maxDatagram = try readNumber(value, in: .datagramLength)
        case .probeText:
            guard !value.isEmpty else { throw ValidationError("a text without spaces is needed.") }
        case .type:
            let bytes = Array(value.utf8)
            guard MediaType.nameLength(in: bytes.span) != nil, let type = FieldValue(validating: bytes) else {
                throw ValidationError("a media type is needed, such as application/octet-stream.")
            }
            settings.type = type
        case .replies: settings.replies.count = try count(value)
        case .wait: settings.replies.wait = try readTime(value, in: .untilAnHour)
        case .quiet: settings.replies.quiet = try readTime(value, in: .untilAnHour)
        case .maxReplies: settings.replies.maxReplies = try readNumber(value, in: 1...1024)
        case .ttl: settings.replies.hops = try readNumber(value, in: 1...255)
        case .from:
            guard let source = ReplyPolicy.Source(rawValue: value) else {
                throw ValidationError("from takes peer, host or any.")
            }
            settings.replies.source = source
        case .interface: settings.replies.interface = try interface(value)
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

    /// The name of a network interface that this machine has.
    private func interface(_ name: String) throws -> String {
        guard NetworkInterface.number(named: name) != nil else {
            throw ValidationError("this machine has no interface of that name (see: ip link).")
        }
        return name
    }

    /// The number of replies to a datagram.
    private func count(_ text: String) throws -> ReplyPolicy.Count {
        if text == "all" { return .all }
        guard let number = try? readNumber(text, in: 0...1024) else {
            throw ValidationError("replies takes 0 to 1024, or all.")
        }
        return number == 0 ? .none : .some(number)
    }

    /// Checks the options that depend on flags.
    ///
    /// - `probeLength`: the length of `--probe-text`.
    func validate(
        maxDatagram limit: Int, probeLength: Int?, timeout: Interval, minRetransmit: Interval
    ) throws {
        let own = settings.maxDatagram ?? limit
        guard own <= limit else {
            throw ValidationError(
                "--service \(path): max-datagram \(own) is more than --max-datagram \(limit): raise the flag as well.")
        }
        try checkTimes(within: time(within: timeout), minRetransmit)
        if let conflict = conflict { throw ValidationError("--service \(path): \(conflict).") }
        try checkProbe(ofOthers: probeLength, within: own)
    }

    /// Checks the length of the text that its addresses are tried with: its own, or that of `--probe-text`.
    private func checkProbe(ofOthers probeLength: Int?, within limit: Int) throws {
        let own = options[.probeText]?.utf8.count
        guard let length = own ?? (isProbed ? probeLength : nil) else { return }
        let subject = "--service \(path): \(own == nil ? "--" : "")probe-text has \(length) bytes"
        if length > limit {
            let remedy = own == nil ? "add a probe-text of its own" : "shorten it"
            throw ValidationError("\(subject), and max-datagram allows \(limit): \(remedy).")
        }
        // A server ignores less than a header, and would count as down.
        if let preset = settings.preset, length < preset.leastLength {
            let remedy = own == nil ? "add a longer probe-text of its own" : "lengthen it"
            throw ValidationError("\(subject), and a DNS message has \(preset.leastLength) at least: \(remedy).")
        }
    }

    /// Two options that contradict each other, and the remedy; nil where all agree.
    private var conflict: String? {
        let replies = settings.replies
        let isOneWay = replies.count == .none
        let isOpen = replies.source == .any
        if let preset = settings.preset, replies != ReplyPolicy() {
            return
                "preset=\(preset.rawValue) is for one reply from the address that is asked: leave the other options out"
        }
        if (isOneWay || isOpen), settings.attempts ?? 1 > 1 {
            let option = isOneWay ? "replies=0" : "from=any"
            return "attempts is 1 with \(option), where no silence tells of a loss: leave it out"
        }
        if isOneWay, let name = [Name.from, .probeText, .rest, .quarantine, .type].first(where: { options[$0] != nil })
        {
            return "\(name.rawValue) is for services that reply, and replies=0 says that none does: leave one out"
        }
        if replies.count == .none || replies.count == .some(1),
            let name = [Name.wait, .quiet].first(where: { options[$0] != nil })
        {
            return "\(name.rawValue) is for several replies: add replies=all or a number above 1"
        }
        if options[.maxReplies] != nil, replies.count != .all {
            return "max-replies is for replies=all, and any number of replies is a limit itself: leave it out"
        }
        if options[.type] != nil, replies.count != .some(1) {
            return "type is for one reply, and several come in JSON, in lines or as bytes: leave it out"
        }
        if options[.rest] != nil, replies.count != .some(1) || replies.source != .peer {
            return
                "rest is for one reply from the address that is asked: other sockets are not used again, leave it out"
        }
        if !isOneWay, !isOpen, let name = [Name.ttl, .interface].first(where: { options[$0] != nil }) {
            return "\(name.rawValue) is for groups and broadcasts: add from=any, or replies=0"
        }
        if options[.probeText] != nil, replies.source != .peer { return "probe-text goes with from=peer only" }
        return conflict(at: endpoints.compactMap(\.literal))
    }

    /// Checks the times that end before the whole exchange, or would have to.
    private func checkTimes(within time: Interval, _ minRetransmit: Interval) throws {
        if settings.attempts ?? 1 > 1, minRetransmit > time {
            throw ValidationError(
                """
                --service \(path): attempts has no effect: --min-retransmit \(minRetransmit) is above the time of an exchange, \
                \(time), so that no datagram is sent again.
                """)
        }
        if let quiet = settings.replies.quiet, quiet >= time {
            throw ValidationError(
                "--service \(path): quiet has no effect: \(quiet) does not end before the whole time, \(time).")
        }
    }

    /// The time of an exchange.
    ///
    /// - `timeout`: that of services without their own.
    func time(within timeout: Interval) -> Interval { settings.replies.wait ?? settings.timeout ?? timeout }

    /// Whether its addresses can be tried with a probe text.
    private var isProbed: Bool { settings.replies.count != .none && settings.replies.source == .peer }

    /// Whether it has a probe text of its own.
    var hasProbeText: Bool { options[.probeText] != nil }

    /// Throws where the page has a file at the service's path.
    func check(_ page: Page) throws(SettingsError) {
        guard path != "/", page.file(at: Array(path.utf8)[...]) != nil else { return }
        throw SettingsError("--service \(path): the page has a file at this path; choose another path")
    }

    /// Throws where an address of the service's names contradicts its options.
    func check(_ addresses: [SocketAddress]) throws(SettingsError) {
        guard let conflict = conflict(at: addresses) else { return }
        throw SettingsError("--service \(path): \(conflict)")
    }

    /// An address that contradicts the service's options, and the remedy.
    private func conflict(at addresses: [SocketAddress]) -> String? {
        if settings.replies.interface == nil, let address = addresses.first(where: \.lacksInterface) {
            return """
                \(address.host) is the address of a host on any link: add the interface, as in \
                [\(address.host)%eth0]:\(address.port)
                """
        }
        guard !settings.replies.allowsMany, let address = addresses.first(where: \.isForMany) else { return nil }
        return "\(address.host) is the address of many hosts: add from=any to accept all their replies, or replies=0"
    }

    /// The service at these addresses, with the flags' settings for all options that it lacks.
    func service(at addresses: [SocketAddress], _ flags: Configuration) -> Service {
        var own = flags
        own.timeout = settings.timeout ?? flags.timeout
        own.attempts = settings.attempts ?? flags.attempts
        own.rest = settings.rest ?? flags.rest
        own.quarantine = settings.quarantine ?? flags.quarantine
        own.maxDatagram = settings.maxDatagram ?? flags.maxDatagram
        own.probe = options[.probeText].map { Array($0.utf8) } ?? flags.probe
        var replies = settings.replies
        if case .some(let count) = replies.count { replies.maxReplies = max(replies.maxReplies, count) }
        if replies.allowsMany { own.attempts = 1 }
        if !isProbed { own.probe = nil }
        var service = Service(
            path: path, addresses: addresses, configuration: own, type: settings.type, get: settings.get,
            preset: settings.preset, replies: replies)
        service.text = description
        return service
    }
}

/// Reads a host and a port to send to.
private func readTarget(_ text: String) throws -> Endpoint {
    let endpoint = try readEndpoint(text)
    guard endpoint.port != 0 else { throw ValidationError("\(text) has no port to send to.") }
    return endpoint
}
