/// A page in the text format of Prometheus, line by line.
struct MetricsPage {
    /// What has been written so far.
    private(set) var text = ""

    /// Writes a gauge without labels.
    mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        header(name, "gauge", help)
        text += "letterbox_\(name) \(value)\n"
    }

    /// Writes a counter without labels; its name gets the ending that counters have.
    mutating func counter(_ name: String, _ help: String, _ value: Int) {
        header("\(name)_total", "counter", help)
        text += "letterbox_\(name)_total \(value)\n"
    }

    /// Opens a family of samples.
    mutating func header(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP letterbox_\(name) \(help)\n# TYPE letterbox_\(name) \(kind)\n"
    }

    /// Writes a sample with its labels.
    mutating func sample(_ name: String, _ labels: String, _ value: String) {
        text += "letterbox_\(name){\(labels)} \(value)\n"
    }

    /// Writes a histogram: each bucket counts what lies in it and below.
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
