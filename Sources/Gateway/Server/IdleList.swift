internal import EventLoop

/// The connections without a request, the longest idle one first.
///
/// A doubly linked list in a table by descriptor number: entering, leaving and finding the oldest take constant time.
struct IdleList {
    /// The neighbours of a connection by their numbers.
    private struct Node {
        var previous = IdleList.outside
        var next = IdleList.none
    }

    /// The number of a missing neighbour.
    private static let none: Int32 = -1
    /// The number of a connection outside the list.
    private static let outside: Int32 = -2

    private var nodes: [Node] = []
    private var first = Self.none
    private var last = Self.none

    /// The descriptor number of the longest idle connection.
    var oldest: Int32? { first == Self.none ? nil : first }

    /// Adds a connection that has become idle.
    mutating func enter(_ watch: Watch) {
        let number = Int(watch.number)
        while nodes.count <= number { nodes.append(Node()) }
        precondition(nodes[number].previous == Self.outside, "a connection becomes idle once")
        nodes[number] = Node(previous: last)
        if last == Self.none { first = watch.number } else { nodes[Int(last)].next = watch.number }
        last = watch.number
    }

    /// Removes a connection, if it is in the list.
    mutating func leave(_ watch: Watch) {
        guard Int(watch.number) < nodes.count, nodes[Int(watch.number)].previous != Self.outside else { return }
        let node = nodes[Int(watch.number)]
        nodes[Int(watch.number)] = Node()
        if node.previous == Self.none { first = node.next } else { nodes[Int(node.previous)].next = node.next }
        if node.next == Self.none { last = node.previous } else { nodes[Int(node.next)].previous = node.previous }
    }
}
