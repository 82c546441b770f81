internal import HTTP

/// A row of the table of routes: the handlers of a path.
struct Route {
    /// The resources of GET and HEAD.
    enum Reading {
        /// Whether the gateway is alive, and whether it is ready for new requests.
        case health, readiness
        /// The metrics of all workers.
        case statistics
        /// The list of services.
        case services
        /// The settings of the bad network.
        case lab(LabResource)
        case file(StaticFile)
        /// The path is a folder's, without the slash at its end.
        case folder
    }

    /// The receivers of a POST's content.
    enum Posting {
        case service(ServiceRoute)
        case form(FormResource)
    }

    var reading: Reading?
    var posting: Posting?
    /// The service of a GET whose query may have a payload.
    var querying: ServiceRoute?
    /// The settings that PUT replaces.
    var replacing: LabResource?

    /// The methods of the path, for the Allow field (RFC 9110 10.2.1).
    var methods: FieldValue {
        switch (takes(.get), posting != nil, replacing != nil) {
        case (true, true, _): FieldValue("GET, HEAD, POST, OPTIONS")
        case (true, false, true): FieldValue("GET, HEAD, PUT, OPTIONS")
        case (true, false, false): FieldValue("GET, HEAD, OPTIONS")
        case (false, _, _): FieldValue("POST, OPTIONS")
        }
    }

    func takes(_ method: Method) -> Bool {
        switch method {
        case .get, .head: reading != nil || querying != nil
        case .post: posting != nil
        case .put: replacing != nil
        case .options: true
        default: false
        }
    }
}
