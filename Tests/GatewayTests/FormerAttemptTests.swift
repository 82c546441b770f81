import EventLoop
import Synchronization
import System
import Testing

@testable import Gateway

/// Services that are slower than the pause after which another address gets the datagram, too.
@Suite(.timeLimit(.minutes(1))) struct FormerAttemptTests {
    /// The peers in the order in which they get the datagram.
    private func inTurn(_ peers: [ScriptedPeer]) async -> (first: ScriptedPeer, second: ScriptedPeer) {
        while true {
            for (place, peer) in peers.enumerated() where await peer.unread > 0 { return (peer, peers[1 - place]) }
            await Task.yield()
        }
    }

    @Test func theFirstOnesReplyCounts() async throws {
        try await withUpstream(eagerConfiguration(), peers: 2) { upstream, peers in
            for number in 1...3 {
                async let answer = upstream.exchange("\(number)")
                let (first, second) = await inTurn(peers)
                let (letter, other) = (try await first.receive(), try await second.receive())
                try await first.send("\(number)!", to: letter.sender)
                let found = try await answer
                #expect(found.text == "\(number)!" && found.attempts > 1)
                // The late one reaches no other request.
                try await second.send("late", to: other.sender)
            }
            for peer in peers {
                await upstream.wait(for: peer.address) { $0.inFlight == 0 }
                #expect(await upstream.counts(of: peer.address)?.isUp == true)
            }
        }
    }

    @Test func theSecondOnesReplyCounts() async throws {
        try await withUpstream(eagerConfiguration(), peers: 2) { upstream, peers in
            async let answer = upstream.exchange("a")
            let (first, second) = await inTurn(peers)
            let (letter, other) = (try await first.receive(), try await second.receive())
            try await second.send("b", to: other.sender)
            #expect(try await answer.text == "b")
            try await first.send("late", to: letter.sender)
            await upstream.wait(for: first.address) { $0.inFlight == 0 }
            await upstream.wait(for: first.address) { $0.sockets.late == 1 }
        }
    }

    /// It came within the time for a reply: the first one is alive, and its wait grows.
    @Test func theLateReplyOfTheFirstOneIsASignOfLife() async throws {
        try await withUpstream(eagerConfiguration(), peers: 2) { upstream, peers in
            async let answer = upstream.exchange("a")
            let (first, second) = await inTurn(peers)
            let (letter, other) = (try await first.receive(), try await second.receive())
            try await second.send("b", to: other.sender)
            _ = try await answer
            let (last, pause) = (await upstream.lastReply(of: first.address), await upstream.pause(of: first.address))
            try await first.send("late", to: letter.sender)
            await upstream.wait(for: first.address) { $0.sockets.late == 1 }
            #expect(try #require(await upstream.lastReply(of: first.address)) > (try #require(last)))
            #expect(try #require(await upstream.pause(of: first.address)) > (try #require(pause)))
        }
    }

    /// At the time for a reply, and one nanosecond past it.
    @Test(arguments: [0, 1]) func theTimeForAReplyDecides(more: UInt64) async throws {
        let configuration = patientConfiguration()
        try await withUpstream(configuration) { upstream, peers in
            let address = peers[0].address
            let last = try #require(await upstream.lastReply(of: address))
            await upstream.recordLate(
                from: address, after: Interval(nanoseconds: configuration.timeout.nanoseconds + more))
            #expect(try #require(await upstream.lastReply(of: address)) > last || more > 0)
            #expect(try #require(await upstream.lastReply(of: address)) == last || more == 0)
        }
    }

    /// Its time counts from its own datagram and not from the first one's: one of the two left long before.
    @Test(arguments: [0, 1]) func soIsTheOneOfTheSecond(old: Int) async throws {
        try await withUpstream(patientConfiguration(attempts: 3), peers: 3) { upstream, peers in
            var second: ScriptedPeer?
            _ = try await upstream.exchange("a") { exchange in
                for _ in 0..<2 { exchange.pause() }
                try #require(exchange.former.count == 2)
                let attempt = exchange.former[old]
                exchange.former[old] = FormerAttempt(
                    backend: attempt.backend, socket: attempt.socket, isTrial: attempt.isTrial,
                    firstSent: attempt.firstSent - .seconds(60), sent: attempt.sent)
                second = peers.first { $0.address == exchange.former[1].backend.address }
                let third = try #require(peers.first { $0.address == exchange.backend?.address })
                try await third.send("b", to: try await third.receive().sender)
            }
            let peer = try #require(second)
            let last = try #require(await upstream.lastReply(of: peer.address))
            try await peer.send("late", to: try await peer.receive().sender)
            await upstream.wait(for: peer.address) { $0.sockets.late == 1 }
            let isSignOfLife = try #require(await upstream.lastReply(of: peer.address)) > last
            #expect(isSignOfLife == (old == 0))
        }
    }

    /// Only the first one had the whole time for the reply.
    @Test(arguments: [true, false]) func onlyTheWaitOfTheFirstOneGrows(isFirst: Bool) async throws {
        try await withUpstream(patientConfiguration(attempts: 3), peers: 2) { upstream, peers in
            var addresses: [SocketAddress] = []
            let before = try #require(await upstream.pause(of: peers[0].address))
            _ = try await upstream.exchange("a") { exchange in
                exchange.pause()
                addresses = [exchange.former[0].backend.address, try #require(exchange.backend).address]
                // Longer than any wait so far.
                exchange.firstSent = exchange.firstSent - .seconds(40)
                let peer = try #require(peers.first { $0.address == addresses[isFirst ? 0 : 1] })
                try await peer.send("b", to: try await peer.receive().sender)
            }
            let first = try #require(await upstream.pause(of: addresses[0]))
            #expect((first > before) == isFirst)
            #expect(await upstream.pause(of: addresses[1]) == before)
        }
    }

    /// A service that is slower than the time for a reply answers no request: it is as good as down.
    @Test func aReplyAfterTheEndIsNoSignOfLife() async throws {
        try await withUpstream(patientConfiguration { $0.timeout = .milliseconds(10) }) { upstream, peers in
            let last = await upstream.lastReply(of: peers[0].address)
            await #expect(throws: GatewayError.self) { try await upstream.exchange("a") }
            try await peers[0].send("late", to: try await peers[0].receive().sender)
            await upstream.wait(for: peers[0].address) { $0.sockets.late == 1 }
            #expect(await upstream.lastReply(of: peers[0].address) == last)
        }
    }

    /// Five in a row were a bad verdict.
    @Test func aSlowServiceIsNotDown() async throws {
        try await withUpstream(eagerConfiguration(), peers: 2) { upstream, peers in
            for _ in 0..<Health.failures + 2 {
                async let answer = upstream.exchange("a")
                let (first, second) = await inTurn(peers)
                let (letter, _) = (try await first.receive(), try await second.receive())
                try await first.send("b", to: letter.sender)
                _ = try await answer
            }
            for peer in peers { #expect(await upstream.counts(of: peer.address)?.isUp == true) }
        }
    }

    @Test func severalRepliesOfTheFirstOneCount() async throws {
        var policy = ReplyPolicy()
        policy.count = .some(2)
        try await withUpstream(eagerConfiguration(), policy, peers: 2) { upstream, peers in
            async let collected = upstream.collect("a")
            let (first, second) = await inTurn(peers)
            let (letter, other) = (try await first.receive(), try await second.receive())
            try await first.send("b", to: letter.sender)
            try await second.send("c", to: other.sender)
            let (outcome, count) = await collected
            #expect(count == 2)
            _ = try outcome.get()
            for peer in peers { await upstream.wait(for: peer.address) { $0.inFlight == 0 } }
        }
    }

    /// A report about the first datagram comes late, and changes nothing for the second.
    @Test func theFirstOneIsRefusedLate() async throws {
        try await withUpstream(eagerConfiguration(), peers: 2) { upstream, peers in
            let answer = try await upstream.exchange("a") { exchange in
                while exchange.former.isEmpty { await Task.yield() }
                let gone = exchange.former[0]
                let place = try #require(peers.firstIndex { $0.address == gone.backend.address })
                try await peers[place].close()
                // Another datagram brings the report that a router might send about the first one.
                _ = try gone.socket.send([97].span)
                while !exchange.former.isEmpty { await Task.yield() }
                #expect(gone.backend.snapshot.refusals == 1)
                try await peers[1 - place].send("b", to: try await peers[1 - place].receive().sender)
            }
            #expect(answer.text == "b")
        }
    }

    /// The operator's line names the socket that the reply came to.
    @Test func theReplyToTheFirstOneIsToldWithItsSocket() async throws {
        let lines = Mutex<[String]>([])
        var configuration = eagerConfiguration()
        configuration.onDatagram = { event in lines.withLock { $0.append("\(event)") } }
        try await withUpstream(configuration, peers: 2) { upstream, peers in
            async let answer = upstream.exchange("a")
            let (first, _) = await inTurn(peers)
            let letter = try await first.receive()
            while lines.withLock({ $0.count }) < 2 { await Task.yield() }
            try await first.send("b", to: letter.sender)
            _ = try await answer
            let line = try #require(lines.withLock { $0 }.first { $0.hasSuffix(": received") })
            #expect(line.hasPrefix("\(first.address) -> \(letter.sender), "))
        }
    }

    /// A report is a verdict, too.
    @Test func aTrialEndsWithItsReport() async throws {
        try await withUpstream(patientConfiguration(attempts: 2)) { upstream, peers in
            let answer = try await upstream.exchange("a") { exchange in
                let letter = try await peers[0].receive()
                let (socket, backend) = (try #require(exchange.socket), try #require(exchange.backend))
                exchange.isTrial = true
                exchange.resume(exchange.failed(SystemError(.send, nil, .notPermitted), through: socket, of: backend))
                #expect(!exchange.isTrial)
                try await peers[0].send("b", to: letter.sender)
            }
            #expect(answer.text == "b")
        }
    }

    /// A trial that waits in the queue gets a new socket, as one that gets it at once.
    @Test func aQueuedTrialGetsANewSocket() async throws {
        let configuration = patientConfiguration { ($0.maxSockets, $0.rest) = (1, .milliseconds(0)) }
        try await withUpstream(configuration) { upstream, peers in
            let held = Task { try await upstream.exchange("a") }
            let letter = try await peers[0].receive()
            let answer = try await upstream.exchange("b") { exchange in
                try #require(exchange.state == .queued)
                exchange.isTrial = true
                try await peers[0].send("A", to: letter.sender)
                let next = try await peers[0].receive()
                #expect(next.text == "b" && next.sender != letter.sender)
                try await peers[0].send("B", to: next.sender)
            }
            #expect(answer.text == "B")
            #expect(try await held.value.text == "A")
        }
    }

    /// Another exchange is the next trial, and must not end with this one.
    @Test(arguments: [1, 2]) func aTrialEndsWithItsVerdict(addresses: Int) async throws {
        try await withUpstream(eagerConfiguration(), peers: addresses) { upstream, peers in
            let answer = try await upstream.exchange("a") { exchange in
                exchange.isTrial = true
                while exchange.plan.attempts < 2 { await Task.yield() }
                #expect(!exchange.isTrial && exchange.former.allSatisfy { !$0.isTrial })
                let last = try #require(peers.first { $0.address == exchange.backend?.address })
                try await last.send("b", to: try await last.receive().sender)
            }
            #expect(answer.text == "b")
        }
    }

    /// The wait grows to the time of a service that has become slower, so that it gets each datagram once.
    @Test func theWaitFollowsASlowerService() async throws {
        try await withUpstream(eagerConfiguration()) { upstream, peers in
            async let quick = upstream.exchange("a")
            try await peers[0].send("b", to: try await peers[0].receive().sender)
            _ = try await quick
            let before = await upstream.pause(of: peers[0].address)
            async let slow = upstream.exchange("c")
            var letter = try await peers[0].receive()
            while letter.text != "c" { letter = try await peers[0].receive() }
            _ = try await peers[0].receive()
            try await peers[0].send("d", to: letter.sender)
            let answer = try await slow
            #expect(answer.attempts > 1)
            let (old, new) = (try #require(before), try #require(await upstream.pause(of: peers[0].address)))
            #expect(new > old)
        }
    }
}
