import EventLoop
import Foundation
import HTTP
import System
import Testing

@testable import Gateway

/// docs/metrics.md and the metrics say the same.
@Suite struct MetricsDocumentTests {
    /// Name and type of every metric that is written.
    private static func written() throws -> [String: String] {
        let address = try #require(SocketAddress("127.0.0.1", port: 9))
        var upstream = UpstreamCounts()
        upstream.backends = [(address, BackendCounts())]
        var http = HTTPCounts()
        http.count(.ok)
        let text = PrometheusText.page([Statistics.Entry(http: http, services: [upstream])])
        var types: [String: String] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("# TYPE ") {
            let words = line.split(separator: " ").map(String.init)
            #expect(types.updateValue(words[3], forKey: words[2]) == nil, "\(words[2]) is written once")
        }
        return types
    }

    /// Name and type of every row of a table.
    private static func documented() throws -> [String: String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let text = try String(contentsOf: root.appending(path: "docs/metrics.md"), encoding: .utf8)
        var types: [String: String] = [:]
        for row in text.matches(of: /(?m)^\| `(letterbox_\w+)`[^|]*\| (\w+) \| [^|]+ \| [^|]+ \|$/) {
            #expect(types.updateValue(String(row.2), forKey: String(row.1)) == nil, "\(row.1) has one row")
        }
        return types
    }

    @Test func everyMetricIsDescribedAndEveryDescriptionIsOfAMetric() throws {
        let written = try Self.written()
        #expect(written.count > 20)
        #expect(try Self.documented() == written)
    }
}
