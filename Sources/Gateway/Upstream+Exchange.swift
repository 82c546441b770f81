internal import EventLoop
internal import Sockets

extension Upstream {
    /// Sends the body as one datagram and waits for the reply, which the exchange then holds; sends it again as often as
    /// is allowed.
    ///
    /// - `patience`: how long the caller wants to wait; the configuration's timeout stands.
    /// - `story`: what happens is written down there.
    @inline(__always)
    func carry(
        _ datagram: ArraySlice<UInt8>, in exchange: Exchange, patience: Interval? = nil, story: ExchangeStory? = nil
    ) async throws(GatewayError) {
        try begin(exchange, patience ?? configuration.timeout, story)
        defer { end(exchange) }
        while true {
            let destination = try choose(exchange)
            do {
                if try await ask(destination, datagram, exchange) { return }
            } catch {
                guard reroutes(exchange, from: destination, after: error) else { throw error }
                continue
            }
            guard exchange.mayGoOn, loop.now < exchange.deadline else { throw exchange.silence }
        }
    }

    /// Asks an address whether it is alive, with a datagram of the operator's: any reply counts.
    func probe(_ destination: Destination, _ datagram: [UInt8]) async {
        let exchange = Exchange()
        exchange.begin(wait: configuration.timeout, from: MonotonicTime.now(), story: nil, isProbe: true)
        if (try? await ask(destination, datagram[...], exchange)) == true { exchange.giveBack(to: pool) }
    }

    @inline(never)
    private func begin(_ exchange: Exchange, _ wait: Interval, _ story: ExchangeStory?) throws(GatewayError) {
        guard counts.inFlight < maxInFlight else {
            counts.overloads += 1
            throw .overloaded(limit: configuration.maxInFlight)
        }
        counts.inFlight += 1
        budget.deposit()
        exchange.begin(wait: min(wait, configuration.timeout), from: loop.now, story: story)
    }

    private func end(_ exchange: Exchange) {
        counts.inFlight -= 1
        exchange.story?.end()
    }

    /// Asks one address until it has replied or somebody else should be asked; false means that it kept silent.
    ///
    /// The exchange itself, as the tutorial has it: send, then receive from the same socket.
    ///
    /// Only what waits is in here, and what does not is in functions of their own that are not taken in: what a function
    /// keeps while it waits lies on its task's heap, cold by the time it goes on, and the compiler puts there all that
    /// was ever in its hands. A step that throws has ended the attempt before, see ``leave(_:_:_:after:)``.
    @inline(__always)
    private func ask(
        _ destination: Destination, _ datagram: ArraySlice<UInt8>, _ exchange: Exchange
    ) async throws(GatewayError) -> Bool {
        let socket = try await takeSocket(of: destination, exchange)
        repeat {
            prepare(exchange, destination)
            while try !send(datagram, to: destination, through: socket, exchange), loop.now < exchange.deadline {
                // Rare: the queue to the network is full. It empties within moments.
                await loop.sleep(until: loop.now + .milliseconds(1))
            }
            // A datagram that is no use, such as one with a wrong checksum, does not end the wait: the deadline does.
            // Where it listens on after a pause, it looks once in vain.
            while await loop.readable(socket.watch, until: exchange.pause) == .ready || listensOn(exchange) {
                if try receive(from: destination, through: socket, exchange) { return true }
            }
        } while sendsAgain(to: destination, exchange)
        leave(destination, socket, exchange)
        return false
    }

    /// A socket for an attempt at an address; there is one, as a rule.
    @inline(__always)
    private func takeSocket(
        of destination: Destination, _ exchange: Exchange
    ) async throws(GatewayError) -> ExchangeSocket {
        if let socket = try takeReadySocket(of: destination, exchange) { return socket }
        return try await takeSocketInTurn(of: destination, exchange)
    }

    /// Begins an attempt at an address; nil where there is no socket yet.
    @inline(never)
    private func takeReadySocket(
        of destination: Destination, _ exchange: Exchange
    ) throws(GatewayError) -> ExchangeSocket? {
        exchange.turn(to: destination)
        do { return try destination.sockets.takeNow() } catch { throw fail(error, destination, nil, exchange) }
    }

