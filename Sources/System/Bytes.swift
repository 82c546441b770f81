internal import Glibc

/// Operations on byte arrays that the standard library has only with a detour.
extension [UInt8] {
    /// Moves a range of bytes to another place in the same array; the two may overlap (memmove(3)).
    public mutating func move(_ range: Range<Int>, to start: Int) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "the range lies in the array")
        precondition(start >= 0 && start + range.count <= count, "the target lies in the array")
        unsafe withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe memmove(base + start, base + range.lowerBound, range.count)
        }
    }

    /// Overwrites the bytes from `start` on.
    @inlinable
    public mutating func copy(_ bytes: Span<UInt8>, to start: Int) {
        precondition(start >= 0 && start + bytes.count <= count, "the target lies in the array")
        unsafe withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                guard let target = target.baseAddress, let source = source.baseAddress else { return }
                unsafe (target + start).copyMemory(from: source, byteCount: bytes.count)
            }
        }
    }

    /// Lends a part of the array for reading.
    ///
    /// It is `mutating` and changes nothing: reading an object's array would retain it, while this call borrows it.
    @inlinable @inline(__always)
    public mutating func lend<Result, Failure: Error>(
        _ range: Range<Int>, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(span.extracting(range))
    }

    /// Lends a part of the array to a system call that writes into it.
    @inline(__always)
    mutating func withMutableBytes<Result, Failure: Error>(
        in range: Range<Int>, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "the range lies in the array")
        var span = mutableSpan
        return try unsafe span.withUnsafeMutableBytes { bytes throws(Failure) in
            try unsafe body(UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
        }
    }
}

extension OutputSpan<UInt8> {
    /// Appends the bytes, each changed by a function.
    ///
    /// The one check of the room lets the compiler make vector code of the loop. The standard library's `append(_:)` checks
    /// the room for each byte and takes 40 times as long.
    @inlinable
    @inline(__always)
    public mutating func append(_ bytes: Span<UInt8>, _ change: (UInt8) -> UInt8) {
        precondition(bytes.count <= freeCapacity, "there is room for the bytes")
        unsafe withUnsafeMutableBufferPointer { room, count in
            guard let start = unsafe room.baseAddress.map({ unsafe $0 + count }) else { return }
            for index in bytes.indices { unsafe start[index] = change(bytes[index]) }
            count += bytes.count
        }
    }
}
