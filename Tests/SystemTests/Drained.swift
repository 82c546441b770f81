import System

extension DatagramSocket.Drained {
    /// Whether so many datagrams and so many errors were thrown away.
    func isEqual(_ datagrams: Int, _ errors: Int) -> Bool { self.datagrams == datagrams && self.errors == errors }
}
