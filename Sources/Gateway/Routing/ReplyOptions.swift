internal import HTTP

/// The properties of a request that its response depends on; a plain reply needs none.
final class ReplyOptions {
    /// The forms of a reply.
    enum Form {
        /// The bytes, as text or in the type that the request named for its own content; with a trace JSON of both.
        case bytes(mirroring: FieldValue?)
        /// In the page for a form that was posted without JavaScript, with the posted payload.
        case page(PostedForm, FormResource)
        /// As a list of any number of replies.
        case replies(CollectionResponse.Form, ReplyCollection)
    }

    let form: Form
    /// The reply's notation; nil for the bytes themselves.
    let notation: Notation?
    /// The caller's wait in seconds, where it is no longer than the timeout (RFC 7240 4.3).
    let wait: Int?
    /// The route of the service.
    let route: ServiceRoute

    /// Whether the caller does not wait for the reply (RFC 7240 4.1).
    let isAsync: Bool
    /// The collection, where one reply from the address itself is not enough.
    let collection: ReplyCollection?
    /// A cache's permission; nil where the method alone denies it.
    let caching: Caching?
    /// The trace of the exchange, for a caller that prefers one; of several replies only the failure has it.
    let trace: ExchangeTrace?

    /// A cache's permission to store a response.
    enum Caching {
        /// Not at all.
        case never
        /// For the lifetime of the reply's records, which is a DNS message.
        case dns
    }

    init(
        _ form: Form, notation: Notation? = nil, wait: Int? = nil, isAsync: Bool = false, caching: Caching? = nil,
        collection: ReplyCollection? = nil, trace: ExchangeTrace? = nil, route: ServiceRoute
    ) {
        self.form = form
        self.trace = trace
        self.caching = caching
        self.notation = notation
        self.wait = wait
        self.isAsync = isAsync
        self.collection = collection
        self.route = route
    }

    /// Whether the request is answered when the datagram has left.
    var isOneWay: Bool { isAsync || route.service.replies.count == .none }

    /// Whether the payload came in a form, so that the answer is the page.
    var isOfPage: Bool {
        if case .page = form { return true }
        return false
    }
}
