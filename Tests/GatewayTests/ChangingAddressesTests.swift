import EventLoop
import HTTP
import System
import Testing

@testable import Gateway

/// The addresses, sockets and exchanges of a service whose name gets other addresses.
@Suite(.timeLimit(.minutes(1))) struct ChangingAddressesTests {
    @Test func addressesThatStayKeepWhatIsKnownOfThem() async throws {
        try await withUpstream(patientConfiguration(), peers: 3) { upstream, peers in
            let addresses = peers.map(\.address)
            for _ in 0..<3 { _ = try await exchange(upstream, peers) }
            #expect(await upstream.move(to: [addresses[0], addresses[1]]) == [])
            #expect(await upstream.counts(of: addresses[2]) == nil)
            #expect(await upstream.counts(of: addresses[0])?.replies == 1)
            // Its socket has not rested for long enough to be closed.
            await upstream.sweep()
            #expect(await upstream.move(to: [addresses[2], addresses[1]]) == [])
            #expect(await upstream.counts(of: addresses[0]) == nil)
            for address in addresses[1...] {
                // Another worker may have forgotten the one that comes back: it counts anew, on all of them.
                #expect(await upstream.counts(of: address)?.replies == (address == addresses[1] ? 1 : 0))
                #expect(await upstream.roundTrip(of: address) != nil)
            }
        }
    }

    /// Names that move to and fro: what the kernel would give to a new socket is the port of one that was closed.
    @Test func anAddressThatComesBackFindsItsSocketsInQuarantine() async throws {
        try await withUpstream(patientConfiguration(), peers: 2) { upstream, peers in
            let address = peers[0].address
            await upstream.move(to: [address])
            await #expect(throws: GatewayError.self) { try await upstream.exchange("one", timeout: .milliseconds(20)) }
            let first = try await peers[0].receive()
            for _ in 0..<3 {
                #expect(await upstream.move(to: [peers[1].address]).count <= 1)
                await upstream.sweep()
                #expect(await upstream.counts(of: address) == nil)
                #expect(await upstream.move(to: [address]) == [])
                #expect(await upstream.counts(of: address)?.sockets.quarantined == 1)
            }
            // No caller waits for the late reply, and the socket still receives it.
            try await peers[0].send("ONE", to: first.sender)
            await upstream.wait(for: address) { $0.sockets.late == 1 }
        }
    }

    /// Every counter of an address begins anew, also that of the datagrams that came to no request.
    @Test func anAddressThatComesBackHasNoOldDatagrams() async throws {
        try await withUpstream(patientConfiguration(), peers: 2) { upstream, peers in
            let address = peers[0].address
            await upstream.move(to: [address])
            #expect(await upstream.dispatch("a"))
            try await peers[0].send("b", to: try await peers[0].receive().sender)
            await upstream.wait(for: address) { $0.unasked == 1 }
            await upstream.move(to: [peers[1].address])
            #expect(await upstream.move(to: [address]) == [])
            #expect(await upstream.counts(of: address)?.unasked == 0)
        }
    }

    /// A second reply may come for as long as a quarantine, which the next socket at the port must not hear.
    @Test func theSocketsOfAnAddressThatHasGoneStayForAQuarantine() async throws {
        try await withUpstream(patientConfiguration { $0.rest = .milliseconds(1) }, peers: 2) { upstream, peers in
            let address = peers[0].address
            await upstream.move(to: [address])
            async let answer = upstream.exchange("one")
            let letter = try await peers[0].receive()
            try await peers[0].send("ONE", to: letter.sender)
            #expect(try await answer.text == "ONE")
            await upstream.move(to: [peers[1].address])
            for _ in 0..<5 {
                await upstream.waitForReport(.milliseconds(2))
                await upstream.sweep()
            }
            try #require(await upstream.move(to: [address]) == [])
            try await peers[0].send("TWO", to: letter.sender)
            await upstream.wait(for: address) { $0.sockets.doubled == 1 }
        }
    }

    /// The kernel sends to the wildcard address as to the loopback address: two of them are one destination.
    @Test func twoAddressesWithOneDestination() async throws {
        try await withUpstream(patientConfiguration()) { upstream, peers in
            let wildcard = try #require(SocketAddress("0.0.0.0", port: peers[0].address.port))
            for _ in 0..<2 {
                await upstream.move(to: [wildcard, peers[0].address])
                #expect(await upstream.counts.backends.map(\.address) == [peers[0].address])
            }
        }
    }

    /// One address has no say in the time of another one's probe.
    @Test func probesGoToAllAddressesAtOnce() async throws {
        try await withUpstream(patientConfiguration(), peers: 3) { upstream, peers in
            async let probes: Void = upstream.probe()
            var letters: [ScriptedPeer.Letter] = []
            for peer in peers { letters.append(try await peer.receive()) }
            // An address may go meanwhile, and keeps nothing then.
            await upstream.move(to: [peers[0].address])
            await upstream.sweep()
            for (peer, letter) in zip(peers, letters) { try await peer.send("alive", to: letter.sender) }
            await probes
            await upstream.move(to: [])
            await upstream.probe()
        }
    }

    @Test func anAddressThatHasGoneIsForgottenOnceItsSocketsAreRested() async throws {
        let configuration = patientConfiguration { ($0.rest, $0.quarantine) = (.milliseconds(1), .milliseconds(1)) }
        try await withUpstream(configuration, peers: 2) { upstream, peers in
            await upstream.move(to: [peers[0].address])
            await #expect(throws: GatewayError.self) { try await upstream.exchange("one", timeout: .milliseconds(20)) }
            let held = Task { try await upstream.exchange("two") }
            _ = try await peers[0].receive()
            let letter = try await peers[0].receive()
            await upstream.move(to: [peers[1].address])
            for _ in 0..<3 {
                await upstream.sweep()
                // With an exchange under way it is the one that it was.
                #expect(await upstream.move(to: peers.map(\.address)) == [])
                await upstream.move(to: [peers[1].address])
            }
            try await peers[0].send("TWO", to: letter.sender)
            #expect(try await held.value.text == "TWO")
            var added: [SocketAddress] = []
            while added.isEmpty {
                await upstream.move(to: [peers[1].address])
                await upstream.sweep()
                added = await upstream.move(to: peers.map(\.address))
            }
            #expect(added == [peers[0].address])
            #expect(await upstream.counts(of: peers[0].address)?.sent == 0)
        }
    }

    /// Also when more addresses have come and gone than there are marks.
    @Test func manyAddressesMayComeAndGo() async throws {
        try await withUpstream(patientConfiguration()) { upstream, peers in
            let echoing = Task { try await peers[0].echo() }
            for _ in 0..<200 {
                await upstream.move(to: [try closedAddress(), peers[0].address])
                await upstream.sweep()
                #expect(try await upstream.exchange("one").text == "one")
            }
            echoing.cancel()
        }
    }

    /// The gateway has two sockets, which is the least fair number, and both are under way when their address goes: the
    /// exchange that waits for one of them gets it before those with the new address do.
    @Test func exchangesUnderWayKeepTheLastTwoSockets() async throws {
        let configuration = patientConfiguration {
            ($0.maxSockets, $0.rest, $0.quarantine) = (2, .milliseconds(1), .milliseconds(1))
        }
        try await withUpstream(configuration, peers: 2) { upstream, peers in
            await upstream.move(to: [peers[0].address])
            let held = ["one", "two", "three"].map { text in Task { try await upstream.exchange(text).text } }
            let letters = [try await peers[0].receive(), try await peers[0].receive()]
            await upstream.wait(for: peers[0].address) { $0.sockets.restWaits == 1 }
            await upstream.move(to: [peers[1].address])
            let next = Task { try await upstream.exchange("new").text }
            await upstream.wait(for: peers[1].address) { $0.sockets.restWaits == 1 }
            await upstream.sweep()
            try await peers[0].send(letters[0].text, to: letters[0].sender)
            // Meanwhile the new address has asked for room every 10 ms.
            let last = try await peers[0].receive()
            #expect(await peers[1].unread == 0)
            for letter in [letters[1], last] { try await peers[0].send(letter.text, to: letter.sender) }
            for (task, text) in zip(held, ["one", "two", "three"]) { #expect(try await task.value == text) }
            // With its exchanges the address has no part of the sockets any more.
            while await peers[1].unread == 0 { await upstream.sweep() }
            let letter = try await peers[1].receive()
            try await peers[1].send("NEW", to: letter.sender)
            #expect(try await next.value == "NEW")
        }
    }

    @Test func anExchangeUnderWayIsNotDisturbed() async throws {
        try await withUpstream(patientConfiguration(), peers: 2) { upstream, peers in
            await upstream.move(to: [peers[0].address])
            let held = Task { try await upstream.exchange("old") }
            let letter = try await peers[0].receive()
            await upstream.move(to: [peers[1].address])
            let next = Task { try await upstream.exchange("new") }
            let other = try await peers[1].receive()
            try await peers[1].send("NEW", to: other.sender)
            #expect(try await next.value.text == "NEW")
            try await peers[0].send("OLD", to: letter.sender)
            #expect(try await held.value == UpstreamFixture.Answer(text: "OLD", attempts: 1))
            #expect(await peers[0].unread == 0)
        }
    }
}
