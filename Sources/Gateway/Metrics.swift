internal import HTTP
internal import System

/// The gateway's figures in the text format of Prometheus (exposition format 0.0.4), described in docs/metrics.md.
enum Metrics {
    /// The media type of the text format.
    static let mediaType = FieldValue("text/plain; version=0.0.4; charset=utf-8")

    /// All workers' figures, added up.
    ///
    /// - `showingAddresses`: whether callers may see an address of the UDP service; one that they may not has a number.
    static func text(
        _ entries: [Census.Entry], showingAddresses: (SocketAddress) -> Bool = { _ in true }
    ) -> String {
        var page = MetricsPage()
        writeHTTP(entries, &page)
        writeUpstream(entries, &page, showingAddresses)
        return page.text
    }

    private static func writeHTTP(_ entries: [Census.Entry], _ page: inout MetricsPage) {
        var http = HTTPCounts()
        for entry in entries { http.add(entry.http) }
        page.gauge("http_connections", "TCP connections now open.", http.open)
        page.counter("http_connections_accepted", "TCP connections accepted.", http.accepted)
        page.counter(
            "http_connections_evicted", "Idle TCP connections closed to make room for others.", http.evicted)
        page.counter(
            "http_connections_rejected", "TCP connections turned away because there were too many.", http.rejected)
        page.counter(
            "http_buffer_shortages", "Requests in parts turned away because --max-buffered was used up.",
            http.bufferShortages)
        page.counter(
            "http_descriptor_shortages", "Times that no descriptor was left for a TCP connection.",
            http.descriptorShortages)
        page.header("http_responses_total", "counter", "HTTP responses by status code.")
        for (code, count) in http.byStatus { page.sample("http_responses_total", "code=\"\(code)\"", "\(count)") }
    }

    private static func writeUpstream(
        _ entries: [Census.Entry], _ page: inout MetricsPage, _ showingAddresses: (SocketAddress) -> Bool
    ) {
        let all = entries.flatMap(\.services)
        page.gauge("udp_exchanges_in_flight", "Exchanges now in flight.", all.reduce(0) { $0 + $1.inFlight })
        page.counter(
            "udp_overloads", "Requests turned away because too many exchanges were in flight.",
            all.reduce(0) { $0 + $1.overloads })
        page.counter(
            "udp_without_address", "Requests turned away because no address was known.",
            all.reduce(0) { $0 + $1.withoutBackend })
        page.counter(
            "udp_exhaustions", "Requests turned away because no socket, port or room was to be had in time.",
            all.reduce(0) { $0 + $1.exhausted })
        let sorted = labelled(all, showingAddresses)
        for family in families {
            page.header(family.name, family.kind, family.help)
            for (label, counts) in sorted {
                page.sample(family.name, label, "\(counts.reduce(0) { $0 + $1[keyPath: family.figure] })")
            }
        }
        page.header("udp_upstream_up", "gauge", "Whether every worker's last verdict on the address was good: 1 or 0.")
        for (label, counts) in sorted {
            page.sample("udp_upstream_up", label, counts.allSatisfy(\.isUp) ? "1" : "0")
        }
        page.header("udp_round_trip_seconds", "histogram", "Time from a request's first datagram to its reply.")
        for (label, counts) in sorted {
            var histogram = RoundTripHistogram()
            for count in counts { histogram.add(count.roundTrips) }
            page.histogram("udp_round_trip_seconds", label, histogram)
        }
    }

    /// What all workers have counted of each address of each service, with its labels.
    private static func labelled(
        _ all: [UpstreamCounts], _ showingAddresses: (SocketAddress) -> Bool
    ) -> [(label: String, counts: [BackendCounts])] {
        let byService = Dictionary(grouping: all, by: \.service).sorted { $0.key < $1.key }
        return byService.flatMap { path, services in
            var byAddress: [SocketAddress: [BackendCounts]] = [:]
            for (address, counts) in services.flatMap(\.backends) { byAddress[address, default: []].append(counts) }
            return byAddress.sorted { "\($0.key)" < "\($1.key)" }.enumerated().map { number, entry in
                let name = showingAddresses(entry.key) ? "\(entry.key)" : "\(number + 1)"
                return (label: "upstream=\"\(name)\",service=\"\(path)\"", counts: entry.value)
            }
        }
    }

    private typealias Family = (name: String, kind: String, help: String, figure: KeyPath<BackendCounts, Int>)

    private static var families: [Family] {
        let counters: [(String, String, KeyPath<BackendCounts, Int>)] = [
            ("datagrams_sent", "Datagrams sent, the first ones and all others.", \.sent),
            ("retransmissions", "Datagrams sent again.", \.retransmissions),
            ("failovers", "Datagrams sent because another address could not be reached.", \.failovers),
            ("replies", "Replies that answered a request.", \.replies),
            ("empty_replies", "Of these, the ones without a byte.", \.empty),
            ("late_replies", "Replies after their exchange had ended without one, or had sent again.", \.sockets.late),
            ("doubled_replies", "Second replies to a datagram that was sent once.", \.sockets.doubled),
            ("foreign_replies", "Datagrams of strangers to sockets that were just being opened.", \.foreign),
            ("truncated_replies", "Replies longer than the limit.", \.truncated),
            ("refusals", "ICMP reports that nobody listens, in answer to a request.", \.refusals),
            ("unreachables", "Datagrams to which no way led.", \.unreachables),
            ("prohibitions", "Datagrams that a filter or a route forbade.", \.prohibitions),
            ("resized", "Datagrams sent once more because the path takes less than the kernel knew.", \.resized),
            ("blocked", "Times that this host had no room, port or descriptor for a datagram.", \.blocked),
            ("foreign_refusals", "ICMP reports that belong to no exchange under way.", \.foreignRefusals),
            ("timeouts", "Attempts without a reply in time.", \.timeouts),
            ("rest_waits", "Requests that waited for a socket to be rested.", \.sockets.restWaits),
            ("quarantines", "Sockets put into quarantine.", \.sockets.quarantines),
        ]
        let gauges: [(String, String, KeyPath<BackendCounts, Int>)] = [
            ("upstream_in_flight", "Exchanges now in flight with the address.", \.inFlight),
            ("sockets", "UDP sockets now open.", \.sockets.open),
            ("sockets_quarantined", "UDP sockets now in quarantine.", \.sockets.quarantined),
        ]
        return counters.map { ("udp_\($0.0)_total", "counter", $0.1, $0.2) }
            + gauges.map { ("udp_\($0.0)", "gauge", $0.1, $0.2) }
    }
}
