/// The head read last, to recognise it when it comes again.
///
/// A proxy, a poller and a page send one head over and over, on one connection or on many. The same bytes have the same
/// meaning, so that such a head is compared and not parsed. Where heads differ, only each sixteenth is stored, so that
/// they hardly pay for it.
struct RepeatedHead: Sendable {
    /// The longest head that is stored.
    static let longest = 1024
    /// The number of heads that are parsed before one is stored.
    static let headsPerStore: UInt8 = 16

    /// Eight bytes each; the last eight overlap those before them where the length is no multiple of eight.
    private var words: [UInt64] = []
    /// The head's length in bytes; zero where the last head was not stored.
    private var length = 0
    /// The number of heads parsed since one was stored.
    private var others: UInt8 = 0

    /// Whether the bytes begin with the head.
    @inline(__always)
    func begins(_ bytes: Span<UInt8>) -> Bool {
        guard length > 0, length <= bytes.count else { return false }
        let last = self.last
        var index = 0
        while index &+ 4 <= last {
            guard isFour(bytes, index) else { return false }
            index &+= 4
        }
        while index < last {
            guard bytes.wholeWord(at: index &* 8) == words[index] else { return false }
            index &+= 1
        }
        return bytes.wholeWord(at: length &- 8) == words[last]
    }

    /// Whether four words from an index on are the head's; one check of both lengths is enough for all of them.
    @inline(__always)
    private func isFour(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
        let start = Int(UInt32(truncatingIfNeeded: index &* 8))
        guard start &+ 32 <= bytes.count, index >= 0, index &+ 4 <= words.count else { return false }
        guard bytes.wholeWord(at: start) == words[index] else { return false }
        guard bytes.wholeWord(at: start &+ 8) == words[index &+ 1] else { return false }
        guard bytes.wholeWord(at: start &+ 16) == words[index &+ 2] else { return false }
        return bytes.wholeWord(at: start &+ 24) == words[index &+ 3]
    }

    /// Marks that another head comes.
    @inline(__always)
    mutating func forget() { length = 0 }

    /// Stores, now and then, a parsed head of this length; it has at least a request line.
    @inline(__always)
    mutating func store(_ bytes: Span<UInt8>, length: Int) {
        others &+= 1
        if others >= Self.headsPerStore, length <= Self.longest { storeNow(bytes, length) }
    }

    @inline(never)
    private mutating func storeNow(_ bytes: Span<UInt8>, _ length: Int) {
        others = 0
        self.length = length
        if words.isEmpty { words = [UInt64](repeating: 0, count: Self.longest / 8) }
        let last = self.last
        var words = self.words.mutableSpan
        for index in 0..<last { words[index] = bytes.wholeWord(at: index &* 8) }
        words[last] = bytes.wholeWord(at: length &- 8)
    }

    /// The index of the last eight bytes.
    private var last: Int { (length &- 1) &>> 3 }
}
