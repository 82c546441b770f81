import EventLoop
import HTTP
import System
import Testing

@testable import Gateway

/// Which address is asked, and what happens when one does not answer.
@Suite(.timeLimit(.minutes(1))) struct SeveralAddressesTests {
    @Test func thoseEquallyBusyGoInTurn() async throws {
        try await withUpstream(patientConfiguration(), peers: 3) { upstream, peers in
            var places: [Int] = []
            for _ in 0..<12 { places.append(try await exchange(upstream, peers)) }
            for start in 0..<10 { #expect(Set(places[start..<start + 3]) == [0, 1, 2], "\(places)") }
        }
    }

    @Test func theLeastBusyIsAsked() async throws {
        try await withUpstream(patientConfiguration(), peers: 3) { upstream, peers in
            // Each gets one of the first three, which stay under way.
            let held = (0..<3).map { number in Task { try await upstream.exchange("held \(number)") } }
            var senders: [SocketAddress] = []
            for peer in peers { senders.append(try await peer.receive().sender) }
            // The one that is ready first gets all the others.
            try await peers[1].send("done", to: senders[1])
            await upstream.wait(for: peers[1].address) { $0.inFlight == 0 }
            for _ in 0..<5 { #expect(try await exchange(upstream, peers) == 1) }
            try await peers[0].send("done", to: senders[0])
            try await peers[2].send("done", to: senders[2])
            for task in held { #expect(try await task.value.text == "done") }
        }
    }

    /// A refused datagram has reached no service, so that another may be asked even where only one attempt is allowed.
    @Test func aRefusalIsTakenElsewhereAtOnce() async throws {
        try await withUpstream(patientConfiguration(attempts: 1)) { upstream, peers in
            let dead = try closedAddress()
            await upstream.move(to: [dead, peers[0].address])
            let echoing = Task { try await peers[0].echo() }
            var failovers = 0
            for number in 0..<8 {
                let answer = try await upstream.exchange("\(number)")
                #expect(answer.text == "\(number)")
                failovers += answer.attempts - 1
            }
            echoing.cancel()
            let (deadCounts, counts) = (await upstream.counts(of: dead), await upstream.counts(of: peers[0].address))
            #expect(try #require(deadCounts).refusals == failovers && deadCounts?.replies == 0 && failovers > 0)
            #expect(try #require(counts).replies == 8 && counts?.refusals == 0)
            // It is no retransmission: those follow silence.
            #expect(counts?.failovers == failovers && deadCounts?.failovers == 0)
            #expect(counts?.retransmissions == 0 && deadCounts?.retransmissions == 0)
        }
    }

    /// A backend that refuses at once is always the least busy; that must not make it the first to be asked, again and
    /// again.
    @Test func anAddressThatRefusesIsSoonLeftAlone() async throws {
        try await withUpstream(patientConfiguration(attempts: 1)) { upstream, peers in
            let dead = try closedAddress()
            await upstream.move(to: [dead, peers[0].address])
            let echoing = Task { try await peers[0].echo() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<16 {
                    group.addTask {
                        for number in 0..<100 {
                            let answer = try await upstream.exchange("\(caller) \(number)")
                            #expect(answer.text == "\(caller) \(number)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            echoing.cancel()
            let counts = try #require(await upstream.counts(of: dead))
            // Before the first report each caller may have asked it; later one asks from time to time, less and less often.
            #expect((1...60).contains(counts.refusals), "\(counts.refusals) of 1600 asked it first")
        }
    }

    /// A datagram that no way takes is the request's fault.
    @Test func aRequestThatIsTooLongTakesNoAddressOut() async throws {
        var configuration = patientConfiguration(attempts: 3)
        (configuration.timeout, configuration.maxDatagram) = (.milliseconds(1), 70_000)
        try await withUpstream(configuration, peers: 2) { upstream, peers in
            for _ in 0..<40 {
                await #expect {
                    try await upstream.exchange(String(repeating: "x", count: 65_508))
                } throws: { error in
                    if case GatewayError.requestTooLong = error { true } else { false }
                }
            }
            for peer in peers {
                let counts = try #require(await upstream.counts(of: peer.address))
                #expect(counts.isUp && counts.sent == 0 && counts.timeouts == 0)
                // Nothing has left, so that no reply can be late.
                #expect(counts.sockets.quarantines == 0)
            }
        }
    }

    @Test func theTraceHasEachSend() async throws {
        try await withUpstream(patientConfiguration(attempts: 1), peers: 0) { upstream, _ in
            await upstream.move(to: [try closedAddress(), try closedAddress()])
            #expect(await upstream.trace(of: "one") == [.sent, .refused, .rerouted, .refused])
        }
    }

    @Test func aRefusalByAllIsTheAnswer() async throws {
        try await withUpstream(patientConfiguration(attempts: 1), peers: 0) { upstream, _ in
            let dead = [try closedAddress(), try closedAddress(), try closedAddress()]
            await upstream.move(to: dead)
            await #expect { try await upstream.exchange("one") } throws: { error in
                if case GatewayError.unreachable(.refused, .network) = error { true } else { false }
            }
            for address in dead { #expect(await upstream.counts(of: address)?.refusals == 1) }
        }
    }

    @Test func silenceIsTakenElsewhereWhereThereIsAnotherAttempt() async throws {
        try await withUpstream(eagerConfiguration(), peers: 2) { upstream, peers in
            let answer = Task { try await upstream.exchange("one") }
            // Either of them is silent to the first datagram that it gets.
            for peer in peers { #expect(try await peer.receive().text == "one") }
            let echoing = peers.map { peer in Task { try await peer.echo() } }
            let reply = try await answer.value
            #expect(reply.text == "one" && reply.attempts >= 2)
            var timeouts = 0
            for peer in peers { timeouts += await upstream.counts(of: peer.address)?.timeouts ?? 0 }
            #expect(timeouts == reply.attempts - 1)
            for task in echoing { task.cancel() }
        }
    }

    /// A backend that is silent for a moment may only be slow; the refusal of the other does not end the exchange.
    @Test func aRefusalAfterSilenceIsNotTheAnswer() async throws {
        try await withUpstream(eagerConfiguration()) { upstream, peers in
            await upstream.move(to: [try closedAddress(), peers[0].address])
            let answering = Task {
                while !Task.isCancelled {
                    _ = try await peers[0].receive()
                    let letter = try await peers[0].receive()
                    try await peers[0].send(letter.text, to: letter.sender)
                }
            }
            // Each of the two addresses is the first to be asked in turn.
            for number in 0..<2 { #expect(try await upstream.exchange("\(number)").text == "\(number)") }
            answering.cancel()
        }
    }

    /// Silence is no proof of death: a service need not answer everything, and the last one is always asked.
    @Test(arguments: [1, 2]) func thoseThatAreDownAreAskedAllTheSame(count: Int) async throws {
        try await withUpstream(patientConfiguration(), peers: count) { upstream, peers in
            await upstream.fail()
            #expect(await upstream.isDown)
            let before = await upstream.counts.backends.reduce(0) { $0 + $1.counts.sent }
            for _ in 0..<10 { _ = try? await upstream.exchange("hello", timeout: .milliseconds(1)) }
            let after = await upstream.counts.backends.reduce(0) { $0 + $1.counts.sent }
            #expect(after == before + 10)
            for peer in peers { while await peer.unread > 0 { _ = try await peer.receive() } }
            // A request that is answered gets its answer at once, without a trial before it.
            let echoing = peers.map { peer in Task { try await peer.echo() } }
            #expect(try await upstream.exchange("hello").text == "hello")
            for task in echoing { task.cancel() }
        }
    }

    /// The reported case: a caller whose payloads the service does not answer takes it away from all others.
    @Test(arguments: [1, 3]) func payloadsWithoutAReplyHarmNoOtherCaller(count: Int) async throws {
        try await withUpstream(patientConfiguration(), peers: count) { upstream, peers in
            let answering = peers.map { peer in
                Task {
                    while !Task.isCancelled {
                        let letter = try await peer.receive()
                        if letter.text != "poison" { try await peer.send(letter.text, to: letter.sender) }
                    }
                }
            }
            let poisoning = (0..<4).map { _ in
                Task {
                    while !Task.isCancelled { _ = try? await upstream.exchange("poison", timeout: .milliseconds(20)) }
                }
            }
            for number in 0..<10 {
                // A caller's short wait is no verdict; these are as many as open the breaker.
                await upstream.fail()
                #expect(await upstream.isDown)
                let answer = try await upstream.exchange("victim \(number)")
                #expect(answer.text == "victim \(number)")
            }
            for task in answering { task.cancel() }
            for task in poisoning { task.cancel() }
            for task in poisoning { await task.value }
        }
    }

    /// Services that never reply, such as syslog: every datagram is sent.
    @Test(arguments: [1, 3]) func aServiceThatNeverRepliesGetsEveryDatagram(count: Int) async throws {
        let configuration = patientConfiguration { $0.timeout = .milliseconds(10) }
        try await withUpstream(configuration, peers: count) { upstream, peers in
            for number in 0..<60 {
                if number % 20 == 10 { await upstream.fail() }
                _ = try? await upstream.exchange("line")
            }
            #expect(await upstream.isDown)
            var received = 0
            for peer in peers { received += await peer.unread }
            #expect(received == 60)
        }
    }

    /// One backend is dead and another is silent to some: requests go to the one that still replies.
    @Test func theOneThatStillRepliesIsPreferred() async throws {
        try await withUpstream(patientConfiguration(), peers: 2) { upstream, peers in
            await upstream.fail()
            // Its reply to an earlier request has come.
            await upstream.recordLate(from: peers[1].address, after: .milliseconds(1))
            #expect(await upstream.counts(of: peers[1].address)?.isUp == true)
            let echoing = Task { try await peers[1].echo() }
            for number in 0..<20 {
                let answer = try await upstream.exchange("\(number)")
                #expect(answer.text == "\(number)")
            }
            #expect(await upstream.counts(of: peers[0].address)?.sent == 0)
            echoing.cancel()
        }
    }

    @Test func aProbeBringsAnAddressBack() async throws {
        try await withUpstream(patientConfiguration { $0.timeout = .milliseconds(40) }) { upstream, peers in
            await upstream.fail()
            // A probe without a reply changes nothing.
            await upstream.probe()
            #expect(await upstream.counts(of: peers[0].address)?.isUp == false)
            #expect(try await peers[0].receive().text == "probe")
            while await upstream.counts(of: peers[0].address)?.isUp == false {
                async let probing: Void = upstream.probe()
                try await peers[0].send("I live", to: try await peers[0].receive().sender)
                await probing
            }
            #expect(await upstream.counts.inFlight == 0)
        }
    }

    @Test func aProbeIsOneDatagramWhateverRequestsMay() async throws {
        var configuration = eagerConfiguration()
        configuration.timeout = .milliseconds(100)
        try await withUpstream(configuration) { upstream, peers in
            await upstream.probe()
            #expect(await peers[0].unread == 1)
        }
    }
}

/// One exchange with whichever peer is asked; returns its place.
func exchange(_ upstream: UpstreamFixture, _ peers: [ScriptedPeer]) async throws -> Int {
    let answer = Task { try await upstream.exchange("who") }
    while true {
        for (place, peer) in peers.enumerated() where await peer.unread > 0 {
            try await peer.send("\(place)", to: try await peer.receive().sender)
            let text = try await answer.value.text
            return try #require(Int(text))
        }
        await Task.yield()
    }
}
