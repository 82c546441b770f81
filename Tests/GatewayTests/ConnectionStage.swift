import CLinux
import EventLoop
import Glibc
import HTTP
import System
import Testing

@testable import Gateway

/// A connection on a loop that does nothing by itself: a test brings it into a state, and lets an event come there.
///
/// All of it is called on the loop's thread, which hears of the kernel's events only where the test waits.
final class ConnectionStage {
    static let healthz = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"

    private static let page = Page([
        Page.Source(name: "big.txt", bytes: [UInt8](repeating: 98, count: 1 << 20), modified: 0)
    ])

    let loop: EventLoop
    let context: ConnectionContext
    let connection: Connection
    private let caller: LoopCaller
    private let service: DatagramSocket
    private var batch = DatagramBatch(capacity: 4)
    private var received: [UInt8] = []
    private var isCut = false
    /// The length of the replies and of the figures; nil for what came, and a word.
    var replyLength: Int?
    /// The datagrams that the service got.
    private(set) var asked = 0
    private var roomTaken = 0

    /// Opens a connection and brings it into a state.
    ///
    /// - `following`: what arrives behind its request, and whether there is room to keep it.
    init(
        _ scene: Scene, following: String = "", hasRoom: Bool = false, _ configuration: Configuration = Configuration(),
        replies policy: ReplyPolicy = ReplyPolicy(), on loop: EventLoop
    ) throws {
        self.loop = loop
        let any = try #require(SocketAddress("127.0.0.1", port: 0))
        service = try DatagramSocket(boundTo: any)
        let limits = SharedLimits(configuration)
        let upstream = Upstream(
            configuration: configuration, policy: policy, limits: limits, replies: ReplyBuffer(), loop: loop)
        upstream.replaceAddresses([try service.localAddress()])
        let route = ServiceRoute(
            Service(path: "/", addresses: [], configuration: configuration, replies: policy), upstream)
        context = ConnectionContext(
            loop: loop, configuration: configuration, limits: limits, load: SharedLimit(.max),
            router: Router(configuration: configuration, page: Self.page, services: ServiceTable([route])),
            upstream: upstream)
        let listener = try StreamListener(on: any)
        caller = try LoopCaller(try #require(listener.address.socketAddress), on: loop)
        let text = scene.request + following
        if !text.isEmpty { try caller.send(text) }
        let number = try Self.accept(from: listener)
        // The kernel does not take the whole of the large file.
        var room: Int32 = 65_536
        unsafe _ = setsockopt(number, SOL_SOCKET, SO_SNDBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        if !text.isEmpty { Self.waitForInput(number) }
        _ = limits.connections.take()
        if !following.isEmpty, !hasRoom, limits.buffered.take(limits.buffered.most) { roomTaken = limits.buffered.most }
        connection = try Connection(socket: StreamSocket(owning: number), context: context)
        if scene == .closed {
            caller.socket.shutDownSending()
            Self.waitForInput(number)
            connection.ready([.toRead, .ended])
        }
    }

    /// Whether the connection is where it should be.
    func isAt(_ scene: Scene) -> Bool {
        switch (scene, connection.state) {
        case (.idle, .reading(.nothing)), (.blank, .reading(.nothing)), (.partOfHead, .reading(.partOfHead)),
            (.head, .reading(.head)):
            true
        case (.exchanging, .exchanging), (.last, .exchanging), (.asking, .asking), (.pausing, .pausing): true
        case (.writing, .writing(thenCloses: false)), (.closing, .writing(thenCloses: true)): true
        case (.lingering, .lingering), (.closed, .closed): true
        default: false
        }
    }

    /// Lets an event come.
    func deliver(_ event: Event, completing rest: String = "") throws {
        switch event {
        case .nothing: connection.ready([])
        case .request: arrive(rest + Self.healthz)
        case .garbage: arrive(rest + "\u{1}\u{1}\u{1}\u{1}\r\n\r\n")
        case .noRoom:
            takeRoom()
            arrive(rest + "GET /hea")
            giveRoomBack()
        case .end:
            caller.socket.shutDownSending()
            hear([.toRead, .ended])
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            let number = caller.socket.descriptor.number
            unsafe _ = setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
            // connect(2): an address of the family AF_UNSPEC dissolves the connection.
            var nowhere = sockaddr()
            nowhere.sa_family = sa_family_t(AF_UNSPEC)
            _ = unsafe Glibc.connect(number, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
            isCut = true
            hear([.toRead, .ended, .toWrite])
        case .drain: context.drain()
        case .eviction: _ = context.evict()
        case .finished: try finish()
        }
    }

    private func takeRoom() {
        let room = context.limits.buffered.most - context.limits.buffered.used
        if context.limits.buffered.take(room) { roomTaken += room }
    }

    private func giveRoomBack() {
        context.limits.buffered.giveBack(roomTaken)
        roomTaken = 0
    }

    /// Lets bytes arrive.
    func arrive(_ text: String) {
        let bytes = Array(text.utf8)
        _ = try? caller.socket.send(bytes.span)
        hear(.toRead)
    }

    /// The loop's call for what the kernel has, unless it has let go of the connection.
    private func hear(_ readiness: Readiness) {
        if case .closed = connection.state { return }
        Self.waitForInput(connection.watch.number)
        connection.ready(readiness)
    }

    private static func accept(from listener: borrowing StreamListener) throws -> Int32 {
        while true {
            if let socket = try listener.accept() { return socket.release() }
        }
    }

    private static func waitForInput(_ number: Int32) {
        var ready = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        unsafe _ = poll(&ready, 1, 10_000)
    }

    /// Sends replies of the same length to the next datagram, one after the other.
    func reply(_ count: Int, of length: Int) async throws {
        var bytes = [UInt8](repeating: 97, count: length)
        while true {
            if let (_, sender) = try service.receiveFrom(into: &bytes, bytes.indices) {
                for _ in 0..<count {
                    _ = try service.send(bytes.span, to: sender)
                    await pass()
                }
                return
            }
            await pass()
        }
    }

    /// Lets the loop hear the kernel.
    func pass() async { await loop.sleep(until: loop.now + .milliseconds(1)) }

    /// Gives the connection what it waits for.
    func finish() throws {
        let long = replyLength.map { [UInt8](repeating: 97, count: $0) }
        if case .asking = connection.state {
            connection.finished(Response(.ok, PrometheusText.mediaType, content: long ?? Array("figures".utf8)))
        }
        let count = try batch.receive(from: service)
        guard count > 0 else { return }
        asked += count
        _ = batch.answer { datagram, reply in
            if let long {
                for byte in long { reply.append(byte) }
            } else {
                for index in datagram.indices { reply.append(datagram[index]) }
            }
        }
        _ = try batch.send(over: service)
    }

    /// Lets everything end, and tells the statuses of the responses that the client got; nil where it was cut off.
    func statuses() async throws -> [Int]? {
        try await end()
        return isCut ? nil : try Self.statuses(in: received)
    }

    /// Lets the connection go as far as it comes in some iterations of the loop, with a client that reads.
    func settle(_ iterations: Int = 20) async throws {
        for _ in 0..<iterations {
            try finish()
            _ = receive()
            await pass()
        }
    }

    /// The received bytes.
    var text: String { String(decoding: received, as: UTF8.self) }

    /// Lets everything end, with a client that reads all.
    func end() async throws {
        giveRoomBack()
        caller.socket.shutDownSending()
        var isOver = false
        while context.counts.open > 0 || !isOver {
            try finish()
            isOver = receive() || isOver
            await pass()
        }
    }

    /// Lets the client read until the kernel has sent more of the response; false where the response is whole before.
    ///
    /// The connection hears nothing of it.
    func readsUntilTheKernelSends() -> Bool {
        let before = connection.socket?.unsent ?? 0
        while before > 0, connection.socket?.unsent == before {
            if receive(atMost: 1) { return false }
        }
        return before > 0
    }

    /// Lets the connection's deadline pass.
    func passDeadline() {
        connection.deadline.set(MonotonicTime(nanoseconds: 0), for: connection, on: loop)
        connection.alarm()
    }

    /// Takes what has come; true where no more will.
    private func receive(atMost most: Int = .max) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        var pieces = 0
        while !isCut, pieces < most {
            pieces += 1
            do {
                guard let count = try caller.socket.receive(into: &bytes, bytes.indices) else { return false }
                if count == 0 { return true }
                received += bytes[..<count]
            } catch {
                isCut = true
            }
        }
        return isCut
    }

    private static func statuses(in bytes: [UInt8]) throws -> [Int] {
        var statuses: [Int] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = try #require(rest.firstRange(of: Array("\r\n\r\n".utf8)))
            let head = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
            statuses.append(try #require(Int(head.split(separator: " ")[1])))
            let length = try #require(head.firstMatch(of: /\r\nContent-Length: (\d+)/).flatMap { Int($0.1) })
            try #require(rest.endIndex - end.upperBound >= length, "the response is cut")
            rest = rest[(end.upperBound + length)...]
        }
        return statuses
    }

    /// Whether everything that the connection had has been given back.
    var isClean: Bool {
        context.limits.connections.used == 0 && context.limits.inFlight.used == 0
            && context.limits.buffered.used == 0 && context.idle.oldest == nil && !context.sharedBuffer.isEmpty
    }
}
