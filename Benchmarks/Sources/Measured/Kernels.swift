internal import Datagrams
internal import HTTP

/// The loops that are measured by themselves, each done so many times.
///
/// They stand in the package that they measure, for its modules have no other public name.
public enum Kernels {
    /// Parses the head of a request; the sum of the lengths of the heads, in bytes.
    public static func parse(_ request: [UInt8], times: Int) -> Int {
        var parser = RequestParser(limits: Limits())
        var sum = 0
        for _ in 0..<times {
            // A head that repeats the last one would be compared with it and not be read.
            parser.reset()
            guard (try? parser.read(request.span)) == true else { fatalError("the request is refused") }
            sum &+= parser.head.length
        }
        return sum
    }

    /// Writes the head of the response to a POST; the sum of the lengths of the heads, in bytes.
    public static func writeHead(times: Int) -> Int {
        let contentType = FieldValue("text/plain; charset=utf-8")
        let timing = FieldValue("udp;dur=")
        let date = HTTPDate(unixSeconds: 1_700_000_000)
        var buffer: [UInt8] = []
        buffer.reserveCapacity(1024)
        var sum = 0
        for count in 0..<times {
            buffer.removeAll(keepingCapacity: true)
            var fields = FieldLines()
            fields.add(.serverTiming, timing, thousandths: count & 1023)
            ResponseHead.write(
                .ok, contentLength: 50, contentType: contentType, fields, date: date, into: &buffer)
            sum &+= buffer.count
        }
        return sum
    }

    /// Answers a datagram as the uppercase server does; the sum of the lengths of the replies, in bytes.
    public static func uppercase(_ text: [UInt8], times: Int) -> Int {
        let service = Uppercase()
        var sum = 0
        _ = [UInt8](capacity: 65_536) { reply in
            for _ in 0..<times {
                reply.removeAll()
                service.respond(to: text.span, into: &reply)
                sum &+= reply.count
            }
        }
        return sum
    }
}
