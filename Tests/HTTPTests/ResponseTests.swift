import HTTP
import Testing

@Suite struct ResponseTests {
    private let date = HTTPDate(unixSeconds: 784_111_777)

    private func written(
        _ status: Status, contentLength: Int, connection: ResponseHead.Connection = .persistent
    ) -> String {
        var buffer: [UInt8] = []
        ResponseHead.write(
            status, contentLength: contentLength, connection: connection, date: date, into: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    @Test(arguments: [
        (0, "dur=0.000"), (9, "dur=0.009"), (60, "dur=0.060"), (999, "dur=0.999"), (1000, "dur=1.000"),
        (-1, "dur=-0.001"), (12_345_678, "dur=12345.678"), (Int.max, "dur=9223372036854775.807"),
        (Int.min, "dur=-9223372036854775.808"),
    ])
    func aValueMayEndInANumber(number: Int, text: String) {
        var fields = FieldLines()
        fields.add(.serverTiming, FieldValue("dur="), thousandths: number)
        #expect(lines(fields.bytes) == ["Server-Timing: \(text)", ""])
    }

    @Test func fieldsComeInTheirOrder() {
        var (fields, others) = (FieldLines(), FieldLines())
        #expect(fields.isEmpty)
        others.add(.allow, FieldValue("GET"))
        fields.add(others)
        fields.add(.vary, FieldValue("Origin"))
        fields.add(others)
        #expect(!fields.isEmpty && lines(fields.bytes) == ["Allow: GET", "Vary: Origin", "Allow: GET", ""])
    }

    private func lines(_ bytes: [UInt8]) -> [Substring] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
    }

    @Test func everyByteOfAnOrdinaryResponse() {
        var buffer = Array("before".utf8)
        var fields = FieldLines()
        fields.add(.serverTiming, FieldValue("udp;dur="), thousandths: 1234)
        ResponseHead.write(
            .ok, contentLength: 5, contentType: MediaType.plainText, fields, date: date, into: &buffer)
        buffer += Array("HELLO".utf8)
        let expected = """
            beforeHTTP/1.1 200 OK\r
            Date: Sun, 06 Nov 1994 08:49:37 GMT\r
            Content-Length: 5\r
            Content-Type: text/plain; charset=utf-8\r
            X-Content-Type-Options: nosniff\r
            Server-Timing: udp;dur=1.234\r
            \r
            HELLO
            """
        #expect(String(decoding: buffer, as: UTF8.self) == expected)
    }

    /// The head that is put together beforehand has every field of the one that is not, and no other.
    @Test(
        arguments: [(0, 0), (5, 1234), (65_507, 999), (10, 1_000_000), (1, 12_345_678)],
        [.persistent, .keepAlive(seconds: 75)] as [ResponseHead.Connection])
    func thePreparedHeadSaysTheSame(of numbers: (length: Int, thousandths: Int), connection: ResponseHead.Connection) {
        let (length, thousandths) = numbers
        let timing = FieldValue("udp;dur=")
        let head = ReplyHead(
            contentType: MediaType.plainText, timing: timing, date: date, connection: connection)
        let end = head.mostBytes
        var buffer = [UInt8](repeating: 0, count: end + 5)
        var place = ReplyHead.Place()
        let start = head.write(
            before: end, in: &buffer, contentLength: length, thousandths: thousandths, over: &place)
        let prepared = Array(buffer[start..<end])
        // Neither what follows nor anything before the head is touched.
        #expect(buffer[..<start].allSatisfy { $0 == 0 } && buffer[end...].allSatisfy { $0 == 0 })
        var (plain, fields) = ([UInt8](), FieldLines())
        fields.add(.serverTiming, timing, thousandths: thousandths)
        ResponseHead.write(
            .ok, contentLength: length, contentType: MediaType.plainText, connection: connection, fields, date: date,
            into: &plain)
        let found = lines(prepared)
        let expected = lines(plain)
        #expect(found.first == expected.first && found.suffix(2) == ["", ""])
        #expect(found.sorted() == expected.sorted())
    }

    /// A head over the last one is the same as one in a buffer of its own, whatever the numbers were before.
    @Test func aHeadOverAnother() {
        let head = ReplyHead(contentType: MediaType.plainText, timing: FieldValue("udp;dur="), date: date)
        let end = head.mostBytes
        var buffer = [UInt8](repeating: 0, count: end)
        var place = ReplyHead.Place()
        for (length, thousandths) in [(50, 123), (51, 999), (9, 1), (99, 10_000), (100, 1_000), (10, 0), (1, 12_345)] {
            var fresh = [UInt8](repeating: 0, count: end)
            var nowhere = ReplyHead.Place()
            let start = head.write(
                before: end, in: &buffer, contentLength: length, thousandths: thousandths, over: &place)
            let expected = head.write(
                before: end, in: &fresh, contentLength: length, thousandths: thousandths, over: &nowhere)
            #expect(start == expected && buffer[start...] == fresh[start...])
        }
    }

    /// A head that was written for another second, or at another place, is not reused.
    @Test func aHeadOfTheNextSecondOverAnother() {
        let head = ReplyHead(contentType: MediaType.plainText, timing: FieldValue("udp;dur="), date: date)
        var buffer = [UInt8](repeating: 0, count: head.mostBytes + 8)
        var place = ReplyHead.Place()
        for (second, end) in [
            (0, head.mostBytes), (1, head.mostBytes), (1, head.mostBytes + 8), (2, head.mostBytes + 8),
        ] {
            let date = HTTPDate(unixSeconds: 784_111_777 + Int64(second))
            head.renew(date)
            let start = head.write(before: end, in: &buffer, contentLength: 5, thousandths: 12, over: &place)
            let other = ReplyHead(contentType: MediaType.plainText, timing: FieldValue("udp;dur="), date: date)
            var fresh = [UInt8](repeating: 0, count: end)
            var nowhere = ReplyHead.Place()
            #expect(other.write(before: end, in: &fresh, contentLength: 5, thousandths: 12, over: &nowhere) == start)
            #expect(buffer[start..<end] == fresh[start..<end])
        }
    }

    @Test func everyByteOfAnError() {
        let expected = """
            HTTP/1.1 404 Not Found\r
            Date: Sun, 06 Nov 1994 08:49:37 GMT\r
            Content-Length: 0\r
            X-Content-Type-Options: nosniff\r
            Connection: close\r
            \r\n
            """
        #expect(written(.notFound, contentLength: 0, connection: .close) == expected)
    }

    /// RFC 9110 7.6.1: Connection names the field that is about it.
    @Test func aClientThatAskedIsToldThatTheConnectionGoesOnAndForHowLong() {
        let text = written(.ok, contentLength: 0, connection: .keepAlive(seconds: 75))
        #expect(text.contains("\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n"))
    }

    @Test func lessThanASecondIsNoPromise() {
        let text = written(.ok, contentLength: 0, connection: .keepAlive(seconds: 0))
        #expect(text.contains("\r\nConnection: keep-alive\r\n\r\n"))
    }

    @Test(arguments: [Status.noContent, .notModified])
    func someResponsesHaveNoLength(status: Status) {
        #expect(!written(status, contentLength: 5).contains("Content-Length"))
    }

    @Test(arguments: [
        (0, "0"), (7, "7"), (10, "10"), (65507, "65507"), (99_999_999, "99999999"), (100_000_000, "100000000"),
        (1_000_000_001, "1000000001"), (-42, "-42"), (Int.min, "-9223372036854775808"),
        (Int.max, "9223372036854775807"),
    ])
    func numbers(number: Int, text: String) {
        #expect(written(.ok, contentLength: number).contains("Content-Length: \(text)\r\n"))
    }

    @Test(arguments: ["text/html", "a\tb", "\u{E4}", ""])
    func aHarmlessValueIsAdded(text: String) {
        var fields = FieldLines()
        fields.add(.contentType, validating: text.utf8)
        #expect(lines(fields.bytes) == ["Content-Type: \(text)", ""])
        #expect(FieldValue(validating: text.utf8)?.bytes == Array(text.utf8))
    }

    @Test(arguments: ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\0", "a\u{7F}", "\u{1B}", " a", "a\t"])
    func aHarmfulValueIsNot(text: String) {
        var fields = FieldLines()
        fields.add(.contentType, validating: text.utf8)
        #expect(fields.isEmpty)
        #expect(FieldValue(validating: text.utf8) == nil)
    }

    @Test func noMemoryIsAskedForWithinTheCapacity() {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(1024)
        let address = unsafe buffer.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        ResponseHead.write(.ok, contentLength: 5, date: date, into: &buffer)
        let after = unsafe buffer.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        #expect(address == after)
    }

    @Test func theInterimResponse() {
        #expect(InterimResponse.continueBytes == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }

    @Test(arguments: [
        ("index.html", "text/html; charset=utf-8"), ("a/b.CSS", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"), ("app.min.mjs", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"), ("site.webmanifest", "application/manifest+json"),
        ("openapi.yaml", "application/yaml"), ("font.woff2", "font/woff2"), ("data", "application/octet-stream"),
        ("a.b/data", "application/octet-stream"), ("x.unknown", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("dot.", "application/octet-stream"),
    ])
    func mediaTypes(name: String, type: String) {
        #expect(MediaType.ofFile(named: name).bytes == Array(type.utf8))
    }
}
