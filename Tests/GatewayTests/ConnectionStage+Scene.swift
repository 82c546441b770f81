extension ConnectionStage {
    /// The states of a connection.
    enum Scene: CaseIterable {
        case idle, blank, partOfHead, head, exchanging, last, asking, pausing, writing, closing, lingering, closed

        /// The bytes that the client has sent.
        var request: String {
            switch self {
            case .idle, .closed: ""
            // Old clients send a line end behind a request's content (RFC 9112 2.2).
            case .blank: "\r\n"
            case .partOfHead: "GET /heal"
            case .head: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"
            case .exchanging: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde"
            case .last: "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nabcde"
            case .asking: "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
            case .pausing: String(repeating: ConnectionStage.healthz, count: 40)
            case .writing: "GET /big.txt HTTP/1.1\r\nHost: a\r\n\r\n"
            case .closing: "GET /big.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            case .lingering: "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n\r\n"
            }
        }

        /// The bytes that complete the request.
        var rest: String {
            switch self {
            case .partOfHead: "thz HTTP/1.1\r\nHost: a\r\n\r\n"
            case .head: "cde"
            default: ""
            }
        }

        /// The statuses of the requests that are complete.
        var owed: [Int] {
            switch self {
            case .idle, .blank, .partOfHead, .head, .closed: []
            case .exchanging, .last, .asking, .writing, .closing, .lingering: [200]
            case .pausing: Array(repeating: 200, count: 40)
            }
        }

        /// Whether another request is served after those.
        var goesOn: Bool { ![.last, .closing, .lingering, .closed].contains(self) }
    }

    /// The events that may come to it.
    enum Event: CaseIterable {
        /// A call for nothing, a further request, bytes that are none, the beginning of one while no room is left.
        case nothing, request, garbage, noRoom
        /// The end of what the client sends, and its end without a word.
        case end, reset
        /// The end of the gateway, and a connection that needs the place.
        case drain, eviction
        /// The event inside the gateway that the connection waits for.
        case finished
    }
}
