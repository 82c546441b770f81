import EventLoop
import System
import TestSupport
import Testing

@testable import Gateway

/// The responses of a connection whose client reads a little at a time.
@Suite(.timeLimit(.minutes(1))) struct SendBufferTests {
    /// As many bytes come as leave, and the buffer is never empty: what has left is dropped all the same.
    @Test func bytesThatHaveLeftAreDropped() async throws {
        try await onLoop { loop in
            let context = try ConnectionStage(.idle, on: loop).context
            var buffer = SendBuffer()
            buffer.prepare(context)
            var (written, read) = (0, 0)
            let piece = Connection.burst / 2
            for round in 0..<100 {
                for _ in 0..<(round == 0 ? 2 * piece : piece) {
                    buffer.bytes.append(UInt8(written % 251))
                    written += 1
                }
                var room = piece
                let isEmpty = try buffer.empty(context) { bytes throws(SystemError) in
                    let count = min(room, bytes.count)
                    guard count > 0 else { return nil }
                    for index in 0..<count where bytes[index] != UInt8((read + index) % 251) {
                        Issue.record("byte \(read + index) is another one")
                    }
                    room -= count
                    read += count
                    return count
                }
                #expect(!isEmpty && buffer.count == written - read)
                #expect(buffer.bytes.count < 4 * Connection.burst, "round \(round)")
            }
        }
    }
}
