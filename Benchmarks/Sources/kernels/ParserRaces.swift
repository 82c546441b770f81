import CKernels
import HTTP

/// Parsing the head of a request, as the gateway does it: a parser for each.
private func parseRace(_ work: String, _ request: [UInt8]) -> Race {
    var contestants = [
        Contestant(name: "letterbox") { times in
            var parser = RequestParser(limits: Limits())
            for _ in 0..<times {
                guard (try? parser.read(request.span)) == true else { fatalError("the request is refused") }
                keep(parser.head.length)
            }
        }
    ]
    let peers: [(String, Bool, (Int) -> Bool)] = [
        (
            "picohttpparser", has_picohttpparser(),
            { unsafe parse_with_picohttpparser(request, request.count, $0) }
        ),
        ("http-parser", has_http_parser(), { unsafe parse_with_http_parser(request, request.count, $0) }),
    ]
    for (name, isThere, parse) in peers where isThere {
        contestants.append(Contestant(name: name) { if !parse($0) { fatalError("the request is refused") } })
    }
    return Race(work: work, contestants: contestants)
}

/// Writing the head of the response to a POST.
private func writeRace() -> Race {
    let contentType = FieldValue("text/plain; charset=utf-8")
    let timing = FieldValue("udp;dur=")
    let date = HTTPDate(unixSeconds: 1_700_000_000)
    return Race(
        work: "write the head of a response",
        contestants: [
            Contestant(name: "letterbox") { times in
                var buffer: [UInt8] = []
                buffer.reserveCapacity(1024)
                for count in 0..<times {
                    buffer.removeAll(keepingCapacity: true)
                    let head = ResponseHead(.ok, contentLength: 50, contentType: contentType)
                    head.write(into: &buffer, date: date) { writer in
                        writer.add(.serverTiming, timing, thousandths: count & 1023)
                    }
                    keep(buffer.count)
                }
            }
        ])
}

func parserRaces() -> [Race] {
    precondition(curlRequest.count == 100 && browserRequest.count == 570, "the titles say how long the requests are")
    return [
        parseRace("parse curl's request, 100 bytes", curlRequest),
        parseRace("parse a browser's request, 570 bytes", browserRequest),
        writeRace(),
    ]
}
