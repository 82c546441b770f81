/// Byte buffers that are passed round instead of allocated: rented while there are bytes to hold, then given back.
///
/// One of a worker's own; an idle connection holds none. A buffer's content means nothing when it is rented.
final class BufferPool {
    /// Enough for a head and a short body, and so for most requests.
    let smallSize: Int
    /// Enough for any request but a form, and for any reply.
    let largeSize: Int
    /// Enough for a form, too; such buffers are not kept.
    let formSize: Int

    private var small = Shelf()
    private var large = Shelf()
    private var outputs = Shelf()

    init(smallSize: Int, largeSize: Int, formSize: Int? = nil) {
        precondition(smallSize < largeSize, "two sizes")
        self.smallSize = smallSize
        self.largeSize = largeSize
        self.formSize = formSize ?? largeSize
    }

    /// A buffer of `smallSize` bytes.
    func rentSmall() -> [UInt8] {
        small.take() ?? [UInt8](repeating: 0, count: smallSize)
    }

    /// A buffer of `largeSize` bytes.
    func rentLarge() -> [UInt8] {
        large.take() ?? [UInt8](repeating: 0, count: largeSize)
    }

    /// A buffer of `largeSize` bytes, or of `formSize` if there must be more.
    func rent(atLeast count: Int) -> [UInt8] {
        precondition(count <= formSize, "the largest buffer holds any request")
        return count <= largeSize ? rentLarge() : [UInt8](repeating: 0, count: formSize)
    }

    /// An empty array with room for a short response.
    func rentOutput() -> [UInt8] {
        if let output = outputs.take() { return output }
        var output: [UInt8] = []
        output.reserveCapacity(4096)
        return output
    }

    /// Takes a buffer of either size back and leaves an empty one in its place.
    func giveBack(_ buffer: inout [UInt8]) {
        let size = buffer.count
        if size == smallSize {
            small.put(exchange(&buffer, with: []))
        } else if size == largeSize {
            large.put(exchange(&buffer, with: []))
        } else {
            buffer = []
        }
    }

    /// Takes an array for responses back and leaves an empty one in its place.
    func giveBackOutput(_ output: inout [UInt8]) {
        if output.capacity >= 4096, output.capacity <= 2 * largeSize {
            if !output.isEmpty { output.removeAll(keepingCapacity: true) }
            outputs.put(exchange(&output, with: []))
        } else {
            output = []
        }
    }

    /// Gives back to the allocator what nobody has needed since the last time, so that the pool is as large as the load.
    func trim() {
        small.trim()
        large.trim()
        outputs.trim()
    }

    /// The buffers of one kind that are not lent, the last one given back on top: it is the one still in the caches.
    struct Shelf {
        /// So many stay, whether they are needed or not.
        static let kept = 64
        /// So many go at a time, so that no turn of the loop is held up.
        private static let most = 256

        private(set) var buffers: [[UInt8]] = []
        /// The fewest that there were since the last trimming: so many were not needed.
        private var fewest = 0

        mutating func take() -> [UInt8]? {
            guard let buffer = buffers.popLast() else { return nil }
            fewest = min(fewest, buffers.count)
            return buffer
        }

        mutating func put(_ buffer: consuming [UInt8]) { buffers.append(buffer) }

        mutating func trim() {
            // The coldest, which lie at the bottom.
            buffers.removeFirst(min(fewest, max(0, buffers.count - Self.kept), Self.most))
            fewest = buffers.count
        }
    }
}
