/// The pieces of a chunked upload, one for each call of curl.
///
/// CURLOPT_READFUNCTION(3): each call fills at most one buffer, and zero bytes mean the end, so that an empty piece is
/// left out. HTTP makes a chunk of each call's bytes.
struct UploadSource {
    private let pieces: [[UInt8]]
    private var piece = 0
    private var sent = 0

    init(_ pieces: [[UInt8]]) {
        self.pieces = pieces.filter { !$0.isEmpty }
    }

    /// Puts the next bytes, of one piece only, into `buffer`; returns their number, and zero at the end.
    mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard piece < pieces.count else { return 0 }
        let next = pieces[piece][sent...].prefix(buffer.count)
        unsafe buffer.copyBytes(from: next)
        sent += next.count
        if sent == pieces[piece].count { (piece, sent) = (piece + 1, 0) }
        return next.count
    }

    /// Starts over, for a connection that closed before it answered.
    mutating func rewind() {
        (piece, sent) = (0, 0)
    }
}
