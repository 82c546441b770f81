import EventLoop
import System
import Testing

@testable import Gateway

/// Replies that are late, double, too long or empty: each is counted, and none reaches another request.
@Suite(.timeLimit(.minutes(1))) struct OddReplyTests {
    /// One socket, which the next request gets at once.
    private let oneSocket = patientConfiguration {
        ($0.rest, $0.quarantine, $0.maxSockets) = (.milliseconds(0), .milliseconds(0), 1)
    }

    @Test func doublesAreThrownAwayAndCounted() async throws {
        try await withUpstream(oneSocket) { upstream, peers in
            for number in 1...20 {
                async let answer = upstream.exchange("\(number)")
                let letter = try await peers[0].receive()
                #expect(letter.text == "\(number)")
                try await peers[0].send("\(number)!", "wrong", "wrong", to: letter.sender)
                #expect(try await answer.text == "\(number)!")
            }
            // Each of the surplus is counted once, wherever it was found.
            await upstream.wait(for: peers[0].address) { $0.sockets.doubled == 40 }
            let counts = try #require(await upstream.counts(of: peers[0].address))
            #expect(counts.replies == 20 && counts.sockets.open == 1 && counts.sockets.late == 0)
        }
    }

    /// A caller's trace, or the operator's lines, must not make second replies use up all sockets.
    @Test func doublesLeaveSocketsToTracedExchanges() async throws {
        let configuration = patientConfiguration {
            ($0.rest, $0.maxSockets, $0.timeout) = (.milliseconds(1), 2, .seconds(4))
        }
        try await withUpstream(configuration) { upstream, peers in
            let answering = Task {
                while !Task.isCancelled {
                    let letter = try await peers[0].receive()
                    try await peers[0].send("one", "two", to: letter.sender)
                }
            }
            for _ in 0..<6 { #expect(await upstream.trace(of: "a") == [.sent, .received, .surplus]) }
            answering.cancel()
            let counts = try #require(await upstream.counts(of: peers[0].address)).sockets
            #expect(counts.doubled == 6 && counts.quarantines == 6 && counts.late == 0)
        }
    }

    @Test func doublesThatComeLaterAreThrownAwayAndCounted() async throws {
        try await withUpstream(oneSocket) { upstream, peers in
            for number in 1...20 {
                async let answer = upstream.exchange("\(number)")
                let letter = try await peers[0].receive()
                try await peers[0].send("\(number)!", to: letter.sender)
                #expect(try await answer.text == "\(number)!")
                try await peers[0].send("wrong", to: letter.sender)
            }
            await upstream.wait(for: peers[0].address) { $0.sockets.doubled == 20 }
            #expect(try #require(await upstream.counts(of: peers[0].address)).sockets.late == 0)
        }
    }

    @Test func aReplyAfterTheDeadlineReachesNobody() async throws {
        var configuration = patientConfiguration()
        (configuration.rest, configuration.quarantine) = (.milliseconds(0), .milliseconds(300))
        configuration.maxSockets = 1
        try await withUpstream(configuration) { upstream, peers in
            await #expect(throws: GatewayError.self) { try await upstream.exchange("one", timeout: .milliseconds(20)) }
            let first = try await peers[0].receive()
            try await peers[0].send("ONE", to: first.sender)
            async let next = upstream.exchange("two")
            let second = try await peers[0].receive()
            // The port may be a dead entry of a NAT, and is not asked from again.
            #expect(second.sender != first.sender)
            try await peers[0].send("TWO", to: second.sender)
            #expect(try await next.text == "TWO")
            let counts = try #require(await upstream.counts(of: peers[0].address))
            #expect(counts.sockets.late == 1 && counts.timeouts == 1 && counts.sockets.quarantines == 1)
        }
    }

    /// The provisional replies of SIP, the notifications of CoAP: a second reply may be followed by a third, much later.
    @Test func aPortThatGotASecondReplyIsNotUsedForAWhile() async throws {
        let configuration = patientConfiguration { ($0.rest, $0.minSockets) = (.milliseconds(10), 1) }
        try await withUpstream(configuration) { upstream, peers in
            var senders: Set<SocketAddress> = []
            for number in 1...10 {
                async let answer = upstream.exchange("\(number)")
                let letter = try await peers[0].receive()
                try await peers[0].send("\(number)!", to: letter.sender)
                #expect(try await answer.text == "\(number)!")
                try await peers[0].send("wrong", to: letter.sender)
                await upstream.wait(for: peers[0].address) { $0.sockets.doubled >= 2 * number - 1 }
                // Longer than the rest: the same port would be the next without the quarantine.
                try await Task.sleep(for: .milliseconds(20))
                try await peers[0].send("wrong", to: letter.sender)
                #expect(senders.insert(letter.sender).inserted)
            }
        }
    }

    /// At ten requests a second, with the default settings, no port comes back within the quarantine.
    @Test func portsDoNotComeBackAtALowRate() async throws {
        let configuration = patientConfiguration { $0.rest = .milliseconds(1) }
        try await withUpstream(configuration) { upstream, peers in
            var senders: Set<SocketAddress> = []
            for number in 1...30 {
                async let answer = upstream.exchange("\(number)")
                let letter = try await peers[0].receive()
                try await peers[0].send("\(number)!", to: letter.sender)
                #expect(try await answer.text == "\(number)!")
                #expect(senders.insert(letter.sender).inserted)
                try await Task.sleep(for: .milliseconds(3))
            }
        }
    }

    @Test func aReplyOverTheLimitIsNotPassedOn() async throws {
        let configuration = patientConfiguration { $0.maxDatagram = 5 }
        try await withUpstream(configuration) { upstream, peers in
            for (reply, isWhole) in [
                ("12345", true), ("123456", false), (String(repeating: "x", count: 60_000), false),
            ] {
                let answer = Task { try await upstream.exchange("one") }
                try await peers[0].send(reply, to: try await peers[0].receive().sender)
                switch await answer.result {
                case .success(let answer): #expect(isWhole && answer.text == reply)
                case .failure(GatewayError.replyTooLong(limit: 5)): #expect(!isWhole)
                case .failure(let error): Issue.record(error)
                }
            }
            let counts = try #require(await upstream.counts(of: peers[0].address))
            #expect(counts.truncated == 2 && counts.replies == 1 && counts.isUp)
        }
    }

    @Test func anEmptyReplyIsAReply() async throws {
        try await withUpstream(patientConfiguration()) { upstream, peers in
            async let answer = upstream.exchange("")
            let letter = try await peers[0].receive()
            #expect(letter.text.isEmpty)
            try await peers[0].send("", to: letter.sender)
            #expect(try await answer == UpstreamFixture.Answer(text: "", attempts: 1))
            let counts = try #require(await upstream.counts(of: peers[0].address))
            #expect(counts.empty == 1 && counts.replies == 1)
        }
    }

    @Test func whatIsTooMuchIsTurnedAwayAtOnce() async throws {
        let configuration = patientConfiguration { $0.maxInFlight = 1 }
        try await withUpstream(configuration) { upstream, peers in
            async let answer = upstream.exchange("one")
            let letter = try await peers[0].receive()
            await #expect { try await upstream.exchange("two") } throws: { error in
                error as? GatewayError == .overloaded(limit: 1)
            }
            try await peers[0].send("ONE", to: letter.sender)
            _ = try await answer
            #expect(await upstream.counts.overloads == 1)
            #expect(await peers[0].unread == 0)
        }
    }
}
