import EventLoop
import HTTP
import System
import TestSupport
import Testing

@testable import Gateway

/// The last requests of a connection when the gateway is about to end: those that have begun by then, and no others.
@Suite(.timeLimit(.minutes(1))) struct LastBytesTests {
    private static let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde"
    private static let chunked =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"

    /// A client that always has sent a part of its next request.
    @Test(arguments: [post, chunked, ConnectionStage.healthz], [2, 3, 20])
    func aClientThatNeverPauses(request: String, part: Int) async throws {
        try await onLoop { loop in
            let head = String(request.prefix(request.count / part))
            let tail = String(request.dropFirst(request.count / part))
            let stage = try ConnectionStage(.exchanging, following: head, hasRoom: true, on: loop)
            try stage.deliver(.drain)
            for _ in 0..<5 {
                stage.arrive(tail + head)
                try await stage.settle()
            }
            // The one under way, the one that had begun, and the one behind it when the connection looked.
            let statuses = try await stage.statuses()
            #expect(statuses == [200, 200, 200])
            #expect(stage.text.split(separator: "\r\nConnection: close\r\n").count == 2)
            #expect(stage.isClean)
        }
    }

    /// More requests have arrived than one read takes.
    @Test func requestsThatHaveArrived() async throws {
        try await onLoop { loop in
            let count = 2500
            let following = String(repeating: ConnectionStage.healthz, count: count)
            let stage = try ConnectionStage(.exchanging, following: following, hasRoom: true, on: loop)
            #expect(following.utf8.count > stage.context.requestLimits.payload.maxBody + 16_384)
            try stage.deliver(.drain)
            while stage.connection.lastBytes == nil { try await stage.settle(1) }
            stage.arrive(ConnectionStage.healthz)
            let statuses = try await stage.statuses()
            #expect(statuses?.count == 1 + count)
            #expect(stage.isClean)
        }
    }

    /// A condition counts where the response without it were a success (RFC 9110 13.2.1).
    @Test func aConditionOnReadiness() async throws {
        try await onLoop { loop in
            let stage = try ConnectionStage(.idle, on: loop)
            let request = "GET /readyz HTTP/1.1\r\nHost: a\r\nIf-Match: \"a\"\r\n\r\n"
            stage.arrive(request)
            stage.context.beginDrainDelay()
            stage.arrive(request)
            #expect(try await stage.statuses() == [412, 503])
        }
    }

    /// While responses say that the connection ends, and the gateway still accepts.
    @Test func duringTheDrainDelay() async throws {
        try await onLoop { loop in
            let stage = try ConnectionStage(.idle, on: loop)
            stage.context.beginDrainDelay()
            stage.arrive(ConnectionStage.healthz + ConnectionStage.healthz + "GET /hea")
            stage.arrive("lthz HTTP/1.1\r\nHost: a\r\n\r\n" + ConnectionStage.healthz)
            #expect(try await stage.statuses() == [200, 200, 200])
            #expect(stage.isClean)
        }
    }
}
