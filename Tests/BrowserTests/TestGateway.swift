import Foundation
import TestSupport

/// A gateway of the test's own, on a port that the system chose.
struct TestGateway {
    let url: String
    /// Where it sends datagrams to, such as "127.0.0.1:12000"; empty with --service alone.
    let upstream: String

    var port: String { String(url.split(separator: ":").last ?? "") }

    /// Runs a gateway while `body` uses it; without --upstream it has its embedded server.
    static func run(_ arguments: [String] = [], port: String = "0", _ body: (TestGateway) throws -> Void) throws {
        let folder = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = URL(fileURLWithPath: folder).deletingLastPathComponent().appendingPathComponent("letterbox").path
        let own = arguments.contains("--upstream") || arguments.contains("--service") ? [] : ["--server-port", "0"]
        let (child, gateway) = try Child.start(
            path, ["--port", port, "--workers", "1"] + own + arguments
        ) { line -> TestGateway? in
            guard line.hasPrefix("The gateway is ready: "), let start = line.firstRange(of: "http://") else {
                return nil
            }
            let url = line[start.lowerBound...].prefix { $0 != " " }
            // Services have lines of their own.
            let arrow = line.firstRange(of: " -> udp://")
            let upstream = arrow.map { line[$0.upperBound...].prefix { $0 != " " } } ?? ""
            return TestGateway(url: String(url), upstream: String(upstream))
        }
        defer { child.end() }
        try body(gateway)
    }
}

/// The folders of the page and of the pictures.
enum Folders {
    static let page = Repository.root.appendingPathComponent("public")

    /// Where screenshots are kept.
    static func output() throws -> URL {
        let folder = Repository.root.appendingPathComponent("Tests/Output")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
