internal import System

/// The constant parts of a line of the access log.
struct AccessFormat {
    /// The text around a value.
    struct Key {
        let opening: [UInt8]
        let closing: [UInt8]

        fileprivate init(_ opening: String, _ closing: String = "") {
            (self.opening, self.closing) = (Array(opening.utf8), Array(closing.utf8))
        }
    }

    let isJSON: Bool
    /// The text around the time: before it the beginning, after it level and message.
    let info, warning: Key
    let method, path, status, client, service, attempts, backend: Key
    let total, upstream, received, sent, unsent, error, trace, id: Key
    let ending: [UInt8]
    /// Between time and client, client and backend, backend and time of a plain exchange with the service at `/`.
    let usual: (beforeClient: [UInt8], beforeBackend: [UInt8], beforeTotal: [UInt8])

    init(_ style: LogStyle) {
        let isJSON = style.format == .json
        self.isJSON = isJSON
        func text(_ name: String) -> Key { isJSON ? Key(",\"\(name)\":\"", "\"") : Key(" \(name)=") }
        func number(_ name: String) -> Key { isJSON ? Key(",\"\(name)\":") : Key(" \(name)=") }
        func start(_ level: LogLevel) -> Key {
            isJSON
                ? Key("{\"time\":\"", "\",\"level\":\"\(level)\",\"logger\":\"access\",\"message\":\"request\"")
                : Key(style.opening(level), " \(level) access:")
        }
        (info, warning) = (start(.info), start(.warning))
        method = isJSON ? text("method") : Key(" ")
        path = isJSON ? text("path") : Key(" ")
        status = isJSON ? number("status") : Key(" ")
        (client, service, attempts, backend) = (text("client"), text("service"), number("attempts"), text("backend"))
        (total, upstream) = (number("ms"), number("upstream_ms"))
        (received, sent, unsent) = (number("bytes_in"), number("bytes_out"), number("bytes_unsent"))
        (error, trace, id) = (text("error"), text("trace_id"), text("request_id"))
        ending = Array((isJSON ? "}\n" : "\n").utf8)
        usual.beforeClient =
            [UInt8(ascii: "Z")] + info.closing + method.opening + Array("POST".utf8) + method.closing + path.opening
            + Array("/".utf8) + path.closing
            + status.opening + Array("200".utf8) + status.closing + client.opening
        usual.beforeBackend =
            client.closing + service.opening + Array("/".utf8) + service.closing + attempts.opening
            + Array("1".utf8) + attempts.closing + backend.opening
        usual.beforeTotal = backend.closing + total.opening
    }
}
