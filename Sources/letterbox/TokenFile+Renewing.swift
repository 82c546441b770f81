internal import CommandLineSupport
internal import Gateway
internal import Logging

extension TokenFile {
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
}
