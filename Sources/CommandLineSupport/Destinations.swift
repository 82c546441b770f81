package import System

/// The addresses that a command sends to.
package enum Destinations {
    /// Throws where a socket gets no reply from any of the addresses.
    ///
    /// - `remedy`: the advice about an address of many hosts, whose replies a connected socket does not get; nil allows
    ///   such addresses.
    package static func check(_ addresses: [SocketAddress], many remedy: String?) throws(SettingsError) {
        let problems = addresses.map { problem(with: $0, remedy) }
        if let first = problems.first, let problem = first, !problems.contains(nil) { throw SettingsError(problem) }
    }

    private static func problem(with address: SocketAddress, _ remedy: String?) -> String? {
        if address.lacksInterface {
            return "\(address.host) is the address of a host on any link: add the interface, as in \(address.host)%eth0"
        }
        guard let remedy else { return nil }
        if address.isForMany { return "\(address.host) is the address of many hosts: \(remedy)" }
        // The kernel alone knows the broadcast address of a network (ip(7), EACCES); a route may be prohibited, too.
        do throws(SystemError) { _ = try DatagramSocket(connectedTo: address) } catch {
            if error.reason == .permissionDenied { return "\(error). If it is a broadcast address, \(remedy)" }
        }
        return nil
    }
}
