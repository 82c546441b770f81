internal import CommandLineSupport
internal import EventLoop
internal import Gateway
internal import Glibc
internal import System

/// The end of the gateway: proxies turn away from it, and requests that have arrived are answered.
struct GracefulShutdown {
    let gateway: Gateway
    /// The task in which the gateway runs.
    let running: Task<Void, Never>
    /// The task that performs reloads.
    let reloading: Task<Void, Never>
    let settings: Configuration
    let lifecycle: Lifecycle
    let manager: ServiceManager?
    let loop: EventLoop

    /// The longest wait for loops that log what is cut.
    private static let cutTimeout = Interval.seconds(1)

    /// Returns when the last connection has ended; beyond `--drain-timeout`, or after one more signal, the program ends
    /// here, with a message.
    func perform() async {
        Console.error("Told to end: requests in flight are finished first", as: .notice)
        notifyManager()
        let (reasons, reason) = AsyncStream.makeStream(of: String.self)
        Task(executorPreference: loop) { for await reason in reasons { await cut(reason) } }
        Task(executorPreference: loop) {
            await lifecycle.end()
            reason.yield("told to end once more")
        }
        await waitForProxies()
        // A reload, which may wait long for a resolver, does not delay the end.
        reloading.cancel()
        lifecycle.drain()
        await drain(reason)
    }

    /// Reports the beginning of the end to the service manager, with its longest duration.
    private func notifyManager() {
        let times = [settings.drainDelay, settings.drainTimeout, .seconds(5)].map(\.nanoseconds)
        manager?.report(
            .stopping(within: Interval(nanoseconds: times.reduce(0, +))), "Ending: requests in flight are finished",
            on: loop)
    }

    /// Makes `/readyz` fail, and gives proxies the time to notice.
    private func waitForProxies() async {
        guard settings.drainDelay > .seconds(0) else { return }
        await gateway.beginDrainDelay()
        await loop.sleep(until: loop.now + settings.drainDelay)
    }

    /// Waits for the exchanges under way, at most for the time limit.
    private func drain(_ reason: AsyncStream<String>.Continuation) async {
        let (limit, loop) = (settings.drainTimeout, loop)
        let deadline = loop.now + limit
        Task(executorPreference: loop) {
            await loop.sleep(until: deadline)
            reason.yield("--drain-timeout \(limit) is over")
        }
        await gateway.drain()
        await running.value
    }

    /// Ends the program in the middle of requests, each of which has its line in the log; clients that have their response
    /// and have not ended the connection are no failure.
    ///
    /// Neither a loop that hangs nor the log's reader holds the end up.
    private func cut(_ reason: String) async {
        let loop = loop
        let deadline = loop.now + Self.cutTimeout
        Task(executorPreference: loop) {
            await loop.sleep(until: deadline)
            end("\(reason); requests are cut, and a loop that hangs has not logged its own", status: 1)
        }
        let count = await gateway.cut()
        if count == 0 { end("\(reason), with no request under way", status: 0) }
        end("\(reason); \(count) \(count == 1 ? "request is" : "requests are") cut", status: 1)
    }

    private func end(_ sentence: String, status: Int32) -> Never {
        Console.fatal("letterbox: \(sentence)", as: .warning, waiting: false)
        settings.accessLog?.finish()
        Glibc.exit(status)
    }
}
