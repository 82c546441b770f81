import Foundation
import Glibc
import Synchronization

/// A UDP service that does what a test says, on a free port of the loopback interface.
final class UDPPeer: Sendable {
    /// The replies to a datagram; `number` counts from 0.
    typealias Answer = @Sendable (_ number: Int, _ datagram: [UInt8]) -> [[UInt8]]

    private static let goodbye = Array("the test is over".utf8)
    private let socket: Int32
    let port: UInt16
    private let ended = DispatchSemaphore(value: 0)

    var address: String { "127.0.0.1:\(port)" }

    /// A service that never answers.
    static func silent() -> UDPPeer { UDPPeer { _, _ in [] } }

    init(_ answer: @escaping Answer) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        port = Self.bindToFreePort(socket)
        Thread.detachNewThread { [self] in
            var number = 0
            while let (datagram, sender) = receive(), datagram != Self.goodbye {
                for reply in answer(number, datagram) { Self.send(reply, from: socket, to: sender) }
                number += 1
            }
            ended.signal()
        }
    }

    /// A port without a listener.
    static func closedPort() -> UInt16 {
        let peer = UDPPeer.silent()
        peer.end()
        return peer.port
    }

    /// Ends it and waits for that; afterwards its port refuses datagrams.
    func end() {
        Self.send(Self.goodbye, from: socket, to: Self.loopback(port))
        ended.wait()
        close(socket)
    }

    private func receive() -> (datagram: [UInt8], sender: sockaddr_in)? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var sender = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = unsafe withUnsafeMutablePointer(to: &sender) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe recvfrom(socket, &buffer, buffer.count, 0, $0, &length)
            }
        }
        return count < 0 ? nil : (Array(buffer.prefix(count)), sender)
    }

    private static func send(_ bytes: [UInt8], from socket: Int32, to address: sockaddr_in) {
        unsafe withUnsafePointer(to: address) { pointer in
            _ = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(socket, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func bindToFreePort(_ socket: Int32) -> UInt16 {
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(unsafe bind(socket, $0, length) == 0, "no port is free")
                unsafe getsockname(socket, $0, &length)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }
}
