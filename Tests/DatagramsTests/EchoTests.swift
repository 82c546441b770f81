import System
import Datagrams
import TestSupport
import Testing

@Suite("Echo")
struct EchoTests {
    @Test("sends back what came", arguments: [0, 1, 15, 16, 17, 255, 256, 1_400, largestDatagram])
    func same(length: Int) {
        var generator = SeededGenerator(state: UInt64(length))
        let bytes = (0..<length).map { _ in UInt8.random(in: 0...0xFF, using: &generator) }
        #expect(Echo().reply(to: bytes) == bytes)
    }
}
