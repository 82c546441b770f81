internal import EventLoop

/// The connections without a request, the one that has been idle longest first.
///
/// One that was idle for only a moment still has its task, which waits. One that stays idle is parked: its task ends,
/// and with it all memory that it had; what is left of it is an entry here.
///
/// A doubly linked list in a table by descriptor number: constant time to enter, to leave, and to find the oldest.
struct IdleList {
    /// An idle connection.
    struct Entry {
        let watch: Watch
        /// Since when it is idle.
        let since: MonotonicTime
        /// How many requests it has made, if it is parked.
        var parked: Int?
    }

    private struct Node {
        var entry: Entry?
        var previous: Int32 = -1
        var next: Int32 = -1
    }

    private var nodes: [Node] = []
    private var first: Int32 = -1
    private var last: Int32 = -1

    /// The connection that has been idle longest.
    var oldest: Entry? { first < 0 ? nil : nodes[Int(first)].entry }

    /// Whether a connection is in the list.
    func contains(_ watch: Watch) -> Bool {
        Int(watch.number) < nodes.count && nodes[Int(watch.number)].entry?.watch == watch
    }

    /// Adds a connection that has become idle.
    mutating func enter(_ watch: Watch, at now: MonotonicTime) {
        while nodes.count <= Int(watch.number) { nodes.append(Node()) }
        precondition(nodes[Int(watch.number)].entry == nil, "a connection becomes idle once")
        nodes[Int(watch.number)] = Node(entry: Entry(watch: watch, since: now), previous: last)
        if last >= 0 { nodes[Int(last)].next = watch.number } else { first = watch.number }
        last = watch.number
    }

    /// Notes that a connection in the list has no task any more.
    mutating func park(_ watch: Watch, served: Int) {
        precondition(contains(watch), "only an idle connection is parked")
        nodes[Int(watch.number)].entry?.parked = served
    }

    /// The connection with this number, if it is parked.
    func parked(_ number: Int) -> Entry? {
        guard number < nodes.count, let entry = nodes[number].entry, entry.parked != nil else { return nil }
        return entry
    }

    /// Takes out a connection, if it is in the list.
    mutating func leave(_ watch: Watch) {
        guard contains(watch) else { return }
        let node = nodes[Int(watch.number)]
        if node.previous >= 0 { nodes[Int(node.previous)].next = node.next } else { first = node.next }
        if node.next >= 0 { nodes[Int(node.next)].previous = node.previous } else { last = node.previous }
        nodes[Int(watch.number)] = Node()
    }
}
