package import System

/// What the flags ask of the machine.
package struct Demand: Sendable {
    /// The most connections and UDP sockets at a time.
    package var connections = 10_000
    package var sockets = 16_384
    /// As many sockets of each service are opened before one is used again that has rested for less than the quarantine.
    package var minSockets = 1024
    package var services = 1
    package var workers = 1
    /// The longest payload of a datagram.
    package var maxDatagram = DatagramSocket.maximumPayload
    /// How long a reply is waited for.
    package var timeout = Interval.seconds(2)

    package init() {}
}
