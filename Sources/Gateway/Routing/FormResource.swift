internal import HTTP

/// The resource `/form`: what a browser posts without JavaScript, or a file, which a page answers.
final class FormResource {
    private let page: Page
    /// Where letters go.
    private let service: ServiceRoute
    /// The most bytes of a letter.
    private let maxDatagram: Int

    init(page: Page, service: ServiceRoute) {
        self.page = page
        self.service = service
        maxDatagram = service.service.configuration.maxDatagram
    }

    /// What a POST gets whatever its content is; nil where the content counts.
    func refusal(of request: Request) -> Response? { request.isForm || request.isMultipart ? nil : Self.refuseType() }

    /// Sends the letter in a form as a datagram.
    func forward(_ request: Request) -> Decision {
        if request.isMultipart { return forwardParts(request) }
        let body = request.body
        guard let text = FormDecoder(0..<body.count).value(of: "text", in: body.span) else {
            let sentence = "The form has no field named \"text\"."
            return .response(page.form(.badRequest, text: [], outcome: .failure(sentence)))
        }
        return forward(text)
    }

    /// A form in parts (RFC 7578): its text, or a file, whose bytes are the letter as they are.
    private func forwardParts(_ request: Request) -> Decision {
        let (body, type) = (request.body, request.value(of: .contentType) ?? [])
        do throws(MultipartError) {
            guard let decoder = try MultipartDecoder(contentType: type.span) else {
                return .response(Self.refuseType())
            }
            let payload = try decoder.payload(in: body.span)
            let content = body.dropFirst(payload.range.lowerBound).prefix(payload.range.count)
            return payload.isFile ? send(Array(content)) : forward(Array(content))
        } catch {
            return .response(page.form(error.status, text: [], outcome: .failure(error.description)))
        }
    }

    /// Forms end lines with CRLF (WHATWG HTML 4.10.21.4); the text area had LF, and so the letter has.
    private func forward(_ text: [UInt8]) -> Decision { send(text.filter { $0 != UInt8(ascii: "\r") }) }

    private func send(_ letter: [UInt8]) -> Decision {
        guard letter.count <= maxDatagram else {
            return .response(refuse(letter, .requestTooLong(limit: maxDatagram)))
        }
        return service.decide(letter, in: self)
    }

    /// The page with a letter that has left and gets no reply.
    func sent(_ letter: [UInt8]) -> Response { page.form(.accepted, text: letter, outcome: .sent) }

    /// The page with the letter and all its replies.
    func response(to collection: ReplyCollection, letter: [UInt8]) -> Response {
        let replies = collection.items.map { Array("\($0.sender)\n".utf8) + $0.bytes }
        return page.form(.ok, text: letter, outcome: .success(Array(replies.joined(separator: Array("\n\n".utf8)))))
    }

    /// The page with the letter and its reply, or why there is none.
    func response(to outcome: Result<Reply, GatewayError>, letter: [UInt8]) -> Response {
        switch outcome {
        case .success(let reply): page.form(.ok, text: letter, outcome: .success(Array(reply.bytes)))
        case .failure(let error): refuse(letter, error)
        }
    }

    /// Answers content that was not read, for it is longer than that of any letter.
    func refuseContent() -> Response {
        var response = refuse([], .requestTooLong(limit: maxDatagram))
        response.closes = true
        return response
    }

    private func refuse(_ letter: [UInt8], _ error: GatewayError) -> Response {
        // The page has no reply then, so that there is room for twice the letter that fits.
        let kept = letter.count <= 2 * maxDatagram ? letter : []
        var response = page.form(error.answer.status, text: kept, outcome: .failure(error.detail))
        let problem = Problem.response(error, service: service.service.path)
        response.fields += problem.fields
        response.failure = problem.failure
        return response
    }

    private static func refuseType() -> Response {
        Problem.response(
            .unsupportedMediaType, "This route takes application/x-www-form-urlencoded and multipart/form-data.")
    }
}
