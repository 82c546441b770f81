import EventLoop
import System
import TestSupport
import Testing

@testable import Gateway

/// Every event in every state of a connection: each complete request has its response, in order, and everything that the
/// connection had is given back.
@Suite(.timeLimit(.minutes(1))) struct ConnectionStateTests {
    typealias Scene = ConnectionStage.Scene
    typealias Event = ConnectionStage.Event

    private static func expected(_ scene: Scene, _ event: Event) -> [Int] {
        let completed = scene.rest.isEmpty ? [] : [200]
        guard scene.goesOn else { return scene.owed }
        switch event {
        case .nothing, .end, .reset, .drain, .eviction, .finished: return scene.owed
        case .request: return scene.owed + completed + [200]
        case .garbage: return scene.owed + completed + [400]
        // Bytes in a buffer need no room, and unread bytes are read when there is room again.
        case .noRoom: return scene == .idle ? [503] : scene.owed + completed
        }
    }

    @Test(arguments: Scene.allCases, Event.allCases)
    func anEventInAState(scene: Scene, event: Event) async throws {
        try await onLoop { loop in
            let stage = try ConnectionStage(scene, on: loop)
            #expect(stage.isAt(scene), "\(stage.connection.state)")
            try stage.deliver(event, completing: scene.rest)
            let statuses = try await stage.statuses()
            #expect(statuses == (event == .reset ? nil : Self.expected(scene, event)))
            #expect(stage.isClean)
        }
    }

    /// Two events before the loop has come round: the second finds the connection wherever the first has taken it.
    @Test(arguments: Scene.allCases, Event.allCases)
    func twoEventsAtOnce(scene: Scene, first: Event) async throws {
        try await onLoop { loop in
            for second in Event.allCases {
                let stage = try ConnectionStage(scene, on: loop)
                try stage.deliver(first, completing: scene.rest)
                try stage.deliver(second)
                let statuses = try await stage.statuses()
                #expect((statuses == nil) == (first == .reset || second == .reset), "then \(second)")
                #expect(statuses?.starts(with: scene.owed) ?? true, "then \(second): \(statuses ?? [])")
                // A refusal is the last response.
                #expect(statuses?.dropLast().allSatisfy { $0 == 200 } ?? true, "then \(second): \(statuses ?? [])")
                #expect(stage.isClean, "then \(second)")
            }
        }
    }

    /// The beginning of a further request has come along, and no room is left to keep it.
    @Test(arguments: [Scene.idle, .exchanging, .asking, .pausing, .writing, .closing])
    func bytesBehindTheRequestWithoutRoom(scene: Scene) async throws {
        try await onLoop { loop in
            for event in Event.allCases {
                let stage = try ConnectionStage(scene, following: "GET /hea", on: loop)
                try stage.deliver(event)
                let statuses = try await stage.statuses()
                let told: [Int] =
                    switch scene {
                    // The response of the request at hand is the last one.
                    case .exchanging, .asking, .closing: [200]
                    // The bytes that did not fit are requests, too.
                    case .pausing: Array(repeating: 200, count: 16) + [503]
                    case .writing: [200, 503]
                    default: [503]
                    }
                #expect(statuses == (event == .reset ? nil : told), "\(event)")
                #expect(stage.isClean, "\(event)")
            }
        }
    }

    /// A request that came with the one before it is served after the other handlers, and the response does not wait for
    /// it.
    @Test func aRequestThatHasComeAlready() async throws {
        try await onLoop { loop in
            for following in [ConnectionStage.healthz, Scene.exchanging.request, "\r\n", "GET /hea"] {
                let stage = try ConnectionStage(.exchanging, following: following, hasRoom: true, on: loop)
                // Whatever deadline the last state had is not this one's.
                stage.connection.setDeadline(.milliseconds(1))
                let before = stage.context.counts.yields
                try stage.deliver(.finished)
                let isWhole = following.count > "GET /hea".count
                let statuses = try await stage.statuses()
                #expect(statuses == (isWhole ? [200, 200] : [200]), "before \(following)")
                #expect(stage.context.counts.yields == before + 1)
                #expect(stage.isClean)
            }
        }
    }

    /// The deadline passes, where there is one, and then another event comes, where the connection is still open.
    @Test(arguments: Scene.allCases)
    func aDeadlineThatPasses(scene: Scene) async throws {
        var configuration = Configuration()
        (configuration.idleTimeout, configuration.headerTimeout) = (.milliseconds(5), .milliseconds(5))
        (configuration.bodyTimeout, configuration.writeTimeout) = (.milliseconds(5), .milliseconds(5))
        configuration.lingerTimeout = .milliseconds(5)
        let settings = configuration
        try await onLoop { loop in
            for event in Event.allCases {
                let stage = try ConnectionStage(scene, following: "", settings, on: loop)
                while Self.hasDeadline(stage.connection.state) {
                    await loop.sleep(until: loop.now + .milliseconds(1))
                }
                try stage.deliver(event)
                // The client did not read: its response is cut.
                guard scene != .writing, scene != .closing else {
                    try await stage.end()
                    #expect(stage.isClean, "\(event)")
                    continue
                }
                let statuses = try await stage.statuses()
                let told = [.partOfHead, .head].contains(scene) ? [408] : scene.owed
                if let statuses { #expect(statuses.starts(with: told), "\(event): \(statuses)") }
                #expect((statuses == nil) == (event == .reset), "\(event)")
                #expect(stage.isClean, "\(event)")
            }
        }
    }

    /// A client that reads, and so slowly that the kernel reports no room, gets the whole response; one that stops is
    /// cut.
    @Test(arguments: [true, false])
    func aClientThatReadsSlowly(stops: Bool) async throws {
        try await onLoop { loop in
            let stage = try ConnectionStage(.writing, on: loop)
            for _ in 0..<2 {
                #expect(stage.readsUntilTheKernelSends())
                stage.passDeadline()
                #expect(stage.isAt(.writing), "\(stage.connection.state)")
            }
            if stops {
                stage.passDeadline()
                #expect(stage.isAt(.closed), "\(stage.connection.state)")
            } else {
                #expect(try await stage.statuses() == [200])
                #expect(stage.isClean)
            }
        }
    }

    private static func hasDeadline(_ state: Connection.State) -> Bool {
        switch state {
        case .reading, .writing, .lingering: true
        case .exchanging, .asking, .pausing, .closed: false
        }
    }
}
