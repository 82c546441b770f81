internal import EventLoop

/// The connections without a request, the one that has been idle longest first.
///
/// A doubly linked list in a table by descriptor number: constant time to enter, to leave, and to find the oldest.
struct IdleList {
    private struct Node {
        var watch: Watch?
        var previous: Int32 = -1
        var next: Int32 = -1
    }

    private var nodes: [Node] = []
    private var first: Int32 = -1
    private var last: Int32 = -1

    /// The connection that has been idle longest.
    var oldest: Watch? { first < 0 ? nil : nodes[Int(first)].watch }

    /// Adds a connection that has become idle.
    mutating func enter(_ watch: Watch) {
        while nodes.count <= Int(watch.number) { nodes.append(Node()) }
        precondition(nodes[Int(watch.number)].watch == nil, "a connection becomes idle once")
        nodes[Int(watch.number)] = Node(watch: watch, previous: last)
        if last >= 0 { nodes[Int(last)].next = watch.number } else { first = watch.number }
        last = watch.number
    }

    /// Takes out a connection, if it is in the list.
    mutating func leave(_ watch: Watch) {
        guard Int(watch.number) < nodes.count, nodes[Int(watch.number)].watch == watch else { return }
        let node = nodes[Int(watch.number)]
        if node.previous >= 0 { nodes[Int(node.previous)].next = node.next } else { first = node.next }
        if node.next >= 0 { nodes[Int(node.next)].previous = node.previous } else { last = node.previous }
        nodes[Int(watch.number)] = Node()
    }
}
