internal import CommandLineSupport
internal import Datagrams
internal import EventLoop
internal import Logging
internal import System
internal import Synchronization

/// UDP servers that share a port, each on a thread of its own, until they are stopped.
struct UDPService {
    /// The address of the servers.
    let address: SocketAddress
    private let tasks: [Task<Void, Never>]

    /// Binds all sockets, then starts: either everything runs or nothing does; a server that fails later ends the program.
    init(
        address: SocketAddress, workers: Int, service: any DatagramService, onDatagram: DatagramEvent.Observer? = nil
    ) throws {
        let logger = Logger(label: "server")
        let first = try DatagramSocket(boundTo: address)
        if workers > 1 { try first.sharePort() }
        let bound = try first.localAddress()
        self.address = bound
        var sockets = [Handover(first)]
        for _ in 1..<workers {
            sockets.append(Handover(try DatagramSocket(boundTo: bound, sharingPort: true)))
        }
        tasks = zip(sockets, try Self.startLoops(workers)).map { socket, loop in
            Task(executorPreference: loop) {
                await Exit.serving {
                    var server = DatagramServer(
                        socket: socket.take(), service: service, logger: logger, onDatagram: onDatagram)
                    try await server.run(on: loop)
                }
                loop.stop()
            }
        }
    }

    private static func startLoops(_ count: Int) throws -> [EventLoop] {
        let loops = try (0..<count).map { _ in try EventLoop() }
        do { for loop in loops { try loop.start() } } catch {
            for loop in loops { loop.stop() }
            throw error
        }
        return loops
    }

    /// Ends the servers.
    func stop() async {
        for task in tasks {
            task.cancel()
            await task.value
        }
    }
}

/// Hands a value that cannot be copied to the single task that takes it.
final class Handover<Value: ~Copyable & Sendable>: Sendable {
    private let value: Mutex<Value?>

    init(_ value: consuming Value) {
        self.value = Mutex(value)
    }

    /// Takes the value; a second time is a bug.
    func take() -> Value {
        let value = value.withLock { $0.take() }
        guard let value else { preconditionFailure("a value is handed over once") }
        return value
    }
}