    @inline(never)
    private func takeSocketInTurn(
        of destination: Destination, _ exchange: Exchange
    ) async throws(GatewayError) -> ExchangeSocket {
        do {
            if let socket = try await destination.sockets.takeInTurn(until: exchange.deadline) { return socket }
        } catch {
            throw fail(error, destination, nil, exchange)
        }
        leave(destination, nil, exchange)
        throw .noSocket(limit: configuration.maxSockets)
    }

    /// Counts the datagram that leaves next, and settles for how long to listen after it.
    @inline(never)
    private func prepare(_ exchange: Exchange, _ destination: Destination) {
        exchange.depart(at: MonotonicTime.now())
        exchange.pause = pause(after: exchange, destination)
    }

    /// After a pause without a reply: whether to listen on, until the deadline, because the datagram is not sent again.
    ///
    /// The budget is for datagrams, not for patience: the reply to the last one may only be slow.
    @inline(never)
    private func listensOn(_ exchange: Exchange) -> Bool {
        let isEarly = exchange.pause < exchange.deadline
        exchange.mayGoOn = isEarly && budget.withdraw()
        if isEarly, !exchange.mayGoOn { exchange.pause = exchange.deadline }
        return isEarly && !exchange.mayGoOn
    }

    /// After silence: whether the same address is asked again.
    ///
    /// The same socket again, so that a late answer to the first datagram still answers; another address if there is
    /// one, for this one may be gone.
    @inline(never)
    private func sendsAgain(to destination: Destination, _ exchange: Exchange) -> Bool {
        let now = loop.now
        destination.failed(.silence, isTrial: exchange.isTrial, at: now, longestOutage: longestOutage)
        return exchange.mayGoOn && now < exchange.deadline && !hasOther(than: exchange)
    }

    /// Ends an attempt at an address that has brought no reply.
    @inline(never)
    private func leave(
        _ destination: Destination, _ socket: ExchangeSocket?, _ exchange: Exchange, after error: GatewayError? = nil
    ) {
        if let socket {
            // What has not left brings no reply, and a single datagram that came back as a refusal does not any more.
            let isSettled = exchange.isFirstHere || (error?.isUndelivered == true && exchange.isSingle)
            destination.sockets.giveBack(socket, isSettled ? .settled : .unsettled, at: MonotonicTime.now())
        }
        destination.end(at: loop.now, isTrial: exchange.isTrial)
    }

    /// When to stop waiting for an attempt's reply: the last one gets all the time that is left.
    private func pause(after exchange: Exchange, _ destination: Destination) -> MonotonicTime {
        guard !exchange.isProbe, exchange.attempts < configuration.attempts else { return exchange.deadline }
        let jitter = exchange.attempts == 1 ? 0 : Double.random(in: 0..<1, using: &random)
        let timer = destination.estimator.timeout(attempt: exchange.attempts, jitter: jitter)
        return min(exchange.deadline, exchange.lastSent + timer)
    }

    /// A sole address is tried every second: to leave it out longer helps nobody.
    private var longestOutage: Interval { destinations.count == 1 ? .seconds(1) : .seconds(30) }

    /// Sends the datagram; false when the kernel has no room for it yet.
    @inline(never)
    private func send(
        _ datagram: ArraySlice<UInt8>, to destination: Destination, through socket: ExchangeSocket,
        _ exchange: Exchange
    ) throws(GatewayError) -> Bool {
        do {
            do {
                guard try socket.socket.send(datagram.span) else { return false }
            } catch  where exchange.isFirstHere || error.reason == .messageTooLong {
                try mend(socket, of: destination, after: error)
                guard try socket.socket.send(datagram.span) else { return false }
            }
            destination.sent(exchange.nextDeparture)
            exchange.story?.add(exchange.nextDeparture, socket.socket, destination.address, bytes: datagram.count)
            (exchange.isFirstHere, exchange.nextDeparture) = (false, .retransmitted)
            return true
        } catch {
            throw fail(error, destination, socket, exchange)
        }
    }

