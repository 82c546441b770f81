import Glibc
import Synchronization
import TestSupport
import Testing

/// A server's script for one connection, from first to last, on a thread of its own.
typealias Script = @Sendable (Peer) throws -> Void

/// Runs a server that follows `script` on each connection, while `body` uses it under its URL.
///
/// Returns the bytes that each connection received, in the order in which they were accepted. When a script throws,
/// the test has failed.
@discardableResult
func withServer(_ script: @escaping Script, _ body: (_ url: String) throws -> Void) throws -> [[UInt8]] {
    let server = ScriptedServer(script)
    let outcome = Result { try body("http://127.0.0.1:\(server.port)") }
    let received = server.finish()
    try outcome.get()
    return received
}

/// A TCP server on a free port of the loopback interface.
private final class ScriptedServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        var peers: [Peer] = []
        var threads: [pthread_t] = []
        var surprises: [any Error] = []
    }

    init(_ script: @escaping Script) {
        (listener, port) = boundSocket()
        check(listen(listener, 128))
        let accepting = startThread { [self] in accept(script) }
        state.withLock { $0.threads.append(accepting) }
    }

    /// Takes no more connections, waits for the scripts, and returns what each connection received.
    func finish() -> [[UInt8]] {
        // Wakes the thread in accept(2), which then fails.
        shutdown(listener, Int32(SHUT_RDWR))
        var joined = 0
        while let thread = state.withLock({ $0.threads.dropFirst(joined).first }) {
            pthread_join(thread, nil)
            // From here on there is no new peer: the first thread to be joined is the one that accepts.
            if joined == 0 { state.withLock { $0.peers }.forEach { $0.endReading() } }
            joined += 1
        }
        close(listener)
        return state.withLock { state in
            for surprise in state.surprises { Issue.record(surprise, "in the server's script") }
            return state.peers.map(\.received)
        }
    }

    private func accept(_ script: @escaping Script) {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            guard socket >= 0 else { return }
            state.withLock { state in
                let peer = Peer(socket: socket, number: state.peers.count)
                state.peers.append(peer)
                state.threads.append(startThread { [self] in run(script, peer) })
            }
        }
    }

    private func run(_ script: Script, _ peer: Peer) {
        do {
            try script(peer)
        } catch {
            state.withLock { $0.surprises.append(error) }
        }
        peer.hangUp()
    }
}

/// A socket that is bound to a free port of 127.0.0.1, but does not listen yet.
func boundSocket() -> (socket: Int32, port: UInt16) {
    let socket = check(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            check(unsafe bind(socket, generic, length))
            check(unsafe getsockname(socket, generic, &length))
        }
    }
    return (socket, UInt16(bigEndian: address.sin_port))
}

/// Runs `body` on a new thread: the pool of Swift's tasks is for code that does not block.
private func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let code = unsafe pthread_create(
        &thread, nil,
        { box in
            guard let box = unsafe box else { return nil }
            unsafe Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body()
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    precondition(code == 0, "no thread")
    return thread
}
