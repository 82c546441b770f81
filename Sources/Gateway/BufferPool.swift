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
    /// So many of a kind are kept for later; more go back to the allocator.
    private static let kept = 64

    private var small: [[UInt8]] = []
    private var large: [[UInt8]] = []
    private var outputs: [[UInt8]] = []

    init(smallSize: Int, largeSize: Int, formSize: Int? = nil) {
        precondition(smallSize < largeSize, "two sizes")
        self.smallSize = smallSize
        self.largeSize = largeSize
        self.formSize = formSize ?? largeSize
    }

    /// A buffer of `smallSize` bytes.
    func rentSmall() -> [UInt8] {
        small.popLast() ?? [UInt8](repeating: 0, count: smallSize)
    }

    /// A buffer of `largeSize` bytes.
    func rentLarge() -> [UInt8] {
        large.popLast() ?? [UInt8](repeating: 0, count: largeSize)
    }

    /// A buffer of `largeSize` bytes, or of `formSize` if there must be more.
    func rent(atLeast count: Int) -> [UInt8] {
        precondition(count <= formSize, "the largest buffer holds any request")
        return count <= largeSize ? rentLarge() : [UInt8](repeating: 0, count: formSize)
    }

    /// An empty array with room for a short response.
    func rentOutput() -> [UInt8] {
        if let output = outputs.popLast() { return output }
        var output: [UInt8] = []
        output.reserveCapacity(4096)
        return output
    }

    /// Takes a buffer of either size back and leaves an empty one in its place.
    func giveBack(_ buffer: inout [UInt8]) {
        let size = buffer.count
        if size == smallSize, small.count < Self.kept {
            small.append(exchange(&buffer, with: []))
        } else if size == largeSize, large.count < Self.kept {
            large.append(exchange(&buffer, with: []))
        }
        buffer = []
    }

    /// Takes an array for responses back and leaves an empty one in its place.
    func giveBackOutput(_ output: inout [UInt8]) {
        if output.capacity >= 4096, output.capacity <= 2 * largeSize, outputs.count < Self.kept {
            if !output.isEmpty { output.removeAll(keepingCapacity: true) }
            outputs.append(exchange(&output, with: []))
        }
        output = []
    }
}
