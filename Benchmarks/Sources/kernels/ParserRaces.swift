import CKernels
import Kernels

/// Parsing the head of a request, as the gateway does it: a parser for each.
private func parseRace(_ work: String, _ request: [UInt8]) -> Race {
    var contestants = [
        Contestant(name: "letterbox") { times in keep(Kernels.parse(request, times: times)) }
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
    Race(
        work: "write the head of a response",
        contestants: [Contestant(name: "letterbox") { times in keep(Kernels.writeHead(times: times)) }])
}

func parserRaces() -> [Race] {
    precondition(curlRequest.count == 100 && browserRequest.count == 570, "the titles say how long the requests are")
    return [
        parseRace("parse curl's request, 100 bytes", curlRequest),
        parseRace("parse a browser's request, 570 bytes", browserRequest),
        writeRace(),
    ]
}
