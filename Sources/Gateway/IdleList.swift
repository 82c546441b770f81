internal import EventLoop

/// The connections without a request, the one that has been idle longest first.
///
/// One that was idle for only a moment still has its task, which waits. One that stays idle is parked: its task ends,
/// and with it all memory that it had; what is left of it is an entry here.
///
/// Two doubly linked lists in a table by descriptor number: constant time to enter, to park, to leave, and to find the
/// oldest.
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

    private struct Ends {
        var first: Int32 = -1
        var last: Int32 = -1
    }

    private static let waiting = 0
    private static let parked = 1

    private var nodes: [Node] = []
    private var lists: InlineArray<2, Ends> = .init(repeating: Ends())

    /// The connection that has been idle longest.
    ///
    /// Those that wait have become idle after all that are parked.
    var oldest: Entry? { first(of: Self.parked) ?? first(of: Self.waiting) }

    /// The connections with a task that have been idle since then or longer, so many at most.
    func waiting(since time: MonotonicTime, most: Int = .max) -> [Watch] {
        var watches: [Watch] = []
        var number = lists[Self.waiting].first
        while number >= 0, watches.count < most, let entry = nodes[Int(number)].entry, entry.since <= time {
            watches.append(entry.watch)
            number = nodes[Int(number)].next
        }
        return watches
    }

    /// Whether a connection is in the list.
    func contains(_ watch: Watch) -> Bool {
        Int(watch.number) < nodes.count && nodes[Int(watch.number)].entry?.watch == watch
    }

    /// Adds a connection that has become idle.
    mutating func enter(_ watch: Watch, at now: MonotonicTime) {
        while nodes.count <= Int(watch.number) { nodes.append(Node()) }
        precondition(nodes[Int(watch.number)].entry == nil, "a connection becomes idle once")
        append(Entry(watch: watch, since: now), to: Self.waiting)
    }

    /// Notes that a connection in the list has no task any more.
    mutating func park(_ watch: Watch, served: Int) {
        precondition(contains(watch), "only an idle connection is parked")
        guard var entry = nodes[Int(watch.number)].entry else { return }
        leave(watch)
        entry.parked = served
        append(entry, to: Self.parked)
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
        unlink(node, from: node.entry?.parked == nil ? Self.waiting : Self.parked)
        nodes[Int(watch.number)] = Node()
    }

    private func first(of list: Int) -> Entry? {
        lists[list].first < 0 ? nil : nodes[Int(lists[list].first)].entry
    }

    private mutating func append(_ entry: Entry, to list: Int) {
        let (number, last) = (entry.watch.number, lists[list].last)
        nodes[Int(number)] = Node(entry: entry, previous: last)
        if last >= 0 { nodes[Int(last)].next = number } else { lists[list].first = number }
        lists[list].last = number
    }

    private mutating func unlink(_ node: Node, from list: Int) {
        if node.previous >= 0 { nodes[Int(node.previous)].next = node.next } else { lists[list].first = node.next }
        if node.next >= 0 { nodes[Int(node.next)].previous = node.previous } else { lists[list].last = node.previous }
    }
}
