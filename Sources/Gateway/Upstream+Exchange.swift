internal import EventLoop
internal import Sockets

extension Upstream {
    /// Sends the body as one datagram and waits for the reply; sends it again as often as is allowed.
    ///
    /// - `patience`: how long the caller wants to wait; the configuration's timeout stands.
    /// - `story`: what happens is written down there.
    @inline(__always)
    func exchange(
        _ datagram: ArraySlice<UInt8>, patience: Interval? = nil, story: ExchangeStory? = nil
    ) async throws(GatewayError) -> Reply {
        guard counts.inFlight < maxInFlight else {
            counts.overloads += 1
            throw .overloaded(limit: configuration.maxInFlight)
        }
        counts.inFlight += 1
        defer { counts.inFlight -= 1 }
        budget.deposit()
        let wait = min(patience ?? configuration.timeout, configuration.timeout)
        var course = Course(deadline: loop.now + wait, story: story)
        defer { story?.end() }
        while true {
            let destination = try choose(course)
            do {
                if let reply = try await ask(destination, datagram, &course) { return reply }
            } catch {
                // The datagram reached nobody, so that it may be sent elsewhere whatever --attempts says.
                guard error.isUndelivered, hasOther(than: course), loop.now < course.deadline else { throw error }
                course.nextDeparture = .rerouted
                continue
            }
            guard course.mayGoOn, loop.now < course.deadline else {
                throw .silent(after: wait, attempts: course.attempts)
            }
        }
    }

    /// Asks an address whether it is alive, with a datagram of the operator's: any reply counts.
    func probe(_ destination: Destination, _ datagram: [UInt8]) async {
        var course = Course(deadline: MonotonicTime.now() + configuration.timeout, story: nil)
        course.isProbe = true
        if let reply = try? await ask(destination, datagram[...], &course) { giveBack(reply) }
    }

    /// How far an exchange has come.
    private struct Course {
        let deadline: MonotonicTime
        let story: ExchangeStory?
        /// How many datagrams were sent.
        var attempts = 0
        /// What it is to send the next one.
        var nextDeparture = ExchangeStory.Kind.sent
        /// When the first and the last of them were sent.
        var firstSent = MonotonicTime.never
        var lastSent = MonotonicTime.never
        /// The marks of the destinations that they were sent to.
        var asked: UInt64 = 0
        /// Whether it only asks for a sign of life: one datagram to one address.
        var isProbe = false
        /// Whether it tries an address that was out.
        var isTrial = false
        /// Whether nothing has left yet through the socket that it has now.
        var isFirstHere = true
        /// Whether the last pause ended in a retransmission that is still to come.
        var mayGoOn = false
    }

    /// The address with the least exchanges under way; one that was asked already only when there is no other.
    private func choose(_ course: Course) throws(GatewayError) -> Destination {
        var best: (destination: Destination, wasAsked: Bool)?
        turn = turn &+ 1
        for offset in destinations.indices {
            let destination = destinations[(turn + offset) % destinations.count]
            guard destination.mayTake(at: loop.now) else { continue }
            let wasAsked = course.asked & destination.mark != 0
            guard let leader = best else {
                best = (destination, wasAsked)
                continue
            }
            let isBetter = destination.inFlight < leader.destination.inFlight
            if wasAsked == leader.wasAsked ? isBetter : leader.wasAsked { best = (destination, wasAsked) }
        }
        if let best { return best.destination }
        counts.allDown += 1
        let end = destinations.compactMap(\.outageEnd).min() ?? loop.now
        throw .allDown(retryAfter: end.since(loop.now))
    }

    private func hasOther(than course: Course) -> Bool {
        destinations.contains { $0.mayTake(at: loop.now) && course.asked & $0.mark == 0 }
    }

    // What follows is one conversation told in parts. Each part is taken into the one before, for a function that waits
    // has a frame of its own on the task's heap, and these are on the way of every request.

