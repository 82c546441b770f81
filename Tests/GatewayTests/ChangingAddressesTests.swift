import EventLoop
import HTTP
import System
import Testing

@testable import Gateway

/// What becomes of addresses, their sockets and their exchanges when the service's name means others.
@Suite(.timeLimit(.minutes(1))) struct ChangingAddressesTests {
    @Test func addressesThatStayKeepWhatIsKnownOfThem() async throws {
        try await withOffice(patientConfiguration(), peers: 3) { office, peers in
            let addresses = peers.map(\.address)
            for _ in 0..<3 { _ = try await ask(office, peers) }
            #expect(await office.move(to: [addresses[0], addresses[1]]) == [])
            #expect(await office.counts(of: addresses[2]) == nil)
            #expect(await office.counts(of: addresses[0])?.replies == 1)
            // Its socket has not rested for long enough to be closed.
            await office.sweep()
            #expect(await office.move(to: [addresses[2], addresses[1]]) == [])
            #expect(await office.counts(of: addresses[0]) == nil)
            for address in addresses[1...] {
                #expect(await office.counts(of: address)?.replies == 1)
                #expect(await office.roundTrip(of: address) != nil)
            }
        }
    }

    /// Names that move to and fro: what the kernel would give to a new socket is the port of one that was closed.
    @Test func anAddressThatComesBackFindsItsSocketsInQuarantine() async throws {
        try await withOffice(patientConfiguration(), peers: 2) { office, peers in
            let address = peers[0].address
            await office.move(to: [address])
            await #expect(throws: GatewayError.self) { try await office.ask("one", patience: .milliseconds(20)) }
            let first = try await peers[0].receive()
            for _ in 0..<3 {
                #expect(await office.move(to: [peers[1].address]).count <= 1)
                await office.sweep()
                #expect(await office.counts(of: address) == nil)
                #expect(await office.move(to: [address]) == [])
                #expect(await office.counts(of: address)?.sockets.quarantined == 1)
            }
            // Nobody waits for the late reply, and it is still heard.
            await office.move(to: [peers[1].address])
            try await peers[0].send("ONE", to: first.sender)
            await office.move(to: [address])
            await office.wait(for: address) { $0.sockets.late == 1 }
        }
    }

    @Test func anAddressThatHasGoneIsForgottenOnceItsSocketsAreRested() async throws {
        var configuration = patientConfiguration()
        (configuration.rest, configuration.quarantine) = (.milliseconds(1), .milliseconds(1))
        try await withOffice(configuration, peers: 2) { office, peers in
            await office.move(to: [peers[0].address])
            await #expect(throws: GatewayError.self) { try await office.ask("one", patience: .milliseconds(20)) }
            let held = Task { try await office.ask("two") }
            _ = try await peers[0].receive()
            let letter = try await peers[0].receive()
            await office.move(to: [peers[1].address])
            for _ in 0..<3 {
                await office.sweep()
                // With an exchange under way it is the one that it was.
                #expect(await office.move(to: peers.map(\.address)) == [])
                await office.move(to: [peers[1].address])
            }
            try await peers[0].send("TWO", to: letter.sender)
            #expect(try await held.value.text == "TWO")
            var added: [SocketAddress] = []
            while added.isEmpty {
                await office.move(to: [peers[1].address])
                await office.sweep()
                added = await office.move(to: peers.map(\.address))
            }
            #expect(added == [peers[0].address])
            #expect(await office.counts(of: peers[0].address)?.sent == 0)
        }
    }

    /// Also when more addresses have come and gone than there are marks.
    @Test func manyAddressesMayComeAndGo() async throws {
        try await withOffice(patientConfiguration()) { office, peers in
            let echoing = Task { try await peers[0].echo() }
            for _ in 0..<200 {
                await office.move(to: [try desertedAddress(), peers[0].address])
                await office.sweep()
                #expect(try await office.ask("one").text == "one")
            }
            echoing.cancel()
        }
    }

    @Test func anExchangeUnderWayIsNotDisturbed() async throws {
        try await withOffice(patientConfiguration(), peers: 2) { office, peers in
            await office.move(to: [peers[0].address])
            let held = Task { try await office.ask("old") }
            let letter = try await peers[0].receive()
            await office.move(to: [peers[1].address])
            let next = Task { try await office.ask("new") }
            let other = try await peers[1].receive()
            try await peers[1].send("NEW", to: other.sender)
            #expect(try await next.value.text == "NEW")
            try await peers[0].send("OLD", to: letter.sender)
            #expect(try await held.value == UpstreamOffice.Answer(text: "OLD", attempts: 1))
            #expect(await peers[0].unread == 0)
        }
    }
}
