internal import HTTP
package import System

/// A line for each request, or for each failed one: client, request, result and duration.
///
/// The workers add lines, and a separate thread writes them; see ``LineQueue``.
package final class AccessLog: Sendable {
    /// The requests that have a line.
    package enum Coverage: String, CaseIterable, Sendable {
        case off
        /// Requests with a status of 400 or above, and those whose client left.
        case failures
        case all
    }

    let style: LogStyle
    let queue: LineQueue
    /// The least status of a response that has a line.
    let leastStatus: Int

    /// Starts the thread.
    ///
    /// - `limit`: the most bytes that wait for their reader.
    package init(_ coverage: Coverage, limit: Int, output: LogOutput) throws(SystemError) {
        style = output.style
        queue = try LineQueue(limit: limit, output: output)
        let least =
            switch coverage {
            case .off: Int.max
            case .failures: 400
            case .all: 0
            }
        // Failures of the gateway and its services are warnings, all else is information.
        leastStatus = style.level > .warning ? .max : style.level > .info ? max(500, least) : least
    }

    /// The lines dropped because their reader was too slow.
    package var dropped: Int { queue.dropped }

    /// Writes the lines that the reader takes without a wait, and ends the log.
    package func finish() { queue.finish() }
}

/// The values of a line of the access log.
struct AccessEntry {
    /// The reason why a client did not get its response.
    enum Interruption: String {
        /// It left before it had its response, or before its request was complete.
        case closed = "client_closed_request"
        /// It did not read its response in time.
        case stalled = "client_stopped_reading"
        /// The gateway ended before the response.
        case cut = "gateway_closed_request"

        /// A client that left has a status as nginx counts it; a gateway that ends is not available (RFC 9110 15.6.4).
        var status: Int { self == .cut ? Int(Status.serviceUnavailable.code) : AccessEntry.clientClosed }
    }

    /// The status of a request whose client did not get an answer, as nginx counts it.
    static let clientClosed = 499

    /// Nil where the bytes do not contain it.
    var method: ArraySlice<UInt8>?
    var path: ArraySlice<UInt8>?
    var status: Int
    var error: String?
    var service: String?
    /// The record of the exchange, where there was one, with its last backend.
    var exchange = ExchangeRecord()
    var backend: [UInt8] = []
    var total: Interval?
    var received = 0
    var sent = 0
    /// The caller's identifiers of the request, and whether the response repeats them in its content.
    var names: RequestNames?
    private(set) var takesNames = false
    /// Bytes of earlier responses that have not left.
    var unsent: Int?

    init(_ status: Int) { self.status = status }

    init(_ interruption: Interruption) {
        status = interruption.status
        error = interruption.rawValue
    }

    init(_ response: Response) {
        status = Int(response.status.code)
        // RFC 9209 2.3.17: the response is an intermediary's own, to a request that it does not forward.
        let isOfClient = (400..<500).contains(response.status.code)
        error = (response.failure?.error ?? (isOfClient ? .requestError : nil))?.rawValue
        service = response.failure.flatMap { $0.service.isEmpty ? nil : $0.service }
        sent = response.content.count
        takesNames = response.takesNames
    }

    /// The method and the path at the front of bytes that are not a request, if they can be found.
    mutating func readLine(of bytes: ArraySlice<UInt8>) {
        let line = bytes.drop { $0 == 13 || $0 == 10 }.prefix(Self.shown + 32).prefix { $0 != 13 && $0 != 10 }
        let method = line.prefix { $0 != UInt8(ascii: " ") }
        let isWord = !method.isEmpty && method.allSatisfy { (65...90).contains($0 & 0xDF) }
        guard isWord, method.count <= 16, method.endIndex < line.endIndex else { return }
        self.method = method
        let path = RawHead.path(of: line[method.endIndex...].dropFirst().prefix { $0 != UInt8(ascii: " ") })
        if !path.isEmpty { self.path = path.prefix(Self.shown) }
    }

    /// The most bytes of a malformed path in a line.
    private static let shown = 256
}
