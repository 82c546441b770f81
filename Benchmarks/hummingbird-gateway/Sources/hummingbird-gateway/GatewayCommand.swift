import ArgumentParser
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOPosix

/// The gateway on Hummingbird 2: a route that reads the body, exchanges it for a reply, and answers with that.
@main
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "hummingbird-gateway")

    @Option(help: "TCP port on loopback.") var port: Int
    @Option(help: "HOST:PORT of the UDP service.") var upstream: String
    @Option(help: "Event loops.") var workers = 1

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: workers)
        let upstreams = try await Upstreams(address: upstreamAddress(), group: group)

        let router = Router(context: GatewayContext.self)
        router.post("/") { request, context in
            try await respond(to: request, on: context.loop, through: upstreams)
        }
        var logger = Logger(label: "hummingbird-gateway")
        logger.logLevel = .error
        let line = "The gateway is ready: http://127.0.0.1:\(port) -> udp://\(upstream)"
        let app = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in printError(line) },
            eventLoopGroupProvider: .shared(group),
            logger: logger
        )
        try await app.runService()
    }

    private func upstreamAddress() throws -> SocketAddress {
        let parts = upstream.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else {
            throw ValidationError("'\(upstream)' is not HOST:PORT")
        }
        return try SocketAddress(ipAddress: String(parts[0]), port: port)
    }
}

/// Remembers the event loop a request arrived on.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let loop: any EventLoop

    init(source: Source) {
        coreContext = .init(source: source)
        loop = source.channel.eventLoop
    }
}

private let maxDatagram = 65_507

private func respond(to request: Request, on loop: any EventLoop, through upstreams: Upstreams) async throws -> Response {
    let body = try await request.body.collect(upTo: maxDatagram)
    do {
        let reply = try await upstreams.exchange(body, on: loop)
        return Response(
            status: .ok,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: reply)
        )
    } catch ExchangeError.noReply {
        throw HTTPError(.gatewayTimeout)
    } catch is IOError {
        throw HTTPError(.badGateway)
    }
}

private func printError(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
}
