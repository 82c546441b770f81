package import System

/// The result of a name's look-up.
package enum NameCheck {
    private static let subject = "name"

    package static func finding(
        _ endpoint: Endpoint, _ result: Result<[SocketAddress], ResolverError>, after time: Interval
    ) -> Finding {
        let remedy = "getent ahosts \(endpoint.host)   # asks as the gateway does; /etc/resolv.conf says whom"
        switch result {
        case .failure(let error): return .bad(subject, "\(error), after \(time.inMilliseconds)", remedy: remedy)
        case .success(let addresses):
            let text =
                "\(endpoint.host) is \(addresses.map(\.host).joined(separator: " ")), after \(time.inMilliseconds)"
            return time > .seconds(1) ? .warning(subject, "\(text): slow", remedy: remedy) : .ok(subject, text)
        }
    }
}

/// The kernel's route to a service's address.
package enum RouteCheck {
    private static let subject = "route"

    package static func finding(
        _ address: SocketAddress, _ result: Result<Route, SystemError>, maxDatagram: Int
    ) -> Finding {
        switch result {
        case .failure(let error):
            return .bad(subject, "\(error)", remedy: "ip route get \(address.host)")
        case .success(let route):
            let text = "to \(address) from \(route.source.host), path MTU \(route.mtu)"
            guard route.payload < maxDatagram else {
                return .ok(subject, "\(text): each datagram travels whole")
            }
            let pieces = "\(text): above \(route.payload) bytes a datagram travels in pieces"
            // The default of --max-datagram says no more than the limit of UDP.
            if maxDatagram == DatagramSocket.maximumPayload { return .ok(subject, pieces) }
            return .warning(
                subject, "\(pieces), and one lost piece loses it",
                remedy: "letterbox --max-datagram \(max(1, route.payload))")
        }
    }
}

/// The result of one datagram with the probe text.
package enum ProbeCheck {
    private static let subject = "probe"

    /// - `failure`: the reason why no reply came; nil where one came.
    package static func finding(_ address: SocketAddress, _ failure: String?, after time: Interval) -> Finding {
        guard let failure else { return .ok(subject, "\(address) replied after \(time.inMilliseconds)") }
        return .bad(subject, "\(address): \(failure)", remedy: "ss -lun   # on \(address.host): does it listen?")
    }

    package static func unasked(_ path: String) -> Finding {
        .ok(subject, "\(path) was not asked: it has no probe text, and its service gets no strange bytes from here")
    }
}

extension Interval {
    /// Milliseconds with three digits after the point.
    fileprivate var inMilliseconds: String {
        let fraction = String(nanoseconds / 1000 % 1000)
        return "\(nanoseconds / 1_000_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) ms"
    }
}

/// Whether the end of the gateway leaves the requests under way their time.
package enum DrainCheck {
    private static let subject = "drain"

    /// - `timeout`: the longest time of an exchange with one reply; a collection of several is cut to fit.
    package static func finding(timeout: Interval, drainTimeout: Interval) -> Finding {
        let text = "an exchange may take \(timeout), and the end of the gateway \(drainTimeout)"
        guard timeout > drainTimeout else { return .ok(subject, text) }
        return .warning(
            subject, "\(text): those under way may be cut", remedy: "letterbox --drain-timeout \(timeout)")
    }
}
