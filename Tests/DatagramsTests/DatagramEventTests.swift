import Synchronization
import System
import Testing

@testable import Datagrams

@Suite struct DatagramEventTests {
    private func line(_ bytes: [UInt8]) -> String {
        DatagramEvent(bytes.span, from: SocketAddress("::1", port: 1), to: nil, "sent").description
    }

    @Test(arguments: [("a\nb", #"a\nb"#), (#"a\nb"#, #"a\\nb"#), (#"say "hi""#, #"say \"hi\""#)])
    func anEscapeIsNoLetter(text: String, shown: String) {
        let count = text.utf8.count
        #expect(line(Array(text.utf8)) == "[::1]:1 -> ?, \(count) bytes \"\(shown)\": sent")
    }

    /// 32 bytes, unless the cut would split a character.
    @Test(
        arguments: [
            ([UInt8](repeating: 0x80, count: 40), String(repeating: "\\x80", count: 32)),
            (Array(String(repeating: "a", count: 31).utf8) + [0xC3, 0xA4], String(repeating: "a", count: 31)),
            (
                Array(String(repeating: "a", count: 29).utf8) + [0xF0, 0x9F, 0x98, 0x80],
                String(repeating: "a", count: 29)
            ),
            (
                Array(String(repeating: "a", count: 28).utf8) + [0xF0, 0x9F, 0x98, 0x80, 0x80],
                String(repeating: "a", count: 28) + "\u{1F600}"
            ),
            (
                Array(String(repeating: "a", count: 31).utf8) + [0xC3, 0x61],
                String(repeating: "a", count: 31) + "\\xc3"
            ),
        ] as [([UInt8], String)])
    func theCutSplitsNoCharacter(bytes: [UInt8], shown: String) {
        #expect(line(bytes) == "[::1]:1 -> ?, \(bytes.count) bytes \"\(shown)\"...: sent")
    }

    /// A server that is told to end while its queue to the network is full leaves replies behind.
    @Test func aReplyThatNeverLeftIsNotToldAsSent() throws {
        let server = try DatagramSocket(boundTo: try #require(SocketAddress("127.0.0.1", port: 0)))
        let client = try DatagramSocket(connectedTo: try server.localAddress())
        var batch = DatagramBatch(capacity: 2)
        #expect(try client.send([97].span) && batch.receive(from: server) == 1)
        _ = batch.answer { _, reply in reply.append(65) }
        let lines = Mutex<[String]>([])
        let observer = DatagramObserver(address: try server.localAddress()) { event in
            lines.withLock { $0.append(event.description) }
        }
        observer.reportSent(batch, [:])
        #expect(try batch.send(over: server))
        observer.reportSent(batch, [:])
        let endings = lines.withLock { $0.map { $0.split(separator: "\"A\"").last } }
        #expect(endings == [": not sent: the server ends", ": sent"])
    }
}
