/// One worker's part of the UDP sockets for one address of a service, so that a service that is silent or busy leaves
/// sockets for the others.
///
/// A quarter of the fair number is the address's own, whether it has sockets or not. Beyond the fair number it opens none
/// while another has less than its fair number and finds none.
final class SocketShare {
    private let limit: SharedLimit
    private let fresh: SharedLimit
    /// The number of sockets where all addresses of all services need them.
    private var fair = 1
    /// The open sockets.
    private(set) var open = 0
    /// The places that it has taken and no socket needs.
    private var spare = 0

    /// - `limit`: that of the gateway.
    /// - `fresh`: the number of sockets of the gateway that are opened before one is used again early, and those that are
    ///   open.
    init(of limit: SharedLimit, fresh: SharedLimit) {
        (self.limit, self.fresh) = (limit, fresh)
    }

    /// Whether a new socket should be opened rather than one used again early.
    var mayWiden: Bool { fresh.hasRoom }

    /// The part of the fair number that is its own.
    private static let ownPart = 4

    /// Sets the fair number; of an address that has been removed it is 0.
    func setFair(_ number: Int) {
        fair = number
        let own = fair / Self.ownPart
        while open + spare < own, limit.take() { spare += 1 }
        while spare > 0, open + spare > own { giveBackSpare() }
    }

    /// Takes the place of a socket; false where there is none for now.
    func take() -> Bool {
        if open >= fair, limit.isShort() { return false }
        if spare > 0 {
            spare -= 1
        } else if !limit.take() {
            if open < fair { limit.askForRoom() }
            return false
        }
        open += 1
        fresh.add()
        return true
    }

    /// Gives the place of a socket back.
    func giveBack() {
        open -= 1
        fresh.giveBack()
        spare += 1
        if open + spare > fair / Self.ownPart { giveBackSpare() }
    }

    /// Whether another address needs one of its sockets.
    var isBeyondFair: Bool { open > fair && limit.isShort() }

    private func giveBackSpare() {
        spare -= 1
        limit.giveBack()
    }
}
