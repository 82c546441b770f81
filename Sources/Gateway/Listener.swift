internal import Sockets

/// The listening socket that all workers share.
final class Listener: Sendable {
    let socket: StreamListener

    init(socket: consuming StreamListener) {
        self.socket = socket
    }
}
