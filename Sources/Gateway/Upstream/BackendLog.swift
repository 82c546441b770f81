internal import Logging

/// Tells the operator when a backend of a service goes and when it is back, as one worker sees it.
struct BackendLog {
    private let logger: Logger
    private let service: String

    /// - `service`: its path.
    init(_ logger: Logger, service: String) {
        self.logger = logger
        self.service = service
    }

    /// The last verdict on the backend was good, and this one is not.
    func tellDown(_ backend: Backend, _ failure: Health.Failure) {
        let reason = failure == .silence ? "it does not reply" : "it cannot be reached"
        logger.warning("\(service): \(backend.address) is down: \(reason)")
    }

    /// The backend has given a sign of life again.
    func tellUp(_ backend: Backend) { logger.notice("\(service): \(backend.address) is up again") }
}
