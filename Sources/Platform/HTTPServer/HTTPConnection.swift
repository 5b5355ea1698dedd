internal import EventLoop
internal import HTTPTypes
internal import Telemetry

/// One client's connection: has its bytes read, and says which request's turn it is.
///
/// Touched on its loop only. A request is answered before the next is looked at; what comes meanwhile waits in the
/// stream, up to a limit. A silent connection has no task and no timer: ``check(_:)`` is called for all of a loop now and
/// then.
final class HTTPConnection: @unchecked Sendable {
    private enum State {
        case open
        /// The last answer is written, and what comes is thrown away until the client has taken it.
        case finishing
        /// The client has all, and may be sending what it had begun.
        case lingering(until: ContinuousClock.Instant)
        case handedOver
        case closed
    }

    /// So many requests are answered before other connections have their turn.
    private static let requestsAtOnce = 32
    /// Requests that wait are left to wait while a client has so much to take.
    private static let maximumUnsent = 256 * 1024

    let stream: StreamConnection
    private let server: LoopServer
    private var reader: RequestReader
    private var state = State.open
    private var exchange: HTTPExchange?
    /// When the request that is being read began to arrive; a new connection owes its first request at once.
    private var arrivalBegan: ContinuousClock.Instant? = .now
    private var arrivedBytes = 0
    private var pausedAt: ContinuousClock.Instant?
    private var quietSince: ContinuousClock.Instant
    private var unsentBytes = 0
    private var thrownAway = 0
    private var isInRead = false
    private var hasMoreInput = false
    private var isThrottled = false
    /// The client has said that it sends no more.
    private var endedAt: ContinuousClock.Instant?
    private var drainWaiter: CheckedContinuation<Void, Never>?

    init(_ stream: StreamConnection, server: LoopServer) {
        self.stream = stream
        self.server = server
        reader = RequestReader(limits: server.context.requestLimits)
        quietSince = server.now
    }

    func start() {
        let configuration = server.context.configuration
        stream.setReadLimit(configuration.maximumHeadBytes + 64 * 1024)
        stream.start(
            onRead: { self.read($0) }, onWritable: { self.drained() }, onEnd: { self.clientEnded() },
            onClose: { _ in self.closed() })
    }

    // MARK: Reading

    private func read(_ bytes: UnsafeRawBufferPointer) -> Int {
        isInRead = true
        defer { isInRead = false }
        var taken = 0
        var requests = 0
        while true {
            switch state {
            case .open: break
            case .finishing, .lingering:
                throwAway(bytes.count - taken)
                return bytes.count
            case .handedOver, .closed: return taken
            }
            if let exchange {
                // Neither the next request, nor more of a body than its reader can take.
                guard !exchange.isBodyComplete, pausedAt == nil else { return taken }
            } else {
                isThrottled = stream.unsentBytes > Self.maximumUnsent
                if isThrottled { return taken }
                if requests == Self.requestsAtOnce {
                    stream.resumeReading()
                    return taken
                }
            }
            do throws(RequestRefusal) {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
                let (count, event) = try reader.next(rest, using: server.parser)
                taken += count
                hasMoreInput = taken < bytes.count
                switch event {
                case .needsMore:
                    if exchange != nil { arrivedBytes += count }
                    if count == 0 {
                        waitForMore(rest.count)
                        return taken
                    }
                case .head(let head):
                    requests += 1
                    try begin(head)
                case .body(let piece):
                    arrivedBytes += piece.count
                    if exchange?.bodyArrived(piece) == false { pause() }
                case .end(let trailers):
                    arrivalBegan = nil
                    exchange?.bodyEnded(trailers)
                }
            } catch {
                refuse(error)
            }
        }
    }

    private func waitForMore(_ waiting: Int) {
        quietSince = server.now
        // Nothing follows.
        if endedAt != nil { return finish(lingers: false) }
        if exchange == nil {
            if waiting == 0 { return }
            arrivedBytes = waiting
        }
        if arrivalBegan == nil { arrivalBegan = .now }
    }

