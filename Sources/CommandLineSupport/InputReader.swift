package import EventLoop
package import System

/// Reads standard input without blocking the loop.
package struct InputReader: ~Copyable {
    private let loop: EventLoop
    /// Nil for a regular file, which never keeps the loop waiting and cannot be watched (epoll_ctl(2), EPERM).
    private let watch: AsyncWatch?
    private let input: InputDescriptor
    private var chunk = [UInt8](repeating: 0, count: 65_536)

    /// Reads standard input, which has no other reader.
    package init(on loop: EventLoop) {
        self.init(.standard, on: loop)
    }

    init(_ input: consuming InputDescriptor, on loop: EventLoop) {
        self.loop = loop
        watch = try? AsyncWatch(input.descriptor, as: .stream, on: loop)
        self.input = input
    }

    /// The next bytes, at least one; nil at the end.
    package mutating func next() async throws(SystemError) -> ArraySlice<UInt8>? {
        while true {
            if let watch, await watch.readable() != .ready { return nil }
            guard let count = try input.read(into: &chunk) else { continue }
            if count > 0, let watch, input.hasMore { watch.keepReadable() }
            return count > 0 ? chunk[..<count] : nil
        }
    }
}
