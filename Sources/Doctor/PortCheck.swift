internal import System

/// Whether there are as many local ports as sockets may be open (ip(7), ip_local_port_range).
package enum PortCheck: KernelCheck {
    package static let subject = "local ports"
    private static let range = "net.ipv4.ip_local_port_range"
    private static let reserved = "net.ipv4.ip_local_reserved_ports"

    package static func examine(_ files: KernelFiles, _ demand: Demand) throws(UnclearFile) -> [Finding] {
        let path = KernelFiles.path(ofSetting: range)
        let bounds = try files.numbers(path, count: 2)
        guard (0...65_535).contains(bounds[0]), (bounds[0]...65_535).contains(bounds[1]) else {
            throw UnclearFile(path, is: "has \"\(bounds[0]) \(bounds[1])\", and no range of ports")
        }
        let kept = try reservedPorts(files)
        let count = free(bounds[0]...bounds[1], without: kept)
        let text = "\(count) from \(bounds[0]) to \(bounds[1]), \(demand.sockets) wanted for --max-sockets"
        if count >= demand.sockets { return [.ok(subject, text)] }
        let remedy = fix(for: demand.sockets, without: kept)
        return count < min(demand.minSockets * demand.services, demand.sockets)
            ? [.bad(subject, "\(text): ports are used again while late replies may still come", remedy: remedy)]
            : [.warning(subject, "\(text): beyond them requests wait for a port", remedy: remedy)]
    }

    /// The fix: a wider range; where none is wide enough, fewer sockets.
    private static func fix(for sockets: Int, without kept: [ClosedRange<Int>]) -> String {
        for low in [16_384, 10_240, 1024] where free(low...65_535, without: kept) >= sockets {
            return "sysctl -w \(range)=\"\(low) 65535\""
        }
        let most = free(1024...65_535, without: kept)
        return "sysctl -w \(range)=\"1024 65535\"   # and --max-sockets \(max(1, most))"
    }

    /// Ports that the kernel gives only to programs that name them: "8080,9000-9010".
    private static func reservedPorts(_ files: KernelFiles) throws(UnclearFile) -> [ClosedRange<Int>] {
        let path = KernelFiles.path(ofSetting: reserved)
        var ranges: [ClosedRange<Int>] = []
        for part in try files.text(path).split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { kernelNumber($0) ?? -1 }
            guard let low = bounds.first, let high = bounds.last, bounds.count <= 2, low >= 0, low <= high else {
                throw UnclearFile(path, is: "has \"\(part.excerpt)\", and no list of ports")
            }
            ranges.append(low...high)
        }
        return ranges
    }

    /// The number of a range's ports outside the others, which the kernel lists in order and apart.
    private static func free(_ range: ClosedRange<Int>, without kept: [ClosedRange<Int>]) -> Int {
        max(0, kept.filter { $0.overlaps(range) }.reduce(range.count) { $0 - $1.clamped(to: range).count })
    }
}
