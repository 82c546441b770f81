import EventLoop
import HTTP
import System
import Testing

@testable import Gateway

/// The responses with several replies: the senders that a caller may see, and the end of an incomplete answer.
@Suite struct CollectionResponseTests {
    private let sender = SocketAddress("192.0.2.7", port: 1900)

    private func collection(
        _ replies: [String], showsAddresses: Bool = false, _ change: (inout ReplyPolicy) -> Void
    ) throws -> ReplyCollection {
        var policy = ReplyPolicy()
        change(&policy)
        let collection = ReplyCollection(
            policy: policy, showsAddresses: showsAddresses, budget: SharedLimit(1 << 20))
        for reply in replies {
            _ = collection.add(Array(reply.utf8)[...], from: try #require(sender), after: .milliseconds(1))
        }
        return collection
    }

    private func page(_ collection: ReplyCollection) throws -> String {
        let resource = FormResource(page: Page.builtIn(), services: ServiceTable([]), maxDatagram: 100)
        let service = Service(path: "/", addresses: [], configuration: Configuration())
        let options = ReplyOptions(
            .page(PostedForm(), resource), collection: collection,
            route: try #require(ServiceTable([service], on: EventLoop()).root))
        let response = ReplyResponse.response(to: .failure(.silent(after: .seconds(1), attempts: 1)), options)
        return String(decoding: response.content, as: UTF8.self)
    }

    private func bytes(_ collection: ReplyCollection, _ notation: Notation? = nil) -> String {
        let response = CollectionResponse.response(collection, as: .bytes, notation)
        var bytes: [UInt8] = []
        ResponseHead.write(
            response.status, contentLength: response.content.count, contentType: response.contentType,
            response.fields, date: HTTPDate(unixSeconds: 0), into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The senders of a group's answer are part of it; others are the operator's business.
    @Test(
        arguments: [
            (.peer, false, false), (.host, false, false), (.any, false, true), (.peer, true, true), (.host, true, true),
        ] as [(ReplyPolicy.Source, Bool, Bool)])
    func `the page shows senders as JSON does`(source: ReplyPolicy.Source, mayBeSeen: Bool, isShown: Bool) throws {
        let collection = try collection(["one", "two"], showsAddresses: mayBeSeen) {
            ($0.count, $0.source) = (.some(2), source)
        }
        let page = try page(collection)
        #expect(page.contains("192.0.2.7:1900") == isShown, "\(page)")
        #expect(page.contains("one") && page.contains("two"))
        let json = CollectionResponse.response(collection, as: .json, nil)
        #expect(String(decoding: json.content, as: UTF8.self).contains("192.0.2.7:1900") == isShown)
    }

    /// At the number of replies, and one past it or one before it.
    @Test(
        arguments: [
            (.some(2), 2, nil), (.some(3), 2, 0), (.all, 2, nil), (.all, 1, 1), (.all, 3, nil),
        ] as [(ReplyPolicy.Count, Int, Int?)])
    func `an incomplete answer says so in each form`(count: ReplyPolicy.Count, most: Int, dropped: Int?) throws {
        let collection = try collection(["one", "two"]) { ($0.count, $0.maxReplies) = (count, most) }
        for notation in [nil, Notation.hex] {
            let head = bytes(collection, notation)
            #expect(head.contains("\r\nLetterbox-Incomplete: ") == (dropped != nil), "\(head)")
            if let dropped { #expect(head.contains("\r\nLetterbox-Incomplete: dropped=\(dropped)\r\n"), "\(head)") }
        }
        #expect(try page(collection).contains("incomplete") == (dropped != nil))
    }

    /// An empty datagram is another answer than none.
    @Test func `the page tells no reply from an empty one`() throws {
        let none = try page(collection([]) { $0.count = .all })
        #expect(none.contains("No reply came in time.") && !none.contains("a datagram of 0 bytes"))
        #expect(try page(collection([""]) { $0.count = .all }).contains("a datagram of 0 bytes"))
    }
}
