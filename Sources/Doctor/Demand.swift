package import System

/// The resources that the flags ask for.
package struct Demand: Sendable {
    /// The most connections and UDP sockets at a time.
    package var connections = 10_000
    package var sockets = 16_384
    /// The sockets of each service before one is used again within its quarantine.
    package var minSockets = 1024
    package var services = 1
    package var workers = 1
    /// The longest payload of a datagram.
    package var maxDatagram = DatagramSocket.maximumPayload
    /// The longest wait for a reply.
    package var timeout = Interval.seconds(2)

    package init() {}
}
