import EventLoop
import Glibc
import System
import TestSupport
import Testing

/// TERM while all connections are busy: whatever was read is answered.
@Suite struct DrainTests {
    private static let callers = 48

    @Test(arguments: [1, 2])
    func `no request that was read is lost under load`(workers: Int) async throws {
        let service = try SlowService()
        let options = ["--workers", "\(workers)", "--timeout", "60s", "--drain-timeout", "60s"]
        let gateway = try RunningGateway(options, upstream: service.address)
        let idle = try TCPConnection(to: gateway.address)
        idle.send("GET /healthz HTTP/1.1\r\nHost: letterbox\r\n\r\n")
        _ = try idle.receive(until: "ok\n")

        let port = try gateway.address.port
        let (calls, ending) = try await withThrowingTaskGroup(of: BusyCall.self) { group in
            for number in 0..<Self.callers {
                group.addTask { try await Thread.blocking { try BusyCall.make(number, port) } }
            }
            let ending = try await Thread.blocking { try end(gateway, idle, service) }
            var calls: [BusyCall] = []
            for try await call in group { calls.append(call) }
            return (calls, ending)
        }
        try service.end()
        #expect(ending.status == 0)
        // The limits, where it is ready, and that it was told to end.
        #expect(ending.errorLines.count == 3)

        let received = service.received
        #expect(Set(received).count == received.count)
        var answered: Set<String> = []
        for call in calls {
            call.check(received: Set(received), wasTold: workers == 1 && call.isHeld)
            answered.formUnion(call.answered)
        }
        #expect(answered == Set(received))
    }

    /// Tells the gateway to end in the middle of the load, and waits for its end.
    private func end(
        _ gateway: RunningGateway, _ idle: TCPConnection, _ service: SlowService
    ) throws -> Program.Ending {
        try wait { service.received.count > 20 * Self.callers }
        // Half of the callers get nothing before the gateway has been told, so that these are surely answered later.
        service.hold(BusyCall.isHeld)
        try wait { service.held == Self.callers / 2 }
        gateway.program.signal(SIGTERM)
        // The end of the idle connection shows that the signal has come through.
        _ = try idle.receiveToEnd()
        #expect(throws: TCPConnection.Refused(errno: ECONNREFUSED)) { try TCPConnection(to: gateway.address) }
        service.hold { _ in false }
        return try gateway.program.ending()
    }

    private func wait(until condition: () -> Bool) throws {
        let deadline = ContinuousClock.now + Program.timeLimit
        while !condition() {
            try #require(ContinuousClock.now < deadline)
            usleep(1000)
        }
    }
}

/// The record of a client that posted on one connection, a batch of bodies at a time, until its end.
private struct BusyCall {
    let number: Int
    /// The answers, with their bodies.
    private var exchanges: [(body: String, response: WireResponse)] = []
    /// The bodies that were sent and not answered.
    private var unanswered: ArraySlice<String> = []
    /// The received bytes after the last whole response.
    private var remainder: [UInt8] = []

    /// Whether the replies to a caller's bodies are held back at the end.
    static func isHeld(_ body: String) -> Bool { body.hasPrefix("held ") }
    var isHeld: Bool { number % 2 == 1 }

    /// Some send one request at a time, some four, and some the next four while the last four are under way.
    private var batch: Int { number % 3 == 0 ? 1 : 4 }
    private var batchesUnderWay: Int { number % 3 == 2 ? 2 : 1 }

    var answered: [String] { exchanges.map(\.body) }

    /// Posts in a closed loop.
    static func make(_ number: Int, _ port: UInt16) throws -> BusyCall {
        let socket = try WireSocket(port: port)
        var call = BusyCall(number: number)
        repeat {
            while call.unanswered.count < call.batch * call.batchesUnderWay { call.sendBatch(socket) }
        } while try call.receive(socket)
        return call
    }

    private mutating func sendBatch(_ socket: WireSocket) {
        let first = exchanges.count + unanswered.count
        let bodies = (first..<first + batch).map { "\(isHeld ? "held" : "free") \(number) \($0)" }
        unanswered += bodies
        let requests = bodies.map {
            "POST / HTTP/1.1\r\nHost: letterbox\r\nContent-Length: \($0.utf8.count)\r\n\r\n\($0)"
        }
        socket.send(Array(requests.joined().utf8))
    }

    /// Receives until a batch is answered; false when the connection is over.
    private mutating func receive(_ socket: WireSocket) throws -> Bool {
        repeat {
            let bytes = try socket.receive()
            guard !bytes.isEmpty else { return false }
            remainder += bytes
            var reader = WireResponses(remainder)
            while !reader.isAtEnd, let response = try? reader.next(toHead: false), let body = unanswered.popFirst() {
                exchanges.append((body, response))
                remainder = remainder.suffix(reader.count)
            }
        } while exchanges.count % batch != 0 || isOver
        return true
    }

    private var isOver: Bool { exchanges.last?.response.isLast ?? false }

    /// All that came is whole and in its place, what was read was answered, and the end was announced.
    func check(received: Set<String>, wasTold: Bool) {
        #expect(remainder.isEmpty, "\(String(decoding: remainder, as: UTF8.self))")
        for (body, response) in exchanges {
            #expect(response.status == 200)
            #expect(String(decoding: response.content, as: UTF8.self) == SlowService.reply(to: body))
        }
        #expect(!exchanges.dropLast().contains { $0.response.isLast })
        // All requests of a batch arrive in one piece, so that they have been read when one has been answered.
        #expect(unanswered.count % batch == 0, "\(unanswered)")
        #expect(!unanswered.contains { received.contains($0) }, "\(unanswered)")
        if wasTold { #expect(isOver, "caller \(number)") }
    }
}

extension WireResponse {
    /// Whether it announces the end of its connection.
    fileprivate var isLast: Bool { values("connection") == ["close"] }
}
