internal import CommandLineSupport
internal import System

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
