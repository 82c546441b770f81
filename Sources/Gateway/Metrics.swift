internal import HTTP

/// The gateway's figures in the text format of Prometheus (exposition format 0.0.4).
enum Metrics {
    /// The media type of the text format.
    static let mediaType = FieldValue("text/plain; version=0.0.4; charset=utf-8")

    /// All workers' figures, added up.
    static func text(_ entries: [Census.Entry]) -> String {
        var http = HTTPCounts()
        for entry in entries { http.add(entry.http) }
        let sum = { (figure: KeyPath<UpstreamCounts, Int>) in entries.reduce(0) { $0 + $1.upstream[keyPath: figure] } }
        var text = ""
        family(&text, "http_connections", "gauge", "TCP connections now open.", http.open)
        family(&text, "http_connections_accepted_total", "counter", "TCP connections accepted.", http.accepted)
        family(
            &text, "http_connections_crowded_out_total", "counter",
            "TCP connections turned away or closed because there were too many.", http.crowdedOut)
        family(
            &text, "http_descriptor_shortages_total", "counter",
            "Times that no descriptor was left for a TCP connection.", http.descriptorShortages)
        header(&text, "http_responses_total", "counter", "HTTP responses by status code.")
        for (code, count) in http.byStatus { text += "letterbox_http_responses_total{code=\"\(code)\"} \(count)\n" }
        for (name, kind, help, figure) in upstream { family(&text, name, kind, help, sum(figure)) }
        return text
    }

    private typealias Family = (name: String, kind: String, help: String, figure: KeyPath<UpstreamCounts, Int>)

    private static var upstream: [Family] {
        [
            ("udp_exchanges_in_flight", "gauge", "Exchanges now in flight.", \.inFlight),
            ("udp_datagrams_sent_total", "counter", "Datagrams sent, retransmissions included.", \.sent),
            ("udp_retransmissions_total", "counter", "Datagrams sent again.", \.retransmissions),
            ("udp_replies_total", "counter", "Replies that answered a request.", \.received),
            ("udp_late_replies_total", "counter", "Replies after their exchange had ended.", \.late),
            (
                "udp_doubled_replies_total", "counter", "Replies that came together with the one that answered.",
                \.doubled
            ),
            ("udp_oversized_replies_total", "counter", "Replies longer than the limit.", \.oversized),
            ("udp_refusals_total", "counter", "ICMP reports that nobody listens.", \.refusals),
            ("udp_late_refusals_total", "counter", "ICMP reports after their exchange had ended.", \.lateRefusals),
            ("udp_timeouts_total", "counter", "Exchanges without a reply by their deadline.", \.timeouts),
            ("udp_overloads_total", "counter", "Requests turned away because too many were in flight.", \.overloads),
            ("udp_rest_waits_total", "counter", "Requests that waited for a socket to be rested.", \.restWaits),
            ("udp_quarantines_total", "counter", "Sockets put into quarantine.", \.quarantines),
            ("udp_sockets", "gauge", "UDP sockets now open.", \.sockets),
            ("udp_sockets_quarantined", "gauge", "UDP sockets now in quarantine.", \.quarantined),
        ]
    }

    private static func family(_ text: inout String, _ name: String, _ kind: String, _ help: String, _ value: Int) {
        header(&text, name, kind, help)
        text += "letterbox_\(name) \(value)\n"
    }

    private static func header(_ text: inout String, _ name: String, _ kind: String, _ help: String) {
        text += "# HELP letterbox_\(name) \(help)\n# TYPE letterbox_\(name) \(kind)\n"
    }
}
