package import System

/// Findings on services and the gateway's flags.
extension Finding {
    /// The result of a name's look-up.
    package static func name(
        _ endpoint: Endpoint, _ result: Result<[SocketAddress], any Error>, after time: Interval
    ) -> Finding {
        let remedy = "getent ahosts \(endpoint.host)   # asks as the gateway does; /etc/resolv.conf says whom"
        switch result {
        case .failure(let error): return .bad("name", "\(error), after \(words(time))", remedy: remedy)
        case .success(let addresses):
            let text =
                "\(endpoint.host) is \(addresses.map(\.host).joined(separator: " ")), after \(words(time))"
            return time > .seconds(1) ? .warning("name", "\(text): slow", remedy: remedy) : .ok("name", text)
        }
    }

    /// The kernel's route to a service's address.
    package static func route(
        _ address: SocketAddress, _ result: Result<Route, SystemError>, maxDatagram: Int
    ) -> Finding {
        switch result {
        case .failure(let error):
            return .bad("route", "\(error)", remedy: "ip route get \(address.host)")
        case .success(let route):
            let text = "to \(address) from \(route.source.host), path MTU \(route.mtu)"
            guard route.payload < maxDatagram else {
                return .ok("route", "\(text): each datagram travels whole")
            }
            let pieces = "\(text): above \(route.payload) bytes a datagram travels in pieces"
            // The default of --max-datagram says no more than the limit of UDP.
            if maxDatagram == DatagramSocket.maximumPayload { return .ok("route", pieces) }
            return .warning(
                "route", "\(pieces), and one lost piece loses it",
                remedy: "letterbox --max-datagram \(max(1, route.payload))")
        }
    }

    /// The result of one datagram with the probe text.
    ///
    /// - `failure`: the reason why no reply came; nil where one came.
    package static func probe(_ address: SocketAddress, _ failure: String?, after time: Interval) -> Finding {
        guard let failure else { return .ok("probe", "\(address) replied after \(words(time))") }
        return .bad("probe", "\(address): \(failure)", remedy: "ss -lun   # on \(address.host): does it listen?")
    }

    /// A service without a probe text.
    package static func unasked(_ path: String) -> Finding {
        .ok("probe", "\(path) was not asked: it has no probe text, and its service gets no strange bytes from here")
    }

    /// Whether the end of the gateway leaves the requests under way their time.
    ///
    /// - `timeout`: the longest time of an exchange with one reply, nil where there is none; a collection of several is
    ///   cut to fit.
    package static func drain(timeout: Interval?, drainTimeout: Interval) -> Finding {
        guard let timeout else {
            return .ok(
                "drain", "no exchange waits for a single reply, and the end of the gateway takes \(drainTimeout)")
        }
        let text = "an exchange may take \(timeout), and the end of the gateway \(drainTimeout)"
        guard timeout > drainTimeout else { return .ok("drain", text) }
        return .warning(
            "drain", "\(text): those under way may be cut", remedy: "letterbox --drain-timeout \(timeout)")
    }

    private static func words(_ time: Interval) -> String { "\(time.fixedPoint(unit: 1_000_000, digits: 3)) ms" }
}