    /// Asks one address until it has replied or somebody else should be asked; nil means that it kept silent.
    @inline(__always)
    private func ask(
        _ destination: Destination, _ datagram: ArraySlice<UInt8>, _ course: inout Course
    ) async throws(GatewayError) -> Reply? {
        course.isTrial = destination.begin()
        defer { destination.end(at: loop.now, isTrial: course.isTrial) }
        course.asked |= destination.mark
        (course.mayGoOn, course.isFirstHere) = (false, true)
        let socket = try await takeSocket(of: destination, course)
        let first = course.attempts
        do {
            let reply = try await converse(with: destination, through: socket, datagram, &course)
            let elapsed: Interval? =
                switch reply {
                case .some(let reply): reply.elapsed
                case .none: nil
                }
            let isSettled = elapsed != nil && course.attempts == first + 1
            let end = elapsed.map { course.firstSent + $0 } ?? MonotonicTime.now()
            destination.sockets.giveBack(socket, isSettled ? .settled : .unsettled, at: end)
            return reply
        } catch {
            // A single datagram that came back as a refusal brings no reply any more.
            let isSettled = error.isUndelivered && course.attempts == first + 1
            destination.sockets.giveBack(socket, isSettled ? .settled : .unsettled, at: MonotonicTime.now())
            throw error
        }
    }

    @inline(__always)
    private func takeSocket(
        of destination: Destination, _ course: Course
    ) async throws(GatewayError) -> ExchangeSocket {
        do {
            if let socket = try await destination.sockets.take(until: course.deadline) { return socket }
        } catch {
            throw failure(error, destination, nil, course)
        }
        throw .noSocket(limit: configuration.maxSockets)
    }

    /// The exchange itself, as the tutorial has it: send, then receive from the same socket.
    @inline(__always)
    private func converse(
        with destination: Destination, through socket: ExchangeSocket, _ datagram: ArraySlice<UInt8>,
        _ course: inout Course
    ) async throws(GatewayError) -> Reply? {
        while true {
            course.attempts += 1
            course.lastSent = MonotonicTime.now()
            course.firstSent = min(course.firstSent, course.lastSent)
            while try !send(datagram, to: destination, through: socket, course), loop.now < course.deadline {
                // Rare: the queue to the network is full. It empties within moments.
                await loop.sleep(until: loop.now + .milliseconds(1))
            }
            (course.isFirstHere, course.nextDeparture) = (false, .retransmitted)
            let pause = self.pause(after: course, destination)
            if let reply = try await listen(to: destination, through: socket, until: pause, course) { return reply }
            course.mayGoOn = pause < course.deadline && budget.withdraw()
            if !course.mayGoOn, pause < course.deadline {
                // The budget is for datagrams, not for patience: the reply to the last one may only be slow.
                let reply = try await listen(to: destination, through: socket, until: course.deadline, course)
                if let reply { return reply }
            }
            let now = loop.now
            destination.failed(.silence, isTrial: course.isTrial, at: now, longestOutage: longestOutage)
            // The same socket again, so that a late answer to the first datagram still answers; another address if
            // there is one, for this one may be gone.
            guard course.mayGoOn, now < course.deadline, !hasOther(than: course) else { return nil }
        }
    }

    /// Waits for the reply; nil when none has come in time.
    @inline(__always)
    private func listen(
        to destination: Destination, through socket: ExchangeSocket, until time: MonotonicTime, _ course: Course
    ) async throws(GatewayError) -> Reply? {
        // A datagram that is no use, such as one with a wrong checksum, does not end the wait: the deadline does.
        while await loop.readable(socket.watch, until: time) == .ready {
            if let reply = try receive(from: destination, through: socket, course) { return reply }
        }
        return nil
    }

    /// When to stop waiting for an attempt's reply: the last one gets all the time that is left.
    private func pause(after course: Course, _ destination: Destination) -> MonotonicTime {
        guard !course.isProbe, course.attempts < configuration.attempts else { return course.deadline }
        let jitter = course.attempts == 1 ? 0 : Double.random(in: 0..<1, using: &random)
        let timer = destination.estimator.timeout(attempt: course.attempts, jitter: jitter)
        return min(course.deadline, course.lastSent + timer)
    }

