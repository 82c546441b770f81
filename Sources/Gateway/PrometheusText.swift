internal import HTTP
internal import System

/// The gateway's metrics in the text format of Prometheus (exposition format 0.0.4), described in docs/metrics.md.
struct PrometheusText {
    /// The media type of the text format.
    static let mediaType = FieldValue("text/plain; version=0.0.4; charset=utf-8")

    /// The text so far.
    private(set) var text = ""

    /// The sums over all workers.
    ///
    /// - `showingAddresses`: whether callers may see an address of the UDP service; a hidden one appears as a number.
    static func page(
        _ snapshot: Statistics.Snapshot, showingAddresses: (SocketAddress) -> Bool = { _ in true }
    ) -> String {
        var page = PrometheusText()
        page.writeHTTP(snapshot.workers.map(\.http))
        page.writeFailures(snapshot.workers)
        page.writeLimits(snapshot)
        page.writeUpstream(snapshot.workers, snapshot.numbers, showingAddresses)
        if let process = snapshot.process { page.writeProcess(process) }
        return page.text
    }

    private mutating func writeHTTP(_ all: [HTTPCounts]) {
        func sum(_ figure: KeyPath<HTTPCounts, Int>) -> Int { all.reduce(0) { $0 + $1[keyPath: figure] } }
        gauge("http_connections", "TCP connections now open.", sum(\.open))
        counter("http_connections_accepted", "TCP connections accepted.", sum(\.accepted))
        counter(
            "http_connections_evicted", "Idle TCP connections closed to make room for others.", sum(\.evicted))
        counter(
            "http_connections_rejected", "TCP connections turned away because there were too many.", sum(\.rejected))
        counter(
            "http_buffer_shortages", "Requests in parts turned away because --max-buffered was used up.",
            sum(\.bufferShortages))
        counter(
            "http_descriptor_shortages", "Times that no descriptor or epoll watch was left for a TCP connection.",
            sum(\.descriptorShortages))
        header("http_responses_total", "counter", "HTTP responses by status code.")
        let byStatus = Dictionary(all.flatMap(\.byStatus), uniquingKeysWith: +).sorted { $0.key < $1.key }
        for (code, count) in byStatus { sample("http_responses_total", "code=\"\(code)\"", "\(count)") }
    }

    /// Failures of each service and of none, also those that have not occurred yet: an alert notices the first one only
    /// where it has seen the 0 before.
    private mutating func writeFailures(_ entries: [Statistics.Entry]) {
        var failures: [ServiceFailure: Int] = [:]
        for entry in entries { failures.merge(entry.http.failures, uniquingKeysWith: +) }
        let services = Set(entries.flatMap(\.services).map(\.service)).sorted()
        header(
            "http_failures_total", "counter",
            "Responses that say why the gateway could not do what was asked, by Proxy-Status' words.")
        for service in [""] + services {
            for error in ProxyError.allCases {
                let count = failures[ServiceFailure(service: service, error: error)] ?? 0
                sample("http_failures_total", "service=\"\(service)\",error=\"\(error.rawValue)\"", "\(count)")
            }
        }
    }

    private mutating func writeLimits(_ snapshot: Statistics.Snapshot) {
        let limits = snapshot.limits
        gauge("http_connections_limit", "The most TCP connections at a time.", limits.connections.most)
        gauge("http_buffered_bytes", "Bytes of incomplete requests and of collected replies.", limits.buffered.used)
        gauge("http_buffered_bytes_limit", "The most of these bytes at a time.", limits.buffered.most)
        gauge("udp_exchanges_limit", "The most exchanges at a time.", limits.inFlight.most)
        gauge("udp_sockets_limit", "The most UDP sockets at a time.", limits.sockets.most)
        gauge("workers", "Event loops, each with a thread.", snapshot.workers.count)
        counter("log_lines_dropped", "Lines that the log's reader was too slow for.", snapshot.droppedLogLines)
        counter(
            "access_log_dropped", "Lines of the access log that its reader was too slow for.",
            snapshot.droppedAccessLines)
        header("build_info", "gauge", "The version of the program; always 1.")
        sample("build_info", "version=\"\(Version.current)\"", "1")
    }

    /// The names are those that Prometheus' client libraries use for every program.
    private mutating func writeProcess(_ process: ProcessUsage) {
        func family(_ name: String, _ kind: String, _ help: String, _ value: some CustomStringConvertible) {
            text += "# HELP process_\(name) \(help)\n# TYPE process_\(name) \(kind)\nprocess_\(name) \(value)\n"
        }
        family("cpu_seconds_total", "counter", "Time on processors, in seconds.", process.processorSeconds)
        family("resident_memory_bytes", "gauge", "Memory in RAM, in bytes.", process.residentBytes)
        family("virtual_memory_bytes", "gauge", "Address space, in bytes.", process.virtualBytes)
        family("open_fds", "gauge", "Open descriptors.", process.openDescriptors)
        family("max_fds", "gauge", "The most open descriptors.", process.maxDescriptors)
        family("start_time_seconds", "gauge", "When the process began, in seconds since 1970.", process.startSeconds)
    }