    private func begin(_ head: RequestHead) throws(RequestRefusal) {
        var head = head
        let forwarded = server.context.configuration.forwarded
        head.request.remoteAddress =
            forwarded.trusted.isEmpty
            ? stream.remoteAddress : forwarded.client(head.request.headers, peer: stream.remoteAddress)
        let exchange = HTTPExchange(head, connection: self, server: server)
        guard head.hasBody else {
            self.exchange = exchange
            arrivalBegan = nil
            return exchange.handle(head.request)
        }
        let plan = server.context.plan?(head.request) ?? .collect(limit: server.context.configuration.maximumBodyBytes)
        switch plan {
        case .collect(let limit):
            try limitBody(of: head, to: limit)
            self.exchange = exchange
            exchange.collect(head.request, length: head.contentLength)
            if head.expectsContinue { sendContinue() }
        case .stream(let limit):
            try limitBody(of: head, to: limit)
            self.exchange = exchange
            exchange.stream(head.request, makeBody(expectsContinue: head.expectsContinue))
        case .refuse(let response): finish(with: response)
        }
        if arrivalBegan == nil { arrivalBegan = .now }
        arrivedBytes = 0
    }

    private func limitBody(of head: RequestHead, to limit: Int) throws(RequestRefusal) {
        if let length = head.contentLength, length > limit { throw .bodyTooLarge }
        reader.maximumBodyBytes = limit
    }

    private func makeBody(expectsContinue: Bool) -> HTTPRequestBody {
        let loop = server.loop
        return HTTPRequestBody { [weak self] demand in
            loop.executeNow { [weak self] in
                switch demand {
                case .began: if expectsContinue { self?.sendContinue() }
                case .drained: self?.resume()
                }
            }
        }
    }

