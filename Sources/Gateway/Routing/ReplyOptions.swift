internal import EventLoop
internal import HTTP

/// What the response to an exchange has to know of its request, where that is not the plain reply.
final class ReplyOptions {
    /// How the reply is shown.
    enum Form {
        /// As it came, as text or in the type that the request named for its own.
        case bytes(mirroring: FieldValue?)
        /// With its trace, as JSON.
        case trace(ExchangeTrace)
        /// In the page for a form that was posted without JavaScript; the letter that was posted.
        case page(PostedForm, FormResource)
        /// As a list of any number of replies.
        case replies(CollectionResponse.Form, ReplyCollection)
    }

    let form: Form
    /// How the reply is written; nil for the bytes themselves.
    let notation: Notation?
    /// How many seconds the caller wanted to wait, where that holds (RFC 7240 4.3).
    let wait: Int?
    /// The service that is asked, where it is not the one at `/`.
    let route: ServiceRoute?

    /// Whether the caller does not wait for the reply (RFC 7240 4.1).
    let isAsync: Bool
    /// Where replies go that are not one from the address that was asked.
    let collection: ReplyCollection?
    /// How long a cache may keep the response; nil where the method alone says that it may not.
    let caching: Caching?

    /// How long a cache may keep a response.
    enum Caching {
        /// Not at all.
        case never
        /// As long as the records of the reply live, which is a DNS message.
        case dns
    }

    init(
        _ form: Form, notation: Notation? = nil, wait: Int? = nil, isAsync: Bool = false, caching: Caching? = nil,
        collection: ReplyCollection? = nil, route: ServiceRoute? = nil
    ) {
        self.form = form
        self.caching = caching
        self.notation = notation
        self.wait = wait
        self.isAsync = isAsync
        self.collection = collection
        self.route = route
    }

    /// Whether the letter came in a form, and the answer is the page.
    var isOfPage: Bool {
        if case .page = form { return true }
        return false
    }

    /// Where the exchange is written down.
    var trace: ExchangeTrace? {
        if case .trace(let trace) = form { return trace }
        return nil
    }
}