    private mutating func writeUpstream(
        _ entries: [Statistics.Entry], _ numbers: [String: [SocketAddress: Int]],
        _ showingAddresses: (SocketAddress) -> Bool
    ) {
        let all = entries.flatMap(\.services)
        // Without labels they are the gateway's, and so those of removed services stay in them.
        let ever = all + entries.flatMap(\.former)
        gauge("udp_exchanges_in_flight", "Exchanges now in flight.", ever.reduce(0) { $0 + $1.inFlight })
        counter(
            "udp_overloads", "Requests turned away because too many exchanges were in flight.",
            ever.reduce(0) { $0 + $1.overloads })
        counter(
            "udp_without_address", "Requests turned away because no address was known.",
            ever.reduce(0) { $0 + $1.withoutBackend })
        counter(
            "udp_exhaustions", "Requests turned away because no socket, port or room was to be had in time.",
            ever.reduce(0) { $0 + $1.exhausted })
        header("udp_addresses", "gauge", "Addresses of the service: 0 while its name does not resolve.")
        for service in Set(all.map(\.service)).sorted() {
            let count = all.filter { $0.service == service }.map(\.backends.count).max() ?? 0
            sample("udp_addresses", "service=\"\(service)\"", "\(count)")
        }
        writeAddresses(Self.labelled(all, numbers, showingAddresses))
    }

    private mutating func writeAddresses(_ sorted: [(label: String, counts: [BackendCounts])]) {
        for family in Self.families {
            header(family.name, family.kind, family.help)
            for (label, counts) in sorted {
                sample(family.name, label, "\(counts.reduce(0) { $0 + $1[keyPath: family.figure] })")
            }
        }
        header("udp_upstream_up", "gauge", "Whether the latest verdict of all workers on the address was good: 1 or 0.")
        for (label, counts) in sorted {
            // A worker without requests learns nothing new.
            let latest = counts.max { $0.lastVerdict < $1.lastVerdict }
            sample("udp_upstream_up", label, latest?.isUp ?? true ? "1" : "0")
        }
        header("udp_round_trip_seconds", "histogram", "Time from a request's first datagram to its reply.")
        for (label, counts) in sorted {
            var histogram = RoundTripHistogram()
            for count in counts { histogram.add(count.roundTrips) }
            self.histogram("udp_round_trip_seconds", label, histogram)
        }
    }

    /// The sums over all workers for each address of each service, with its labels.
    private static func labelled(
        _ all: [UpstreamCounts], _ numbers: [String: [SocketAddress: Int]],
        _ showingAddresses: (SocketAddress) -> Bool
    ) -> [(label: String, counts: [BackendCounts])] {
        let byService = Dictionary(grouping: all, by: \.service).sorted { $0.key < $1.key }
        return byService.flatMap { path, services in
            var byAddress: [SocketAddress: [BackendCounts]] = [:]
            for (address, counts) in services.flatMap(\.backends) { byAddress[address, default: []].append(counts) }
            return byAddress.sorted { "\($0.key)" < "\($1.key)" }.map { entry in
                let number = numbers[path]?[entry.key] ?? 0
                let name = showingAddresses(entry.key) ? "\(entry.key)" : "\(number)"
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
            ("unasked_replies", "Datagrams to requests that expect no reply; thrown away.", \.unasked),
            ("foreign_replies", "Datagrams of strangers.", \.foreign),
            ("truncated_replies", "Replies longer than the limit.", \.truncated),
            ("dropped_replies", "Replies beyond max-replies, the memory allowed or the kernel's queue.", \.dropped),
            ("refusals", "ICMP reports that no program listens, in answer to a request.", \.refusals),
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

// MARK: - Lines

extension PrometheusText {
    mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        header(name, "gauge", help)
        text += "letterbox_\(name) \(value)\n"
    }

    /// Writes a counter without labels; its name gets the suffix of counters.
    mutating func counter(_ name: String, _ help: String, _ value: Int) {
        header("\(name)_total", "counter", help)
        text += "letterbox_\(name)_total \(value)\n"
    }

    /// Opens a family of samples.
    mutating func header(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP letterbox_\(name) \(help)\n# TYPE letterbox_\(name) \(kind)\n"
    }

    mutating func sample(_ name: String, _ labels: String, _ value: String) {
        text += "letterbox_\(name){\(labels)} \(value)\n"
    }

    /// Writes a histogram: each bucket counts its values and those below.
    mutating func histogram(_ name: String, _ label: String, _ histogram: RoundTripHistogram) {
        var total = 0
        for (bucket, count) in histogram.counts.enumerated() {
            total += count
            let bounds = RoundTripHistogram.bounds
            let bound = bucket < bounds.count ? "\(Double(bounds[bucket]) / 1e6)" : "+Inf"
            sample("\(name)_bucket", "\(label),le=\"\(bound)\"", "\(total)")
        }
        sample("\(name)_sum", label, "\(Double(histogram.sum) / 1e9)")
        sample("\(name)_count", label, "\(total)")
    }
}
