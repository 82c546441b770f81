import NIOCore
import NIOPosix

/// What ends an exchange without a reply, besides the system's own errors.
enum ExchangeError: Error {
    case noReply
}

/// One connected UDP channel: carries one exchange at a time.
final class Door: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let channel: any Channel
    private var reply: EventLoopPromise<ByteBuffer>?
    private var deadline: Scheduled<Void>?

    init(channel: any Channel) {
        self.channel = channel
    }

    func exchange(_ body: ByteBuffer, timeout: TimeAmount) -> EventLoopFuture<ByteBuffer> {
        let promise = channel.eventLoop.makePromise(of: ByteBuffer.self)
        reply = promise
        deadline = channel.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.finish(.failure(ExchangeError.noReply))
        }
        channel.writeAndFlush(body).assumeIsolated()
            .whenFailure { self.finish(.failure($0)) }
        return promise.futureResult
    }

    func close() {
        channel.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        finish(.success(unwrapInboundIn(data).data))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(error))
    }

    /// Ends the exchange in flight; what comes late or twice finds none.
    private func finish(_ result: Result<ByteBuffer, any Error>) {
        deadline?.cancel()
        deadline = nil
        reply?.completeWith(result)
        reply = nil
    }
}

/// The pool of one event loop: connected channels, last in first out, touched on that loop only.
final class Upstream {
    private let address: SocketAddress
    private let loop: any EventLoop
    private let timeout = TimeAmount.seconds(2)
    private var idle: [Door] = []

    init(address: SocketAddress, loop: any EventLoop) {
        self.address = address
        self.loop = loop
    }

    func exchange(_ body: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        guard let door = idle.popLast() else {
            return open().assumeIsolated().flatMap { self.exchange(body, through: $0.value) }.nonisolated()
        }
        return exchange(body, through: door)
    }

    private func exchange(_ body: ByteBuffer, through door: Door) -> EventLoopFuture<ByteBuffer> {
        let reply = door.exchange(body, timeout: timeout)
        reply.assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.idle.append(door)
            case .failure: door.close()
            }
        }
        return reply
    }

    private func open() -> EventLoopFuture<NIOLoopBound<Door>> {
        let loop = self.loop
        return DatagramBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .connect(to: address)
            .flatMapThrowing { channel in
                let door = Door(channel: channel)
                try channel.pipeline.syncOperations.addHandler(door)
                return NIOLoopBound(door, eventLoop: loop)
            }
    }
}

/// The pools of all loops: a request uses the pool of the loop it arrived on, so that nothing crosses threads.
struct Upstreams: Sendable {
    private let pools: [ObjectIdentifier: NIOLoopBound<Upstream>]

    init(address: SocketAddress, group: MultiThreadedEventLoopGroup) async throws {
        var pools: [ObjectIdentifier: NIOLoopBound<Upstream>] = [:]
        for loop in group.makeIterator() {
            pools[ObjectIdentifier(loop)] = try await loop.submit {
                NIOLoopBound(Upstream(address: address, loop: loop), eventLoop: loop)
            }.get()
        }
        self.pools = pools
    }

    func exchange(_ body: ByteBuffer, on loop: any EventLoop) async throws -> ByteBuffer {
        guard let pool = pools[ObjectIdentifier(loop)] else { preconditionFailure("a loop of another group") }
        return try await loop.flatSubmit { pool.value.exchange(body) }.get()
    }
}
