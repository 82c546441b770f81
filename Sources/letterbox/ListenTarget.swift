internal import ArgumentParser
internal import CommandLineSupport
internal import System

/// The value of a flag for a listener: an address or a path.
enum ListenTarget: CustomStringConvertible {
    /// A host by name or address, and a port.
    case internet(Endpoint)
    /// A path of the file system.
    case unix(UnixAddress)

    /// The prefix of a path.
    static let prefix = "unix:"

    /// Reads "HOST:PORT" or "unix:PATH".
    init(_ text: String) throws {
        if let address = try Self.unixAddress(text) {
            self = .unix(address)
        } else {
            self = .internet(try readEndpoint(text))
        }
    }

    /// The path of "unix:PATH"; nil for any other text.
    static func unixAddress(_ text: String) throws -> UnixAddress? {
        guard text.hasPrefix(prefix) else { return nil }
        let path = String(text.dropFirst(prefix.count))
        guard !path.isEmpty else { throw ValidationError("a path is needed, such as unix:/run/letterbox.sock.") }
        do { return try UnixAddress(path) } catch { throw ValidationError("\(error.sentence).") }
    }

    /// The text that the value was read from.
    var description: String {
        switch self {
        case .internet(let endpoint): "\(endpoint)"
        case .unix(let address): Self.prefix + address.path
        }
    }

    /// The address, after the look-up of names; throws where the machine cannot listen there, whatever has the port now.
    func tried() throws -> ListenAddress {
        let address = try resolved()
        switch (self, address) {
        case (_, .internet(let address)): try StreamListener.check(address)
        case (.unix(let path), _): try StreamListener.check(path)
        default: break
        }
        return address
    }

    /// The address, after the look-up of names.
    func resolved() throws -> ListenAddress {
        switch self {
        case .internet(let endpoint): .internet(try bindAddress(endpoint.host, endpoint.port))
        case .unix(let address): .unix(address.path)
        }
    }
}

/// The origin of a listener.
enum ListenerOrigin {
    /// The socket of a service manager.
    case inherited(InheritedListeners.Entry)
    /// A socket of the gateway's own, at an address after the look-up of its name.
    case own(ListenAddress)

    /// Opens the listener; an error names the flags that could give it another address, of which a path has one.
    func listen(address: String, port: String) throws -> StreamListener {
        switch self {
        case .inherited(let entry): try StreamListener(inheriting: entry)
        case .own(.internet(let own)):
            try Exit.opening(SocketFlags(address: address, port: port)) { try StreamListener(on: own) }
        case .own(.unix(let path)):
            try Exit.opening(SocketFlags(address: address, port: address)) { try StreamListener(at: UnixAddress(path)) }
        }
    }
}

extension AddressOptions {
    /// The addresses of the listeners; throws where the gateway could not have them.
    func tryListeners() throws -> (http: ListenAddress, admin: ListenAddress?) {
        let http = try listening.tried()
        let second = try admin?.tried()
        try second.map { try Self.check($0, beside: http) }
        return (http, second)
    }

    /// The address of the embedded server, and whether a program has its port now; nil where there is no such server.
    ///
    /// Throws where the gateway cannot have the port: no service manager hands it over. In use is no fault, for the
    /// running gateway may have it.
    func tryServer() throws -> (address: SocketAddress, isTaken: Bool)? {
        guard services.isEmpty else { return nil }
        let address = try bindAddress("127.0.0.1", serverPort)
        do throws(SystemError) { _ = try DatagramSocket(boundTo: address) } catch {
            guard error.reason == .addressInUse else { throw error }
            return (address, true)
        }
        return (address, false)
    }

    /// Throws where the address of `--admin` is that of the first listener.
    static func check(_ admin: ListenAddress, beside http: ListenAddress) throws {
        guard admin.overlaps(http) else { return }
        throw ValidationError("--admin \(admin) is where HTTP is served, at \(http): choose another port or path")
    }

    /// The origins of the gateway's listeners; `admin` is nil where health and metrics are on the first one.
    func listeners(
        inheriting entries: [InheritedListeners.Entry]
    ) throws -> (http: ListenerOrigin, admin: ListenerOrigin?) {
        let first = try only(of: entries.filter { $0.name != "admin" }, for: "the gateway listens at")
        let second = try only(of: entries.filter { $0.name == "admin" }, for: "health and metrics have")
        return (
            try first.map { .inherited($0) } ?? .own(listening.resolved()),
            try second.map { .inherited($0) } ?? admin.map { .own(try $0.resolved()) }
        )
    }

    /// The inherited socket of a purpose; nil where there is none.
    ///
    /// A second one would have callers, and no answers.
    private func only(
        of inherited: [InheritedListeners.Entry], for purpose: String
    ) throws(SettingsError) -> InheritedListeners.Entry? {
        guard inherited.count > 1 else { return inherited.first }
        let name = inherited[0].name
        let sockets = "\(inherited.count) sockets\(name == "admin" ? " named admin" : "")"
        throw SettingsError("\(sockets) are inherited, and \(purpose) one: leave one ListenStream=")
    }
}

/// A local address to bind to, from flags.
func bindAddress(_ host: String, _ port: UInt16) throws -> SocketAddress {
    try Resolver.resolve(Endpoint(host: host, port: port))[0]
}
