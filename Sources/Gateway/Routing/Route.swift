internal import HTTP

/// What is at a path: a row of the table of routes.
struct Route {
    /// What GET and HEAD get.
    enum Reading {
        /// Whether the gateway lives, and whether new requests should come here.
        case health, readiness
        /// The figures of all workers.
        case statistics
        /// The list of services.
        case services
        /// The settings of the bad network.
        case lab(LabResource)
        case file(StaticFile)
        /// The path is a folder's, without the slash at its end.
        case folder
    }

    /// Where the content of POST goes.
    enum Posting {
        case service(ServiceRoute)
        case form(FormResource)
    }

    var reading: Reading?
    var posting: Posting?
    /// The service for which the query of GET may carry a letter.
    var asking: ServiceRoute?
    /// What PUT sets.
    var replacing: LabResource?

    /// The methods that the path takes, for the Allow field (RFC 9110 10.2.1).
    var methods: FieldValue {
        switch (takes(.get), posting != nil, replacing != nil) {
        case (true, true, _): FieldValue("GET, HEAD, POST, OPTIONS")
        case (true, false, true): FieldValue("GET, HEAD, PUT, OPTIONS")
        case (true, false, false): FieldValue("GET, HEAD, OPTIONS")
        case (false, _, _): FieldValue("POST, OPTIONS")
        }
    }

    /// Whether the path takes a method.
    func takes(_ method: Method) -> Bool {
        switch method {
        case .get, .head: reading != nil || asking != nil
        case .post: posting != nil
        case .put: replacing != nil
        case .options: true
        default: false
        }
    }
}
