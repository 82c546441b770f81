import EventLoop
import Foundation
import HTTP
import System
import TestSupport
import Testing

@testable import Gateway

/// docs/metrics.md, the alerts and the dashboard tell of the metrics that there are.
@Suite struct MetricsDocumentTests {
    private static func file(_ path: String) throws -> String {
        try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
    }

    /// Name and type of every metric that is written.
    private static func written() throws -> [String: String] {
        let address = try #require(SocketAddress("127.0.0.1", port: 9))
        var upstream = UpstreamCounts()
        upstream.backends = [(address, BackendCounts())]
        var http = HTTPCounts()
        http.count(.ok)
        let text = PrometheusText.page(.of([Statistics.Entry(http: http, services: [upstream])]))
        var types: [String: String] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("# TYPE ") {
            let words = line.split(separator: " ").map(String.init)
            #expect(types.updateValue(words[3], forKey: words[2]) == nil, "\(words[2]) is written once")
        }
        return types
    }

    /// Name and type of every row of a table.
    private static func documented() throws -> [String: String] {
        var types: [String: String] = [:]
        let text = try file("docs/metrics.md")
        for row in text.matches(of: /(?m)^\| `((?:letterbox|process)_\w+)`[^|]*\| (\w+) \| [^|]+ \| [^|]+ \|$/) {
            #expect(types.updateValue(String(row.2), forKey: String(row.1)) == nil, "\(row.1) has one row")
        }
        return types
    }

    @Test func everyMetricIsDescribedAndEveryDescriptionIsOfAMetric() throws {
        let written = try Self.written()
        #expect(written.count > 20)
        #expect(try Self.documented() == written)
    }

    /// An alert on a metric that does not exist never fires, and Prometheus does not say so.
    @Test(arguments: [
        "docs/metrics.md", "docs/operating.md", "docs/running.md", "docs/api.md", "README.md",
        "deploy/alerts.yml", "deploy/alerts.test.yml", "deploy/grafana.json",
    ])
    func everyMetricThatIsNamedExists(path: String) throws {
        let written = try Self.written()
        for match in try Self.file(path).matches(of: /\b(?:letterbox|process)_[a-z_]*[a-z]/) {
            var name = String(match.0)
            for ending in ["_bucket", "_sum", "_count"] where name.hasSuffix(ending) && written[name] == nil {
                name.removeLast(ending.count)
                #expect(written[name] == "histogram", "\(match.0) in \(path)")
            }
            #expect(written[name] != nil, "\(match.0) in \(path)")
        }
    }

    /// Every panel of the dashboard asks for something, and every alert has a test that sees it fire, and one that does not.
    @Test func everyAlertIsTested() throws {
        let tests = try Self.file("deploy/alerts.test.yml")
        let firing = Set(tests.matches(of: /alertname: (\w+)\s+exp_alerts:\s+-/).map { String($0.1) })
        let quiet = Set(tests.matches(of: /alertname: (\w+), exp_alerts: \[\]/).map { String($0.1) })
        let alerts = try Set(Self.file("deploy/alerts.yml").matches(of: /- alert: (\w+)/).map { String($0.1) })
        #expect(alerts.count >= 8 && firing == alerts && quiet == alerts)
        let dashboard = try #require(
            try JSONSerialization.jsonObject(with: Data(Self.file("deploy/grafana.json").utf8)) as? [String: Any])
        let panels = try #require(dashboard["panels"] as? [[String: Any]]).filter { $0["type"] as? String != "row" }
        #expect(panels.count >= 8)
        for panel in panels {
            let targets = try #require(panel["targets"] as? [[String: Any]])
            let asks = !targets.isEmpty && targets.allSatisfy { ($0["expr"] as? String)?.contains("_") == true }
            #expect(asks, "\(panel["title"] ?? "")")
        }
    }
}
