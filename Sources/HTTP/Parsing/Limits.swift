/// The limits on everything that a stranger sends.
///
/// The command line has a flag for each.
public struct Limits: Sendable, Equatable {
    /// The longest request line in bytes, without its CRLF; a longer one gets 414.
    public var maxRequestLine = 8192

    /// The longest head in bytes, from the first byte received to the end of the blank line; a longer one gets 431.
    public var maxHead = 16384

    /// The most field lines in a head, and in a trailer section; more get 431.
    public var maxFields = 100

    /// The most content in bytes, announced or chunked; more gets 413.
    ///
    /// One UDP datagram over IPv4 has room for this much.
    public var maxBody = 65507

    /// The most empty lines before a request line, which the parser skips; more get 400.
    ///
    /// RFC 9112 2.2 asks for at least one.
    public var maxEmptyLines = 4

    /// The longest chunk line in bytes, size and extensions, without its CRLF; a longer one gets 400.
    public var maxChunkLine = 256

    /// The most bytes of all chunk extensions of one body; more get 400.
    ///
    /// RFC 9112 7.1.1 asks for a limit on the total.
    public var maxChunkExtensions = 4096

    /// The longest trailer section in bytes, with its blank line; a longer one gets 431.
    public var maxTrailers = 8192

    /// The most bytes that the gateway reads and drops after the last response; beyond it, it cuts the connection.
    ///
    /// Proxies send a whole body before they read the response that refuses it.
    public var maxLinger = 64 << 20

    /// The default limits.
    public init() {}
}
