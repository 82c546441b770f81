import Glibc
import Synchronization

/// The server's end of one connection, for a script to read from and write to.
///
/// A script runs on one thread; what it received is looked at when that thread is over.
final class Peer: Sendable {
    /// An event that a script did not expect.
    enum Surprise: Error {
        case ended(after: String)
        case cannotSend(errno: Int32)
    }

    /// Which connection of the server's this is, from zero.
    let number: Int
    private let socket: Int32
    private let state = Mutex(State())

    private struct State {
        var received: [UInt8] = []
        var consumed = 0
    }

    init(socket: Int32, number: Int) {
        self.socket = socket
        self.number = number
    }

    deinit {
        close(socket)
    }

    /// All that came in so far.
    var received: [UInt8] { state.withLock { $0.received } }

    /// Reads the next `count` bytes.
    @discardableResult
    func read(_ count: Int) throws -> [UInt8] {
        try read { $0.count >= count ? count : nil }
    }

    /// Reads up to this text and including it.
    @discardableResult
    func read(through end: String) throws -> String {
        let end = Array(end.utf8)
        let bytes = try read { bytes in
            bytes.indices.first { bytes[$0...].starts(with: end) }.map { $0 - bytes.startIndex + end.count }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads a request's head.
    @discardableResult
    func readHead() throws -> String {
        try read(through: "\r\n\r\n")
    }

    /// Reads until the client sends no more.
    func readToEnd() {
        state.withLock { state in
            while receive(&state) {}
            state.consumed = state.received.count
        }
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent >= 0 else { throw Surprise.cannotSend(errno: errno) }
            rest = rest.dropFirst(sent)
        }
    }

    /// Ends the connection for both sides; the descriptor stays open until no thread can use it.
    func hangUp() {
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// Lets a script that waits for more see the end, after what is already there.
    func endReading() {
        shutdown(socket, Int32(SHUT_RD))
    }

    /// Receives until `length` finds enough in what was not yet consumed.
    private func read(until length: (ArraySlice<UInt8>) -> Int?) throws -> [UInt8] {
        try state.withLock { state in
            while true {
                let rest = state.received[state.consumed...]
                if let count = length(rest) {
                    state.consumed += count
                    return Array(rest.prefix(count))
                }
                guard receive(&state) else { throw Surprise.ended(after: String(decoding: rest, as: UTF8.self)) }
            }
        }
    }

    /// Waits for more bytes; false at the end of the connection.
    private func receive(_ state: inout State) -> Bool {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            unsafe count = max(0, recv(socket, buffer.baseAddress, buffer.count, 0))
        }
        state.received += bytes
        return !bytes.isEmpty
    }
}
