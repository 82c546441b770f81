internal import HTTP
internal import System

/// The file of `--token-file`.
package struct TokenFile: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The reason why a file has no valid token; no message contains the token.
    package struct Failure: Error, CustomStringConvertible {
        package let path: String
        let sentence: String

        package var description: String { "--token-file \(path): \(sentence)" }
    }

    /// Reads the token; a line end after it does not belong to it.
    ///
    /// - `waiting`: waits for the bytes where the file is a pipe.
    package func read(waiting: Bool = true) throws(Failure) -> [UInt8] {
        var token: [UInt8]
        do { token = try Files.bytes(of: path, maxBytes: BearerToken.mostBytes + 2, waiting: waiting) } catch {
            throw failure("it cannot be read: \(error.reason)")
        }
        if let mode = Files.permissions(of: path), mode & 0o006 != 0 {
            // A device such as /dev/null is everyone's.
            let remedy = Files.isDevice(path) ? "name a file of your own" : "chmod o-rw \(path)"
            throw failure("every user may read or write it (mode 0\(String(mode, radix: 8))): \(remedy)")
        }
        if token.last == UInt8(ascii: "\n") { token.removeLast() }
        if token.last == UInt8(ascii: "\r") { token.removeLast() }
        guard !token.isEmpty else {
            throw failure("it is empty: write one token into it, such as openssl rand -hex 32")
        }
        guard token.count <= BearerToken.mostBytes else {
            throw failure("the token has more than \(BearerToken.mostBytes) bytes")
        }
        guard BearerToken.isToken(token) else {
            throw failure("it is to have one line of letters, digits and -._~+/=, and no space around them")
        }
        return token
    }

    private func failure(_ sentence: String) -> Failure { Failure(path: path, sentence: sentence) }
}
