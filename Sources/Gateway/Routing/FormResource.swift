internal import HTTP
internal import System

/// The resource `/form`: a browser posts a text without JavaScript, or a file, and gets a page.
final class FormResource {
    private let page: Page
    private let services: ServiceTable
    /// The most bytes of a payload for any service.
    private let maxDatagram: Int
    /// The bytes of text and path for which each refusal has room, however short datagrams are.
    private static let leastRoom = 2048

    init(page: Page, services: ServiceTable, maxDatagram: Int) {
        self.page = page
        self.services = services
        self.maxDatagram = maxDatagram
    }

    /// The answer to a POST with content of a wrong type; nil where the content decides.
    func refusal(of request: Request) -> Response? {
        request.isForm || request.isMultipartForm ? nil : refuseType()
    }

    /// Sends the payload in a form as a datagram.
    func forward(_ request: Request) -> Decision {
        if request.isMultipartForm { return forwardParts(request) }
        let body = request.body
        let text = FormDecoder.value(of: "text", in: body.span)
        let posted = PostedForm(
            text: text.map(PostedForm.lines(of:)) ?? [], to: FormDecoder.value(of: "to", in: body.span),
            notation: FormDecoder.value(of: "as", in: body.span))
        guard text != nil || services.route(at: posted.path) == nil else {
            return .response(refuse(posted, .badRequest, "The form has no field named \"text\"."))
        }
        return send(posted)
    }

    /// Sends the payload of a multipart form (RFC 7578): its text, or a file, whose bytes stay unchanged.
    private func forwardParts(_ request: Request) -> Decision {
        let (body, type) = (request.body, request.value(of: .contentType) ?? [])
        do throws(MultipartError) {
            guard let decoder = try MultipartDecoder(contentType: type.span) else {
                return .response(refuseType())
            }
            let payload = try decoder.payload(in: body.span)
            func content(_ range: Range<Int>) -> [UInt8] {
                Array(body.dropFirst(range.lowerBound).prefix(range.count))
            }
            let text = content(payload.range)
            return send(
                PostedForm(
                    text: payload.isFile ? text : PostedForm.lines(of: text),
                    to: payload.others["to"].map(content), notation: payload.others["as"].map(content)))
        } catch {
            return .response(refuse(PostedForm(), error.status, error.rawValue))
        }
    }

    private func send(_ form: PostedForm) -> Decision {
        guard let service = services.route(at: form.path) else {
            return .response(refuse(form, .notFound, "There is no service at \(form.path.excerpt)."))
        }
        guard !form.isUnknown else {
            return .response(refuse(form, .badRequest, "The field \"as\" takes hex or base64, or is left out."))
        }
        let payload: [UInt8]
        do throws(NotationError) { payload = try form.payload } catch {
            return .response(
                refuse(form, .badRequest, "The text is no \(form.notation?.rawValue ?? "text"): \(error)."))
        }
        let limit = service.service.configuration.maxDatagram
        guard payload.count <= limit else { return .response(refuse(form, .requestTooLong(limit: limit))) }
        if let sentence = service.refusalReason(for: payload[...]) {
            return .response(refuse(form, .badRequest, sentence))
        }
        return service.decide(payload, form, self)
    }

    /// The page for a payload that has been sent and gets no reply.
    func sent(_ form: PostedForm) -> Response { page.form(.accepted, form, outcome: .sent) }

    /// The page with the payload and all its replies, and a sentence where a part of the answer is missing.
    func response(to collection: ReplyCollection, _ form: PostedForm) -> Response {
        var parts = collection.items.map { reply in
            (collection.shows(reply.sender) ? "\(reply.sender)\n" : "")
                + PageText(form.write(reply.bytes.span)).text
        }
        if parts.isEmpty { parts.append("No reply came in time.") }
        if let sentence = CollectionResponse.sentence(about: collection) { parts.append(sentence) }
        return page.form(.ok, form, outcome: .success(Array(parts.joined(separator: "\n\n").utf8)))
    }

    /// The page with the payload and its reply, or the reason why there is none.
    func response(to outcome: Result<Reply, GatewayError>, _ form: PostedForm) -> Response {
        switch outcome {
        case .success(let reply):
            let bytes = reply.bytes
            return page.form(.ok, form, outcome: .success(form.write(bytes.span)))
        case .failure(let error): return refuse(form, error)
        }
    }

    /// Answers content that was not read, because it is longer than that of any service.
    func refuseContent() -> Response {
        var response = refuse(PostedForm(), .requestTooLong(limit: maxDatagram))
        // The field that names the service was not read.
        response.failure = ServiceFailure(service: "", error: .requestError)
        response.closes = true
        return response
    }

    private func refuse(_ form: PostedForm, _ error: GatewayError) -> Response {
        var response = refuse(form, error.answer.status, error.detail)
        let problem = Problem.response(error, service: form.to)
        response.fields.add(problem.fields)
        response.failure = problem.failure
        return response
    }

    /// The page with the form, as far as there is room for it.
    private func refuse(_ form: PostedForm, _ status: Status, _ sentence: String) -> Response {
        var form = form
        // This page has no reply, so that there is room for twice the longest payload.
        let room = max(2 * maxDatagram, Self.leastRoom)
        if form.text.count + form.to.utf8.count > room { form.text = [] }
        if form.to.utf8.count > room { form = PostedForm() }
        return page.form(status, form, outcome: .failure(sentence))
    }

    private func refuseType() -> Response {
        present(
            Refusal(
                .unsupportedMediaType, "This route takes application/x-www-form-urlencoded and multipart/form-data."))
    }

    /// The page with a refusal that the head of a request determines.
    func present(_ refusal: Refusal) -> Response {
        refusal.page(refuse(PostedForm(), refusal.status, refusal.detail))
    }
}

/// The content of a form: a payload, its notation, and its service.
struct PostedForm {
    /// The payload as typed.
    var text: [UInt8] = []
    /// The service's path.
    let to: String
    /// The notation of the payload and of its reply; nil for text.
    let notation: Notation?
    /// Whether the notation's name is unknown.
    let isUnknown: Bool

    /// A field without content counts as a missing one.
    init(text: [UInt8] = [], to: [UInt8]? = nil, notation name: [UInt8]? = nil) {
        self.text = text
        self.to = to.flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) } ?? "/"
        notation = name.flatMap(Notation.init(name:))
        isUnknown = notation == nil && name?.isEmpty == false
    }

    /// The text with the line ends of the text area, which are LF: forms have CRLF in their place (WHATWG HTML 4.10.22.6
    /// and 4.10.22.8), and any other CR is the caller's own.
    static func lines(of text: [UInt8]) -> [UInt8] {
        text.indices.filter { index in
            text[index] != UInt8(ascii: "\r") || index + 1 == text.endIndex || text[index + 1] != UInt8(ascii: "\n")
        }.map { text[$0] }
    }

    /// The bytes of a reply, in the form's notation.
    func write(_ bytes: Span<UInt8>) -> [UInt8] { notation?.encode(bytes) ?? bytes.indices.map { bytes[$0] } }

    /// The text for the page's text area and its notation: a file that is no text is there in hexadecimal.
    var shown: (text: String, notation: Notation?) {
        let text = PageText(text)
        if notation == nil, text.isHex { return (text.text, .hex) }
        return (notation == nil ? text.text : String(decoding: self.text, as: UTF8.self), notation)
    }

    var path: ArraySlice<UInt8> { to.bytes }

    /// The payload's bytes.
    var payload: [UInt8] {
        get throws(NotationError) {
            guard let notation else { return text }
            return try notation.decode(text.span)
        }
    }
}
