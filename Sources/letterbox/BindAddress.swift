internal import ArgumentParser
internal import System

/// A local address to bind to, from flags.
func bindAddress(_ host: String, _ port: UInt16) throws -> SocketAddress {
    if let address = SocketAddress(host, port: port) { return address }
    guard let first = try Resolver.resolve(Endpoint(host: host, port: port)).first else {
        throw ValidationError("\(host) has no address.")
    }
    return first
}
