import Foundation
import System
import TestSupport

/// A UDP service that does what a test says, on a free port of the loopback interface.
final class UDPPeer: Sendable {
    /// The replies to a datagram; `number` counts from 0.
    typealias Answer = @Sendable (_ number: Int, _ datagram: [UInt8]) -> [[UInt8]]

    private static let goodbye = Array("the test is over".utf8)
    private let socket = UDPSocket()
    private let ended = DispatchSemaphore(value: 0)

    var address: String { "\(socket.address)" }

    /// A service that never answers.
    static func silent() -> UDPPeer { UDPPeer { _, _ in [] } }

    init(_ answer: @escaping Answer) {
        Thread.detachNewThread { [self] in
            var number = 0
            while let (datagram, sender) = socket.receive(), datagram != Self.goodbye {
                for reply in answer(number, datagram) { socket.send(reply, to: sender) }
                number += 1
            }
            ended.signal()
        }
    }

    /// A port without a listener.
    static func closedPort() -> UInt16 { UDPSocket().address.port }

    /// Ends it and waits for that; afterwards its port refuses datagrams.
    func end() {
        UDPSocket().send(Self.goodbye, to: socket.address)
        ended.wait()
        socket.close()
    }
}
