import Testing

/// Every case of the table against the real program, over TCP.
@Suite(WireGateway()) struct WireCaseTests {
    @Test func noGroupIsLost() {
        #expect(WireTable.groups.allSatisfy { $0.cases.count >= 3 })
        #expect(WireTable.all.count >= 150)
    }

    @Test(arguments: WireTable.all)
    func whole(wireCase: WireCase) throws {
        try check(wireCase, inPiecesOf: .max)
    }

    @Test(arguments: WireTable.all)
    func byteByByte(wireCase: WireCase) throws {
        try check(wireCase, inPiecesOf: 1)
    }

    /// A client that waits for permission to send gets it, once, before its content is there.
    @Test func continueComesBeforeTheContent() throws {
        let socket = try WireSocket(port: WireGateway.port)
        let head = "POST / HTTP/1.1|Host: a|Content-Length: 5|Expect: 100-continue|Connection: close||"
        socket.send(wireBytes(head))
        var interim: [UInt8] = []
        while interim.count < 25 {
            let more = try socket.receive(25 - interim.count)
            if more.isEmpty { break }
            interim += more
        }
        #expect(interim == wireBytes("HTTP/1.1 100 Continue||"))
        socket.send(wireBytes("hello"))
        var responses = WireResponses(try socket.receiveAll())
        let response = try responses.next(toHead: false)
        #expect(response.status == 200 && response.content == wireBytes("HELLO"))
        #expect(responses.isAtEnd)
    }

    /// RFC 9110 10.1.1: content that changes nothing is not asked for.
    @Test(
        arguments: [
            (404, "POST /none HTTP/1.1|"), (405, "PUT / HTTP/1.1|"), (405, "POST /healthz HTTP/1.1|"),
            (415, "POST / HTTP/1.1|Content-Encoding: gzip|"), (415, "POST /form HTTP/1.1|Content-Type: text/plain|"),
            (415, "POST / HTTP/1.1|Content-Type: multipart/form-data; boundary=a|"), (501, "BREW / HTTP/1.1|"),
        ], [1, Int.max])
    func aHeadThatDecidesIsAnsweredWithoutContent(_ request: (status: Int, text: String), size: Int) throws {
        for framing in ["Content-Length: 5", "Transfer-Encoding: chunked"] {
            let socket = try WireSocket(port: WireGateway.port)
            socket.send(wireBytes("\(request.text)Host: a|Expect: 100-continue|\(framing)||"), inPiecesOf: size)
            let came = try socket.receiveAll()
            #expect(String(decoding: came.prefix(13), as: UTF8.self) == "HTTP/1.1 \(request.status) ")
            var responses = WireResponses(came)
            #expect(try responses.next(toHead: false).values("connection") == ["close"])
            #expect(responses.isAtEnd)
        }
    }

    /// A client that is done sending still gets what it asked for (RFC 9112 9.6).
    @Test(arguments: [1, Int.max])
    func aHalfClosedClientIsAnswered(size: Int) throws {
        let socket = try WireSocket(port: WireGateway.port)
        let one = "POST / HTTP/1.1|Host: a|Content-Length: 3||abc"
        socket.send(wireBytes(one + one), inPiecesOf: size)
        socket.shutDown()
        var responses = WireResponses(try socket.receiveAll())
        for _ in 1...2 { #expect(try responses.next(toHead: false).content == wireBytes("ABC")) }
        #expect(responses.isAtEnd)
    }
}

/// The request that follows each case: it shows that the gateway knows where the message before it ended, or that it
/// reads no further after a refusal.
private let last = wireBytes("GET /healthz HTTP/1.1|Host: a|Connection: close||")

private func check(_ wireCase: WireCase, inPiecesOf size: Int) throws {
    let socket = try WireSocket(port: WireGateway.port)
    socket.send(wireCase.end == .cutOff ? wireCase.bytes : wireCase.bytes + last, inPiecesOf: size)
    if wireCase.end == .cutOff { socket.shutDown() }
    let came = try socket.receiveAll()
    var responses = WireResponses(came)
    var closes = false
    let answers = wireCase.answers + (wireCase.end == .goesOn ? [.ok("ok\n")] : [])
    for (index, answer) in answers.enumerated() {
        let response = try responses.next(toHead: answer.isToHead)
        #expect(response.status == answer.status)
        if let content = answer.content { #expect(response.content == content) }
        let says = response.values("connection").joined(separator: ",").lowercased()
        closes = says.contains("close")
        #expect(closes == (index == answers.count - 1), "answer \(index + 1) of \(answers.count) says \"\(says)\"")
        #expect(response.values("date").count == 1)
    }
    #expect(responses.isAtEnd, "\(responses.remainder)")
}
