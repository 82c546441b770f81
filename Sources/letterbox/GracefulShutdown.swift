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
    let settings: Configuration
    let manager: ServiceManager?
    let loop: EventLoop

    /// Returns when the last connection has ended; beyond `--drain-timeout` the program ends here, with a message.
    func perform() async {
        Console.error("Told to end: requests in flight are finished first", as: .notice)
        notifyManager()
        await waitForProxies()
        await drain()
    }

    /// Reports the beginning of the end to the service manager, with its longest duration.
    private func notifyManager() {
        let times = [settings.drainDelay, settings.drainTimeout, .seconds(5)].map(\.nanoseconds)
        manager?.notify(
            .stopping(within: Interval(nanoseconds: times.reduce(0, +))), "Ending: requests in flight are finished")
    }

    /// Makes `/readyz` fail, and gives proxies the time to notice.
    private func waitForProxies() async {
        guard settings.drainDelay > .seconds(0) else { return }
        await gateway.beginDrainDelay()
        await loop.sleep(until: loop.now + settings.drainDelay)
    }

    /// Waits for the exchanges under way; beyond the time limit the program ends all the same.
    private func drain() async {
        let (limit, loop) = (settings.drainTimeout, loop)
        let deadline = loop.now + limit
        Task(executorPreference: loop) {
            await loop.sleep(until: deadline)
            Console.fatal(
                "letterbox: some connections did not end within --drain-timeout \(limit); they are cut", as: .warning)
            Glibc.exit(1)
        }
        await gateway.drain()
        await running.value
    }
}
