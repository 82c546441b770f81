import EventLoop
import System
import Testing

@testable import Gateway

/// The memory of services that a reload removes.
@Suite(.timeLimit(.minutes(1))) struct RemovedServiceTests {
    /// An upstream that its worker may release.
    fileprivate final class Remembered: @unchecked Sendable {
        weak var upstream: Upstream?
    }

    /// Its spare exchanges hold it, and it holds them, until the worker closes it.
    @Test func aRemovedServiceIsReleased() async throws {
        let configuration = Configuration.with {
            ($0.workers, $0.rest, $0.quarantine) = (1, .milliseconds(1), .milliseconds(1))
        }
        try await withGateway(configuration) { fixture, loop in
            let addresses = [try fixture.service.localAddress()]
            let root = Service(path: "/", addresses: addresses, configuration: configuration)
            var other = Service(path: "/other", addresses: addresses, configuration: configuration)
            other.text = "other"
            await fixture.gateway.replaceServices([root, other])
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send("POST /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\na")
            #expect(await caller.readAll().hasPrefix("HTTP/1.1 200 "))
            let remembered = Remembered()
            await fixture.gateway.workers[0].remember(in: remembered)
            #expect(remembered.upstream != nil)
            await fixture.gateway.replaceServices([root])
            while remembered.upstream != nil { await loop.sleep(until: loop.now + .milliseconds(20)) }
        }
    }

    /// Each has an exchange under way and keeps its socket, and no place beyond that.
    @Test func removedServicesLeaveTheirPartOfTheSockets() async throws {
        let configuration = Configuration.with { ($0.workers, $0.maxSockets, $0.timeout) = (1, 40, .seconds(50)) }
        try await withGateway(configuration) { fixture, loop in
            let silent = try ScriptedPeer(on: loop)
            let addresses = [try fixture.service.localAddress()]
            let root = Service(path: "/", addresses: addresses, configuration: configuration)
            let post = "POST /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"
            var waiting: [LoopCaller] = []
            for number in 0..<10 {
                var other = Service(path: "/other", addresses: [silent.address], configuration: configuration)
                other.text = "\(number)"
                await fixture.gateway.replaceServices([root, other])
                let caller = try LoopCaller(fixture.address, on: loop)
                try caller.send(post)
                _ = try await silent.receive()
                waiting.append(caller)
            }
            var last = Service(path: "/other", addresses: addresses, configuration: configuration)
            last.text = "last"
            await fixture.gateway.replaceServices([root, last])
            let caller = try LoopCaller(fixture.address, on: loop)
            try caller.send(post)
            #expect(await caller.readAll().hasPrefix("HTTP/1.1 200 "))
            waiting.removeAll()
            await fixture.drain()
        }
    }
}

extension Worker {
    /// Notes its last service's upstream.
    fileprivate func remember(in remembered: RemovedServiceTests.Remembered) {
        remembered.upstream = services.last?.upstream
    }
}
