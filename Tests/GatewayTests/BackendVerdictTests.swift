import EventLoop
import HTTP
import System
import Testing

@testable import Gateway

/// What an exchange tells about a backend, and what it does not.
@Suite(.timeLimit(.minutes(1))) struct BackendVerdictTests {
    /// Also while one of them is silent: each exchange moves the start of the search by one.
    @Test(arguments: [1, 2]) func theyGoInTurnWhileOneIsSilent(attempts: Int) async throws {
        try await withUpstream(patientConfiguration(attempts: attempts), peers: 2) { upstream, peers in
            let (silent, echoing) = (peers[0].address, Task { try await peers[1].echo() })
            var first: [Int] = []
            for _ in 0..<6 {
                _ = try? await upstream.exchange("hello") { exchange in
                    let isSilent = exchange.backend?.address == silent
                    first.append(isSilent ? 0 : 1)
                    guard isSilent else { return }
                    // Its pause is over, or all of its time.
                    if attempts > 1 { exchange.pause() } else { exchange.resume(.fail(.silent)) }
                }
            }
            echoing.cancel()
            #expect(first == [0, 1, 0, 1, 0, 1] || first == [1, 0, 1, 0, 1, 0], "\(first)")
        }
    }

    /// A caller that does not wait as long as the operator allows learns nothing about the service.
    @Test func aCallersImpatienceIsNoVerdict() async throws {
        // Together they take longer than the operator's time, after which so many failures would open the breaker.
        let configuration = patientConfiguration { $0.timeout = .milliseconds(60) }
        try await withUpstream(configuration) { upstream, peers in
            for _ in 0..<10 { _ = try? await upstream.exchange("hello", timeout: .milliseconds(20)) }
            let counts = try #require(await upstream.counts(of: peers[0].address))
            #expect(counts.isUp && counts.timeouts == 10)
        }
    }

    /// The operator's own datagram has the whole time that the operator gives it, whatever callers may wait for.
    @Test(arguments: [ReplyPolicy.Count.all, .some(2)]) func aProbeWithoutAReplyIsAVerdict(count: ReplyPolicy.Count)
        async throws
    {
        var policy = ReplyPolicy()
        (policy.count, policy.wait) = (count, .seconds(50))
        try await withUpstream(patientConfiguration { $0.timeout = .milliseconds(20) }, policy) { upstream, peers in
            for _ in 0..<Health.failures { await upstream.probe() }
            #expect(await upstream.counts(of: peers[0].address)?.isUp == false)
            #expect(await upstream.isDown(peers[0].address))
        }
    }

    /// Its other replies are none to a datagram that was sent once: the network doubles nothing.
    @Test func aProbeOfAServiceWithSeveralReplies() async throws {
        var policy = ReplyPolicy()
        policy.count = .all
        try await withUpstream(patientConfiguration(), policy) { upstream, peers in
            async let probe: Void = upstream.probe()
            let letter = try await peers[0].receive()
            for text in ["one", "two", "three"] { try await peers[0].send(text, to: letter.sender) }
            await probe
            await upstream.wait(for: peers[0].address) { $0.sockets.late == 2 }
            #expect(await upstream.counts(of: peers[0].address)?.sockets.doubled == 0)
        }
    }

    /// No reply is an answer of a service with any number of them: it is up again where the datagram leaves.
    @Test func aCollectionWithoutAReplyBringsItBack() async throws {
        var policy = ReplyPolicy()
        policy.count = .all
        try await withUpstream(patientConfiguration { $0.timeout = .milliseconds(20) }, policy) { upstream, peers in
            for _ in 0..<Health.failures { await upstream.probe() }
            #expect(await upstream.counts(of: peers[0].address)?.isUp == false)
            _ = await upstream.collect("a", timeout: .milliseconds(1)).outcome.isSilent
            #expect(await upstream.counts(of: peers[0].address)?.isUp == false)
            #expect(await upstream.collect("a").outcome.isSilent)
            #expect(await upstream.counts(of: peers[0].address)?.isUp == true)
        }
    }

    /// A caller that waits less than the service needs learns nothing about it: its replies come all the same.
    @Test func aReplyAfterAnImpatientCallersEndIsASignOfLife() async throws {
        try await withUpstream(patientConfiguration(attempts: 9)) { upstream, peers in
            let last = await upstream.lastReply(of: peers[0].address)
            await #expect(throws: GatewayError.self) { try await upstream.exchange("a", timeout: .milliseconds(1)) }
            try await peers[0].send("late", to: try await peers[0].receive().sender)
            await upstream.wait(for: peers[0].address) { $0.sockets.late == 1 }
            #expect(try #require(await upstream.lastReply(of: peers[0].address)) > (try #require(last)))
        }
    }

    /// A reply that is too long is one.
    @Test func aReplyThatIsTooLongIsASignOfLife() async throws {
        try await withUpstream(patientConfiguration { $0.maxDatagram = 4 }) { upstream, peers in
            await upstream.fail()
            let last = try #require(await upstream.lastReply(of: peers[0].address))
            let answer = Task { try await upstream.exchange("a") }
            try await peers[0].send("12345", to: try await peers[0].receive().sender)
            await #expect(throws: GatewayError.replyTooLong(limit: 4)) { try await answer.value }
            #expect(await upstream.counts(of: peers[0].address)?.isUp == true)
            #expect(try #require(await upstream.lastReply(of: peers[0].address)) > last)
        }
    }

    /// A socket without a peer hears strangers, too: what one of them sends after the end says nothing of the service.
    @Test(arguments: [ReplyPolicy.Source.host, .any]) func aStrangersDatagramIsNoSignOfLife(source: ReplyPolicy.Source)
        async throws
    {
        var policy = ReplyPolicy()
        policy.source = source
        try await withUpstream(patientConfiguration(), policy, peers: 2) { upstream, peers in
            let (service, stranger) = (peers[0], peers[1])
            await upstream.move(to: [service.address])
            let last = await upstream.lastReply(of: service.address)
            await #expect(throws: GatewayError.self) { try await upstream.exchange("a", timeout: .milliseconds(1)) }
            try await stranger.send("late", to: try await service.receive().sender)
            await upstream.wait(for: service.address) { $0.sockets.late == 1 }
            #expect(await upstream.lastReply(of: service.address) == last)
        }
    }

    /// A refusal by the address of one host counts, also where replies may come from any host.
    @Test(arguments: [ReplyPolicy.Source.host, .any]) func aRefusalIsTakenElsewhere(source: ReplyPolicy.Source)
        async throws
    {
        var policy = ReplyPolicy()
        policy.source = source
        try await withUpstream(patientConfiguration(), policy) { upstream, peers in
            await upstream.move(to: [try closedAddress(), peers[0].address])
            let echoing = Task { try await peers[0].echo() }
            for number in 0..<2 { #expect(try await upstream.collect("\(number)").outcome.get().text == "\(number)") }
            echoing.cancel()
            await upstream.move(to: [try closedAddress()])
            let outcome = await upstream.collect("hello").outcome
            #expect(throws: GatewayError.self) { try outcome.get() }
        }
    }

    /// The wildcard address means this machine, and replies come from the loopback address.
    @Test(arguments: [ReplyPolicy.Source.peer, .host], [ReplyPolicy.Count.some(1), .some(2)])
    func theWildcardIsThisMachine(source: ReplyPolicy.Source, count: ReplyPolicy.Count) async throws {
        var policy = ReplyPolicy()
        (policy.source, policy.count, policy.wait) = (source, count, .seconds(1))
        try await withUpstream(patientConfiguration(), policy) { upstream, peers in
            let port = peers[0].address.port
            await upstream.move(to: [try #require(SocketAddress("0.0.0.0", port: port))])
            let answering = Task {
                let letter = try await peers[0].receive()
                try await peers[0].send("one", "two", to: letter.sender)
            }
            let (outcome, found) = await upstream.collect("hello")
            _ = try outcome.get()
            #expect(count == .some(1) || found == 2)
            try await answering.value
        }
    }

    /// The service may have come back since: the next datagram leaves, and the report counts all the same.
    @Test func anOldReportRefusesNoDatagram() async throws {
        try await withUpstream(patientConfiguration(), peers: 0) { upstream, _ in
            let dead = try closedAddress()
            await upstream.move(to: [dead])
            #expect(await upstream.dispatch("hello"))
            await upstream.waitForReport(.milliseconds(1100))
            #expect(await upstream.dispatch("hello"))
            #expect(await upstream.counts(of: dead)?.refusals == 1)
        }
    }

    /// A datagram without a reply is tried once at each address: an address that has refused the one before is not asked
    /// again as one of those that are down.
    @Test func aRefusedDatagramIsNotSentTwice() async throws {
        try await withUpstream(patientConfiguration(), peers: 0) { upstream, _ in
            let dead = try closedAddress()
            await upstream.move(to: [dead])
            for _ in 0..<4 {
                #expect(await upstream.dispatch("hello"))
                await upstream.waitForReport()
                // The report of that one waits for the next caller.
                #expect(await !upstream.dispatch("hello"))
            }
            #expect(await upstream.counts(of: dead)?.refusals == 4)
        }
    }
}

extension Result where Failure == GatewayError {
    fileprivate var isSilent: Bool { if case .failure(.silent) = self { true } else { false } }
}