    private func sendContinue() {
        // A client that has begun to send does not wait for it.
        guard case .open = state, exchange?.isBodyComplete == false, !hasMoreInput, arrivedBytes == 0 else { return }
        stream.write("HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// The reader of the body has enough for now.
    private func pause() {
        guard pausedAt == nil else { return }
        pausedAt = .now
        stream.pauseReading()
    }

    private func resume() {
        guard let pausedAt else { return }
        self.pausedAt = nil
        let now = ContinuousClock.now
        // The client is not to blame for that time.
        arrivalBegan = arrivalBegan.map { $0 + (now - pausedAt) }
        quietSince = server.now
        stream.resumeReading()
    }

    private func throwAway(_ count: Int) {
        thrownAway += count
        if thrownAway > server.context.configuration.lingerBytes { abort() }
    }

    // MARK: Answers

    private func refuse(_ refusal: RequestRefusal) {
        if let exchange {
            exchange.refuse(refusal.response, bodyError: refusal.bodyError)
        } else {
            finish(with: refusal.response)
        }
    }

    /// Answers a request that has no exchange.
    private func finish(with response: HTTPResponse) {
        guard case .bytes(let body) = response.body else { return abort() }
        var bytes = server.head.write(
            response.status, response.headers, length: .bytes(body.count), connection: "close", room: body.count)
        bytes += body
        stream.write(SharedBytes(bytes))
        server.context.answered(status: response.status, after: .zero)
        finish(lingers: true)
    }

    /// The whole answer to `exchange` is written.
    func answered(_ exchange: HTTPExchange, isLast: Bool) {
        guard self.exchange === exchange else { return }
        self.exchange = nil
        quietSince = server.now
        arrivedBytes = 0
        let hasUnread = isInRead ? hasMoreInput : stream.hasUnread
        if isLast || server.isDraining {
            finish(lingers: hasUnread || !exchange.isBodyComplete)
        } else if !isInRead, hasUnread {
            stream.resumeReading()
        }
    }

    /// Ends the connection when the client has taken what is written.
    ///
    /// To close a socket that has unread bytes tells the client of an error, perhaps before it has read the answer: then
    /// what it sends is read on for a while.
    private func finish(lingers: Bool) {
        guard case .open = state else { return }
        exchange = nil
        guard lingers, endedAt == nil else {
            state = .closed
            return stream.close()
        }
        state = .finishing
        if pausedAt != nil {
            pausedAt = nil
            stream.resumeReading()
        }
        if stream.unsentBytes == 0 { linger() }
    }

    private func linger() {
        state = .lingering(until: .now + server.context.configuration.lingerTimeout)
        stream.endWriting()
    }

    /// Ends the connection at once, so that what is unfinished does not look finished.
    func abort() {
        guard !isOver else { return }
        state = .closed
        stream.close(afterFlush: false)
    }

    private var isOver: Bool {
        switch state {
        case .open, .finishing, .lingering: false
        case .handedOver, .closed: true
        }
    }

    /// Lets the stream go to another owner, who gets it in the loop's next turn.
    func handOver(to adopt: @escaping @Sendable (StreamConnection) -> Void) {
        exchange = nil
        state = .handedOver
        // What is being read is accounted for then.
        server.loop.execute {
            guard self.server.forget(self), self.stream.isOpen else { return }
            self.stream.detach()
            adopt(self.stream)
        }
    }

    // MARK: What the stream tells

    private func drained() {
        resumeDrainWaiter()
        switch state {
        case .finishing: if endedAt == nil { linger() } else { abort() }
        case .open:
            if endedAt != nil, exchange == nil, !stream.hasUnread { return abort() }
            if isThrottled { stream.resumeReading() }
        case .lingering, .handedOver, .closed: break
        }
    }

    /// - Returns: Whether there is something left to say.
    private func clientEnded() -> Bool {
        endedAt = endedAt ?? .now
        switch state {
        case .open:
            if let exchange { return exchange.isBodyComplete || stream.hasUnread }
            // What has come may hold a request yet.
            if stream.hasUnread { server.loop.execute { self.stream.offerUnread() } }
            return stream.hasUnread || stream.unsentBytes > 0
        case .finishing: return stream.unsentBytes > 0
        case .handedOver: return false
        case .lingering, .closed: return false
        }
    }

    private func closed() {
        state = .closed
        exchange?.connectionClosed()
        exchange = nil
        resumeDrainWaiter()
        server.closed(self)
    }

    // MARK: Back-pressure

    /// Waits until the kernel has taken what was written, or the connection has ended.
    func waitUntilDrained() async {
        guard stream.isOpen, stream.unsentBytes > 0 else { return }
        await withCheckedContinuation { drainWaiter = $0 }
    }

    private func resumeDrainWaiter() {
        drainWaiter?.resume()
        drainWaiter = nil
    }

    // MARK: Limits

    /// The server stops: what waits for a request ends now, the rest with its answer.
    func drain() {
        switch state {
        case .open where exchange == nil:
            state = .closed
            stream.close()
        case .lingering: abort()
        default: break
        }
    }

    /// Ends what has taken too long: a request that trickles in, a handler, a client that takes nothing.
    func check(_ now: ContinuousClock.Instant) {
        let configuration = server.context.configuration
        if case .lingering(let deadline) = state {
            if now > deadline { abort() }
            return
        }
        guard !isOver else { return }
        let unsent = stream.unsentBytes
        if unsent > 0 {
            if unsent != unsentBytes {
                unsentBytes = unsent
                quietSince = now
            } else if now - quietSince > configuration.idleTimeout {
                return abort()
            }
        }
        guard let exchange else {
            if isLate(now, configuration) || (unsent == 0 && now - quietSince > configuration.idleTimeout) {
                abort()
            }
            return
        }
        if !exchange.isBodyComplete, pausedAt == nil {
            if isLate(now, configuration) || now - quietSince > configuration.idleTimeout { abort() }
        } else if exchange.isHandling {
            if let endedAt, now - endedAt > .seconds(1) { return abort() }
            if let limit = configuration.requestTimeout, now - exchange.began > limit { exchange.expire() }
        }
    }

    private func isLate(_ now: ContinuousClock.Instant, _ configuration: HTTPServerConfiguration) -> Bool {
        guard let arrivalBegan, now - arrivalBegan > configuration.arrivalGrace + .seconds(arrivedBytes / 1024) else {
            return false
        }
        server.context.logger.debug("http.slowRequest", ["bytes": .int(arrivedBytes)])
        return true
    }
}