    /// Makes a socket fit to send once more, whose first call may only have told of an earlier datagram (udp(7)).
    private func mend(
        _ socket: ExchangeSocket, of destination: Destination, after error: SocketError
    ) throws(SocketError) {
        socket.socket.dropReports()
        switch error.reason {
        case .connectionRefused: destination.refused(isLate: true)
        // The way takes less than the kernel knew; now it knows. If it is this datagram that is too long, the next call
        // says so again.
        case .messageTooLong: break
        // A socket keeps the address that it began with, which this host may have no more.
        default: try destination.sockets.renew(socket)
        }
    }

    /// Takes the reply, which ends the exchange; false when none has come.
    @inline(never)
    private func receive(
        from destination: Destination, through socket: ExchangeSocket, _ exchange: Exchange
    ) throws(GatewayError) -> Bool {
        var buffer = pool.rentLarge()
        let length: Int?
        do { length = try receive(into: &buffer, from: destination, through: socket, exchange) } catch {
            pool.giveBack(&buffer)
            throw error
        }
        guard let length else {
            pool.giveBack(&buffer)
            return false
        }
        let end = MonotonicTime.now()
        exchange.end(with: buffer, length: length, after: end.since(exchange.firstSent))
        destination.replied(after: exchange.elapsed, of: exchange.attempts == 1, length: length, at: loop.now)
        destination.sockets.giveBack(socket, exchange.isSingle ? .settled : .unsettled, at: end)
        destination.end(at: loop.now, isTrial: exchange.isTrial)
        return true
    }

    /// Takes the reply; nil when none has come.
    private func receive(
        into buffer: inout [UInt8], from destination: Destination, through socket: ExchangeSocket, _ exchange: Exchange
    ) throws(GatewayError) -> Int? {
        do throws(SocketError) {
            if socket.isFresh { destination.overheard(try socket.socket.dropStrangers()) }
            let room = 0..<configuration.maxDatagram
            guard let length = try socket.socket.receive(into: &buffer, room) else { return nil }
            let isWhole = length <= room.count
            if let story = exchange.story {
                story.add(isWhole ? .received : .truncated, socket.socket, destination.address, bytes: length)
                if destination.sockets.takeSurplus(behind: socket, isSettled: exchange.isSingle) > 0 {
                    story.add(.surplus, socket.socket, destination.address, bytes: nil)
                }
            }
            if isWhole { return length }
        } catch {
            if error.reason == .messageTooLong {
                // Lost on the way, which takes less than the kernel knew; the next one it takes to pieces (ip(7)).
                socket.socket.dropReports()
                return nil
            }
            throw fail(error, destination, socket, exchange)
        }
        destination.truncated(at: loop.now)
        leave(destination, socket, exchange)
        throw .replyTooLong(limit: configuration.maxDatagram)
    }

    /// Ends an attempt at an address for a system call that failed, and says how it ended.
    @inline(never)
    private func fail(
        _ error: SocketError, _ destination: Destination, _ socket: ExchangeSocket?, _ exchange: Exchange
    ) -> GatewayError {
        socket?.socket.dropReports()
        let failure = GatewayError(error, limit: configuration.maxDatagram)
        switch failure {
        case .refused:
            destination.refused(isLate: false)
            exchange.story?.add(.refused, socket?.port, destination.address, bytes: nil)
        case .unroutable:
            destination.unreached()
            exchange.story?.add(.unreachable, socket?.port, destination.address, bytes: nil)
        default: break
        }
        // A sole address that refuses says so at once, each time; there is nothing to gain by leaving it out. And where
        // the request is at fault, no address is.
        if destinations.count > 1, error.reason != .messageTooLong {
            destination.failed(
                failure.isUndelivered ? .unreachable : .unsent, isTrial: exchange.isTrial, at: loop.now,
                longestOutage: longestOutage)
        }
        leave(destination, socket, exchange, after: failure)
        return failure
    }
}
