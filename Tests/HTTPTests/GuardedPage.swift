import Glibc

/// Lends bytes whose end lies flush against a page that cannot be read: one byte too far, and the test dies.
enum GuardedPage {
    static func lend<Result, Failure: Error>(
        _ bytes: [UInt8], to body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let readable = (bytes.count + page - 1) / page * page
        let start = unsafe mmap(
            nil, readable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else { fatalError("mmap: \(errno)") }
        defer { unsafe munmap(start, readable + page) }
        guard unsafe mprotect(start + readable, page, PROT_NONE) == 0 else { fatalError("mprotect: \(errno)") }
        let first = unsafe (start + readable - bytes.count).assumingMemoryBound(to: UInt8.self)
        for (index, byte) in bytes.enumerated() { unsafe first[index] = byte }
        let buffer = unsafe UnsafeBufferPointer(start: first, count: bytes.count)
        return try unsafe body(Span(_unsafeElements: buffer))
    }
}
