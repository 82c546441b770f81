import EventLoop
import System
import TestSupport
import Testing

@testable import Gateway

/// A client that sends requests and reads no response: once the responses wait, its further requests do, too.
@Suite(.timeLimit(.minutes(1))) struct UnreadResponseTests {
    private static let following = 300
    private static let length = 60_000

    /// A scene and the request that it repeats.
    private static let scenes: [(ConnectionStage.Scene, String)] = [
        (.exchanging, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"),
        (.exchanging, "POST / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nContent-Length: 1\r\n\r\na"),
        (.exchanging, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
        (.asking, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"),
    ]

    @Test(arguments: scenes)
    func responsesThatWaitAreBounded(scene: ConnectionStage.Scene, request: String) async throws {
        try await onLoop { loop in
            let stage = try ConnectionStage(
                scene, following: String(repeating: request, count: Self.following), hasRoom: true, on: loop)
            stage.replyLength = Self.length
            var most = 0
            while true {
                if case .writing = stage.connection.state { break }
                try stage.finish()
                await stage.pass()
                most = max(most, stage.connection.output.count)
                try #require(most < 10 * Connection.burst, "it serves on")
            }
            // A response behind the limit, with its head or its trace.
            #expect(most > Connection.burst && most <= Connection.burst + Self.length + 2048)
            let statuses = try await stage.statuses()
            #expect(statuses == Array(repeating: 200, count: 1 + Self.following))
            #expect(stage.isClean)
        }
    }

    /// A client that has left gets no further requests served.
    @Test(arguments: scenes)
    func aClientThatHasLeft(scene: ConnectionStage.Scene, request: String) async throws {
        try await onLoop { loop in
            let stage = try ConnectionStage(
                scene, following: String(repeating: request, count: Self.following), hasRoom: true, on: loop)
            try stage.deliver(.reset)
            let statuses = try await stage.statuses()
            #expect(statuses == nil)
            #expect(stage.asked <= 2 && stage.isClean)
            #expect(stage.connection.served <= 2, "\(stage.connection.served) requests")
        }
    }

    /// Many replies count as buffered bytes until the client has read them, in each form.
    @Test(arguments: ["application/json", "application/x-ndjson", "application/octet-stream"])
    func repliesThatWaitCount(form: String) async throws {
        try await onLoop { loop in
            let post = "POST / HTTP/1.1\r\nHost: a\r\nAccept: \(form)\r\nContent-Length: 1\r\n\r\na"
            var policy = ReplyPolicy()
            policy.count = .some(20)
            let stage = try ConnectionStage(.idle, replies: policy, on: loop)
            // What comes behind it is not served before they have left.
            let next = post.replacing("Host: a\r\n", with: "Host: a\r\nPrefer: wait=1\r\n")
            try stage.deliver(.request, completing: post + next)
            try await stage.reply(20, of: Self.length)
            while stage.connection.output.isEmpty || stage.context.limits.inFlight.used > 0 { await stage.pass() }
            for _ in 0..<5 { await stage.pass() }
            #expect(stage.connection.output.count > Connection.burst)
            // Lines leave one by one, each with some bytes besides its reply.
            let waiting = form.hasSuffix("ndjson") ? stage.connection.output.count - 20 * 256 : 20 * Self.length
            #expect(stage.context.limits.buffered.used >= waiting)
            #expect(stage.context.limits.inFlight.used == 0)
            try await stage.end()
            #expect(stage.isClean)
        }
    }

    /// The lines of a stream count no longer once they have left, also where no further reply lets them leave.
    @Test func linesThatLeaveLaterMakeRoom() async throws {
        try await onLoop { loop in
            var policy = ReplyPolicy()
            (policy.count, policy.wait) = (.some(21), .seconds(50))
            let stage = try ConnectionStage(.idle, replies: policy, on: loop)
            stage.arrive("POST / HTTP/1.1\r\nHost: a\r\nAccept: application/x-ndjson\r\nContent-Length: 1\r\n\r\na")
            try await stage.reply(20, of: Self.length)
            #expect(!stage.connection.output.isEmpty && stage.context.limits.buffered.used > 0)
            while stage.context.limits.buffered.used > 0 { try await stage.settle(1) }
            #expect(stage.context.limits.inFlight.used == 1)
            try await stage.end()
            #expect(stage.isClean)
        }
    }

    /// Few bytes of the replies wait, fewer than responses may have when a further request is served, and another request
    /// has come: it waits, since its own replies would be counted in their place.
    @Test func fewBytesThatWaitCount() async throws {
        try await onLoop { loop in
            let post = "POST / HTTP/1.1\r\nHost: a\r\nAccept: application/octet-stream\r\nContent-Length: 1\r\n\r\na"
            let next = post.replacing("Host: a\r\n", with: "Host: a\r\nPrefer: wait=1\r\n")
            var policy = ReplyPolicy()
            policy.count = .some(20)
            // The kernel takes as much of a second response as of the first one.
            var (length, waiting) = (Self.length, 0)
            while true {
                let stage = try ConnectionStage(.idle, replies: policy, on: loop)
                try stage.deliver(.request, completing: post + next)
                try await stage.reply(20, of: length)
                while stage.connection.output.isEmpty || stage.context.limits.inFlight.used > 0 { await stage.pass() }
                for _ in 0..<5 { await stage.pass() }
                waiting = stage.connection.output.count
                if waiting <= Connection.burst {
                    #expect(waiting > 0 && stage.context.limits.inFlight.used == 0)
                    #expect(stage.context.limits.buffered.used >= 20 * length)
                }
                try await stage.end()
                #expect(stage.isClean)
                if waiting <= Connection.burst { return }
                length -= (waiting - Connection.burst / 2) / 20
            }
        }
    }
}