    /// A sole address is tried every second: to leave it out longer helps nobody.
    private var longestOutage: Interval { destinations.count == 1 ? .seconds(1) : .seconds(30) }

    /// Sends the datagram; false when the kernel has no room for it yet.
    private func send(
        _ datagram: ArraySlice<UInt8>, to destination: Destination, through socket: ExchangeSocket, _ course: Course
    ) throws(GatewayError) -> Bool {
        do {
            do {
                guard try socket.socket.send(datagram.span) else { return false }
            } catch  where course.isFirstHere || error.reason == .messageTooLong {
                try mend(socket, of: destination, after: error)
                guard try socket.socket.send(datagram.span) else { return false }
            }
            destination.sent(course.nextDeparture)
            course.story?.add(course.nextDeparture, socket.socket, destination.address, bytes: datagram.count)
            return true
        } catch {
            throw failure(error, destination, socket, course)
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

    private func receive(
        from destination: Destination, through socket: ExchangeSocket, _ course: Course
    ) throws(GatewayError) -> Reply? {
        var buffer = pool.rentLarge()
        do throws(GatewayError) {
            if let length = try receive(into: &buffer, from: destination, through: socket, course) {
                let elapsed = MonotonicTime.now().since(course.firstSent)
                destination.replied(after: elapsed, of: course.attempts == 1, length: length, at: loop.now)
                return Reply(buffer: buffer, range: 0..<length, elapsed: elapsed, attempts: course.attempts)
            }
        } catch {
            pool.giveBack(&buffer)
            throw error
        }
        pool.giveBack(&buffer)
        return nil
    }

    /// Takes the reply, and with it whatever else has come; nil when nothing has.
    private func receive(
        into buffer: inout [UInt8], from destination: Destination, through socket: ExchangeSocket, _ course: Course
    ) throws(GatewayError) -> Int? {
        do throws(SocketError) {
            if socket.isFresh { destination.overheard(try socket.socket.dropStrangers()) }
            // One byte more than the limit shows a reply that is longer.
            let room = 0..<configuration.maxDatagram + 1
            guard let receipt = try socket.socket.receive(into: &buffer, room) else { return nil }
            let isWhole = receipt.length <= configuration.maxDatagram
            course.story?.add(
                isWhole ? .received : .truncated, socket.socket, destination.address, bytes: receipt.length)
            if receipt.hadSurplus {
                destination.doubled(1 + socket.socket.drain().datagrams)
                course.story?.add(.surplus, socket.socket, destination.address, bytes: nil)
            }
            if isWhole { return receipt.length }
        } catch {
            if error.reason == .messageTooLong {
                // Lost on the way, which takes less than the kernel knew; the next one it takes to pieces (ip(7)).
                socket.socket.dropReports()
                return nil
            }
            throw failure(error, destination, socket, course)
        }
        destination.truncated(at: loop.now)
        throw .replyTooLong(limit: configuration.maxDatagram)
    }

    private func failure(
        _ error: SocketError, _ destination: Destination, _ socket: ExchangeSocket?, _ course: Course
    ) -> GatewayError {
        socket?.socket.dropReports()
        let failure = GatewayError(error, limit: configuration.maxDatagram)
        switch failure {
        case .refused:
            destination.refused(isLate: false)
            course.story?.add(.refused, socket?.port, destination.address, bytes: nil)
        case .unroutable:
            destination.unreached()
            course.story?.add(.unreachable, socket?.port, destination.address, bytes: nil)
        default: break
        }
        // A sole address that refuses says so at once, each time; there is nothing to gain by leaving it out. And where
        // the request is at fault, no address is.
        if destinations.count > 1, error.reason != .messageTooLong {
            destination.failed(
                failure.isUndelivered ? .unreachable : .unsent, isTrial: course.isTrial, at: loop.now,
                longestOutage: longestOutage)
        }
        return failure
    }
}
