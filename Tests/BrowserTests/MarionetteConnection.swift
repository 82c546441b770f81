import Foundation
import Glibc
import Synchronization

/// A connection to Marionette in Firefox, one call at a time.
///
/// A message is the length of its JSON in bytes, a colon, and the JSON: `[0, number, name, parameters]` for a call,
/// `[1, number, error, result]` for its answer (remote/marionette/transport.sys.mjs and message.sys.mjs in Firefox's sources).
final class MarionetteConnection: Sendable {
    private let socket: Int32
    private let count = Mutex(0)

    init(port: UInt16) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let status = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Missing(description: "no Marionette at port \(port): \(errno)") }
        // It says first which protocol it speaks.
        let greeting = try receive()
        guard greeting["marionetteProtocol"].integer == 3 else { throw Missing(description: "\(greeting)") }
    }

    deinit { close(socket) }

    /// Makes one call; a failure says what Firefox said.
    func call(_ name: String, _ parameters: [String: Any]) throws -> JSON {
        let number = count.withLock { count in
            count += 1
            return count
        }
        try send(JSON.text([0, number, name, parameters]))
        let answer = try receive().array
        guard answer.count == 4, answer[1].integer == number else { throw Missing(description: "\(answer)") }
        if let error = answer[2]["error"].string {
            throw Missing(description: "\(name): \(error): \(answer[2]["message"])")
        }
        return answer[3]
    }

    private func send(_ text: String) throws {
        var rest = Array("\(text.utf8.count):\(text)".utf8)[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw Missing(description: "Marionette is gone: \(errno)") }
            rest = rest.dropFirst(sent)
        }
    }

    private func receive() throws -> JSON {
        var length = 0
        while let digit = try bytes(1).first, digit != UInt8(ascii: ":") { length = length * 10 + Int(digit) - 48 }
        return try JSON(parsing: String(decoding: bytes(length), as: UTF8.self))
    }

    /// As many bytes as are asked for; waits for them.
    private func bytes(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let received = unsafe recv(socket, &bytes, count, Int32(MSG_WAITALL))
        guard received == count else { throw Missing(description: "Marionette is gone: \(errno)") }
        return bytes
    }
}
