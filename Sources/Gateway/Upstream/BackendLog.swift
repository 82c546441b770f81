internal import Logging

/// Logs when a backend of a service goes down and when it is up again, from one worker's view.
struct BackendLog {
    private let logger: Logger
    private let service: String

    /// - `service`: its path.
    init(_ logger: Logger, service: String) {
        self.logger = logger
        self.service = service
    }

    /// Logs the first bad verdict after good ones.
    func logDown(_ backend: Backend, _ failure: Health.Failure) {
        let reason = failure == .silence ? "it does not reply" : "it cannot be reached"
        logger.warning("\(service): \(backend.address) is down: \(reason)")
    }

    /// Logs the first sign of life after a bad verdict.
    func logUp(_ backend: Backend) { logger.notice("\(service): \(backend.address) is up again") }
}
