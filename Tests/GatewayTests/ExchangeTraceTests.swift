import EventLoop
import Foundation
import System
import Testing

@testable import Gateway

/// The trace of an exchange as callers read it.
@Suite struct ExchangeTraceTests {
    private static let kinds: [ExchangeTrace.Kind] = [
        .sent, .retransmitted, .rerouted, .received, .surplus, .truncated, .refused, .unreachable,
    ]

    private func object(_ json: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    private func trace(
        _ kinds: [ExchangeTrace.Kind], to upstream: SocketAddress, showsAddresses: Bool
    ) throws -> (ExchangeTrace, UInt16) {
        let trace = ExchangeTrace(start: .now(), showsAddresses: showsAddresses)
        let socket = try DatagramSocket(connectedTo: try #require(SocketAddress("127.0.0.1", port: 9)))
        for kind in kinds {
            trace.add(
                kind, try socket.localAddress(), upstream,
                bytes: kind == .refused || kind == .unreachable ? nil : 7)
        }
        trace.end()
        return (trace, try socket.localAddress().port)
    }

    @Test func everyStepIsTold() throws {
        let upstream = try #require(SocketAddress("192.0.2.7", port: 12000))
        let (trace, port) = try trace(Self.kinds, to: upstream, showsAddresses: true)
        let told = try object(trace.json)
        #expect(told["attempts"] as? Int == 3)
        let steps = try #require(told["steps"] as? [[String: Any]])
        #expect(
            steps.map { $0["kind"] as? String } == [
                "sent", "retransmitted", "rerouted", "received", "surplus", "truncated", "refused", "unreachable",
            ])
        #expect(steps.map { $0["bytes"] as? Int } == [7, 7, 7, 7, 7, 7, nil, nil])
        #expect(steps.allSatisfy { $0["upstream"] as? String == "192.0.2.7:12000" })
        #expect(steps.allSatisfy { $0["localPort"] as? Int == Int(port) })
        let times = try steps.map { try #require($0["at"] as? Double) }
        #expect(times == times.sorted())
        #expect(try #require(told["total"] as? Double) >= times[7])
    }

    /// A service may send replies that are too long without end.
    @Test(arguments: [-1, 0, 1]) func theNumberOfStepsIsBounded(more: Int) throws {
        let upstream = try #require(SocketAddress("192.0.2.7", port: 12000))
        let trace = ExchangeTrace(start: .now(), showsAddresses: true)
        for _ in 0..<ExchangeTrace.mostSteps + more { trace.add(.truncated, nil, upstream, bytes: 7) }
        #expect(trace.steps.count == ExchangeTrace.mostSteps + min(0, more))
    }

    /// A trace has a place in the bounds of memory: its steps, and the JSON that is made of them.
    @Test func theLongestTraceIsBounded() throws {
        let host = Array(repeating: "abcd", count: 8).joined(separator: ":")
        let upstream = try #require(SocketAddress(host, port: 65_535))
        let trace = ExchangeTrace(start: .now(), showsAddresses: true)
        let late = trace.start + .seconds(3600) + .milliseconds(1)
        for _ in 0..<ExchangeTrace.mostSteps {
            trace.add(.retransmitted, upstream, upstream, bytes: 65_507, at: late, origin: .network)
        }
        #expect(ExchangeTrace.mostSteps * MemoryLayout<ExchangeTrace.Step>.stride <= 32 << 10)
        #expect(trace.json.utf8.count <= 48 << 10)
    }

    @Test func addressesAndPortsAreHidden() throws {
        let upstream = try #require(SocketAddress("192.0.2.7", port: 12000))
        let (trace, _) = try trace(Self.kinds, to: upstream, showsAddresses: false)
        let steps = try #require(try object(trace.json)["steps"] as? [[String: Any]])
        #expect(steps.count == 8)
        #expect(steps.allSatisfy { Set($0.keys).isSubset(of: ["kind", "at", "bytes"]) })
    }

    @Test func anExchangeThatNeverBeganHasATraceToo() throws {
        let told = try object(ExchangeTrace(start: .now(), showsAddresses: true).json)
        #expect(told["attempts"] as? Int == 0 && (told["steps"] as? [Any])?.isEmpty == true)
    }

    private func body(of response: Response) -> String {
        String(decoding: response.content, as: UTF8.self)
    }

    /// Text as text, and what is no UTF-8 in base64, with a flag that says so.
    @Test(
        arguments: [
            (Array("HELLO \"\\\n".utf8), "HELLO \"\\\n", nil), ([], "", nil), ([0], "\0", nil),
            ([0xFF, 0xFE], "//4=", true), (Array("ü".utf8.prefix(1)), "ww==", true),
        ] as [([UInt8], String, Bool?)])
    func theReplyComesWithItsTrace(reply: [UInt8], text: String, isBase64: Bool?) throws {
        let told = try object(body(of: ReplyResponse.traced(reply[...], "{\"attempts\":1}")))
        #expect(told["reply"] as? String == text)
        #expect(told["base64"] as? Bool == isBase64)
        #expect((told["exchange"] as? [String: Any])?["attempts"] as? Int == 1)
    }

    @Test func aProblemHasTheTrace() throws {
        let error = GatewayError.silent(after: .seconds(2), attempts: 3)
        let told = try object(body(of: Problem.response(error, service: "/", exchange: "{\"attempts\":3}")))
        #expect((told["exchange"] as? [String: Any])?["attempts"] as? Int == 3)
        #expect(try object(body(of: Problem.response(error, service: "/")))["exchange"] == nil)
    }
}
