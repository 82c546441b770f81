import HTTP
import Testing

/// Every fixture, fed in every way.
@Suite struct WireTests {
    @Test func noFixtureFileIsLost() throws {
        #expect(try Fixture.files().count >= 12)
        #expect(try Fixture.all().count >= 150)
    }

    @Test(arguments: [
        "", "# Nothing but a title", "## A\nWhy.\n```request\nGET", "## A\nWhy.\n```result\nincomplete\n```",
        "## A\nWhy.\n```request\nGET\n```", "## A\nWhy.\n```request maxBodies=1\nG\n```\n```result\nincomplete\n```",
        "## A\nWhy.\n```request\n\\q\n```\n```result\nincomplete\n```", "## A\nWhy.\n```requests\nG\n```",
        "## A\n```request\nG\n```\n```result\nincomplete\n```", "## A\nWhy.\n```request\nG\n```\n```result\n```",
    ])
    func badFixturesAreRefused(text: String) {
        #expect(throws: Fixture.Malformed.self) { try Fixture.read(text, file: "text") }
    }

    @Test(arguments: try Fixture.all())
    func whole(fixture: Fixture) {
        #expect(feedWhole(fixture).text == fixture.result)
    }

    @Test(arguments: try Fixture.all())
    func byteByByte(fixture: Fixture) {
        let whole = feedWhole(fixture)
        #expect(feedByteByByte(fixture) == whole)
    }

    @Test(arguments: try Fixture.all())
    func splitAtEveryOffset(fixture: Fixture) {
        let whole = feedWhole(fixture)
        for offset in 0...fixture.bytes.count {
            #expect(feed(fixture, splitAt: offset) == whole, "split at \(offset)")
        }
    }

    /// Once a prefix is refused, every longer one is, in the same way, so that no packet boundary changes the answer.
    @Test(arguments: try Fixture.all())
    func prefixesAgree(fixture: Fixture) {
        let whole = feedWhole(fixture)
        var isDecided = false
        for length in 0...fixture.bytes.count {
            var prefix = fixture
            prefix.bytes = Array(fixture.bytes.prefix(length))
            let outcome = feedWhole(prefix)
            #expect(outcome == whole || outcome == .incomplete && !isDecided, "prefix of \(length)")
            isDecided = outcome != .incomplete
        }
    }

    /// A message that was accepted is followed by itself, by way of one parser.
    @Test(arguments: try Fixture.all())
    func pipelined(fixture: Fixture) {
        let first = feedWhole(fixture)
        guard case .accepted(_, let length) = first, fixture.kind == .request else { return }
        let message = Array(fixture.bytes.prefix(length))
        let twice = message + message
        var parser = RequestParser(limits: fixture.limits)
        let one = Outcome.of(&parser, twice.span)
        #expect(one == first)
        let other = Outcome.of(&parser, twice.span.extracting(length...))
        #expect(other == first)
    }

    @Test(arguments: try Fixture.all())
    func atTheEdgeOfMemory(fixture: Fixture) {
        let whole = feedWhole(fixture)
        for length in Set([fixture.bytes.count, fixture.bytes.count / 2, max(0, fixture.bytes.count - 1)]) {
            let prefix = Array(fixture.bytes.prefix(length))
            let outcome = GuardedPage.lend(prefix) { feed(fixture, $0) }
            #expect(outcome == whole || length < fixture.bytes.count && outcome == .incomplete)
        }
    }
}

private func feed(_ fixture: Fixture, _ bytes: Span<UInt8>) -> Outcome {
    switch fixture.kind {
    case .request:
        var parser = RequestParser(limits: fixture.limits)
        return Outcome.of(&parser, bytes)
    case .chunked:
        var feeder = ChunkFeeder(fixture.limits)
        return feeder.run(bytes).0
    }
}

private func feedWhole(_ fixture: Fixture) -> Outcome {
    feed(fixture, fixture.bytes.span)
}

private func feedByteByByte(_ fixture: Fixture) -> Outcome {
    var parser = RequestParser(limits: fixture.limits)
    var feeder = ChunkFeeder(fixture.limits)
    for length in 1...fixture.bytes.count {
        let outcome =
            fixture.kind == .request
            ? Outcome.of(&parser, fixture.bytes.span.extracting(first: length))
            : feeder.feed([fixture.bytes[length - 1]])
        if outcome != .incomplete { return outcome }
    }
    return .incomplete
}

private func feed(_ fixture: Fixture, splitAt offset: Int) -> Outcome {
    var parser = RequestParser(limits: fixture.limits)
    var feeder = ChunkFeeder(fixture.limits)
    let early =
        fixture.kind == .request
        ? Outcome.of(&parser, fixture.bytes.span.extracting(first: offset))
        : feeder.feed(Array(fixture.bytes.prefix(offset)))
    guard early == .incomplete else { return early }
    return fixture.kind == .request
        ? Outcome.of(&parser, fixture.bytes.span)
        : feeder.feed(Array(fixture.bytes.dropFirst(offset)))
}
