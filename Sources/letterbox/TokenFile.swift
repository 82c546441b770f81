internal import Gateway
internal import Logging
internal import System

/// The file of `--token-file`.
struct TokenFile {
    let path: String

    /// The reason why a file has no valid token; no message contains the token.
    struct Failure: Error, CustomStringConvertible {
        let path: String
        let sentence: String

        var description: String { "--token-file \(path): \(sentence)" }
    }

    /// Reads the token; a line end after it does not belong to it.
    ///
    /// - `waiting`: waits for the bytes where the file is a pipe.
    func read(waiting: Bool = true) throws(Failure) -> [UInt8] {
        let text: String
        do { text = try Files.text(of: path, maxBytes: AccessToken.mostBytes + 2, waiting: waiting) } catch {
            throw failure("it cannot be read: \(error.reason)")
        }
        if let mode = Files.permissions(of: path), mode & 0o006 != 0 {
            throw failure("every user may read or write it (mode 0\(String(mode, radix: 8))): chmod o-rw \(path)")
        }
        var token = Array(text.utf8)
        if token.last == UInt8(ascii: "\n") { token.removeLast() }
        if token.last == UInt8(ascii: "\r") { token.removeLast() }
        guard !token.isEmpty else {
            throw failure("it is empty: write one token into it, such as openssl rand -hex 32")
        }
        guard token.count <= AccessToken.mostBytes else {
            throw failure("the token has more than \(AccessToken.mostBytes) bytes")
        }
        guard AccessToken.isToken(token) else {
            throw failure("it is to have one line of letters, digits and -._~+/=, and no space around them")
        }
        return token
    }

    /// Takes over the file's new token; an invalid file changes nothing, and the result is false.
    func renew(_ token: AccessToken, _ logger: Logger) -> Bool {
        do {
            token.replace(with: try read(waiting: false))
            logger.notice("the token has been read again")
            return true
        } catch {
            logger.error("\(error); the token stays")
            return false
        }
    }

    private func failure(_ sentence: String) -> Failure { Failure(path: path, sentence: sentence) }
}
