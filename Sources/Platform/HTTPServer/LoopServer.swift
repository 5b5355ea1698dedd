internal import CEventHTTP
internal import EventLoop
internal import HTTPTypes
internal import Lifecycle
internal import Telemetry

/// One loop's part of an ``HTTPServer``: an `evhttp`, its connections and the clock that limits them.
///
/// Touched on the loop only, but for the calls that say otherwise. See libevent's `event2/http.h`.
final class LoopServer: @unchecked Sendable {
    let loop: EventLoop
    let context: HTTPServerContext
    private let drained = Latch()
    private var http: OpaquePointer?
    private var listener: OpaquePointer?
    private var connections: [OpaquePointer: HTTPConnection] = [:]
    /// Runs ``attend()`` before the loop looks at any socket again.
    private var attention: OpaquePointer?
    private var accepted: [(buffer: OpaquePointer, isUsable: Bool)] = []
    private var pages: [HTTPConnection] = []
    private var unflushed: [HTTPConnection] = []
    private var clock: Timer?
    private(set) var isDraining = false
    private var tasks = 0
    let compressor = GzipCompressor()
    /// Carries a body to libevent, which empties it at once.
    let scratch = evbuffer_new()

    init(loop: EventLoop, context: HTTPServerContext) {
        self.loop = loop
        self.context = context
    }

    deinit { evbuffer_free(scratch) }

    // MARK: Life

    /// Serves the connections of a listening socket, which it closes in the end; from any thread.
    func start(_ descriptor: Int32) {
        loop.execute { self.listen(descriptor) }
    }

    private func listen(_ descriptor: Int32) {
        let configuration = context.configuration
        guard !isDraining, let http = evhttp_new(loop.unsafeBase) else {
            evutil_closesocket(descriptor)
            return
        }
        self.http = http
        // Balanced in `end`.
        let pointer = Unmanaged.passRetained(self).toOpaque()
        evhttp_set_max_headers_size(http, configuration.maximumHeadBytes)
        evhttp_set_max_body_size(http, configuration.maximumBodyBytes)
        // Every method that libevent knows: what is refused is refused in our words.
        evhttp_set_allowed_methods(http, 0x1FF)
        evhttp_set_default_content_type(http, nil)
        // A client that is still sending would not read the 413 before the reset.
        evhttp_set_flags(http, EVHTTP_SERVER_LINGERING_CLOSE)
        var timeout = timeval(configuration.idleTimeout)
        evhttp_set_timeout_tv(http, &timeout)
        evhttp_set_bevcb(http, connectionBuffer, pointer)
        evhttp_set_gencb(http, requestArrived, pointer)
        attention = event_new(loop.unsafeBase, -1, 0, attentionWanted, pointer)
        let period = min(
            .seconds(1), configuration.arrivalGrace / 2, (configuration.requestTimeout ?? .seconds(60)) / 2)
        clock = loop.schedule(every: period) { [weak self] in self?.sweep() }
        listener = evhttp_accept_socket_with_handle(http, descriptor)
    }

    /// Stops accepting and closes the connections that wait for a request; from any thread, more than once.
    func drain() {
        loop.execute {
            guard !self.isDraining else { return }
            self.isDraining = true
            if let http = self.http, let listener = self.listener { evhttp_del_accept_socket(http, listener) }
            self.listener = nil
            for (pointer, connection) in self.connections where connection.phase == .reading {
                evhttp_connection_free(pointer)
            }
            self.openIfDrained()
        }
    }

    func waitUntilDrained(_ deadline: ContinuousClock.Instant) async { _ = await drained.wait(until: deadline) }

    /// Closes what is still open, except upgraded connections, which have new owners; from any thread.
    func closeAll() {
        loop.execute {
            for (pointer, connection) in self.connections where connection.phase != .upgraded {
                evhttp_connection_free(pointer)
            }
            self.endIfEmpty()
        }
    }

    private func openIfDrained() {
        guard isDraining, tasks == 0, connections.values.allSatisfy({ $0.phase == .upgraded }) else { return }
        drained.open()
        endIfEmpty()
    }

    /// Frees `evhttp` after its last connection; it would take upgraded ones that could not leave it with it.
    private func endIfEmpty() {
        guard isDraining, connections.isEmpty, accepted.isEmpty else { return }
        // Not now: the last connection may be on its way out of libevent's own list.
        loop.execute { self.end() }
    }

    private func end() {
        guard let http, connections.isEmpty else { return }
        self.http = nil
        clock?.cancel()
        clock = nil
        evhttp_free(http)
        event_free(attention)
        attention = nil
        Unmanaged.passUnretained(self).release()
    }

    // MARK: Connections

    fileprivate func makeBuffer() -> OpaquePointer? {
        var buffer: OpaquePointer?
        var isUsable = true
        if let makeSession = context.configuration.makeTLSSession {
            if let session = makeSession() {
                buffer = bufferevent_openssl_socket_new(
                    loop.unsafeBase, -1, session, BUFFEREVENT_SSL_ACCEPTING, Int32(BEV_OPT_CLOSE_ON_FREE.rawValue))
                bufferevent_openssl_set_allow_dirty_shutdown(buffer, 1)
            } else {
                // Plain text must not stand in for TLS; the connection is closed by `register`.
                isUsable = false
            }
        }
        buffer = buffer ?? bufferevent_socket_new(loop.unsafeBase, -1, 0)
        guard let buffer else { return nil }
        // Reading goes on while an answer is sent, to notice the peer's end; a peer must not fill memory that way.
        let limit = context.configuration.maximumHeadBytes + context.configuration.maximumBodyBytes + 65536
        bufferevent_setwatermark(buffer, Int16(EV_READ), 0, limit)
        accepted.append((buffer, isUsable))
        event_active(attention, Int32(EV_TIMEOUT), 0)
        return buffer
    }

    fileprivate func attend() {
        let accepted = self.accepted
        self.accepted = []
        for (buffer, isUsable) in accepted { register(buffer, isUsable: isUsable) }
        let pages = self.pages
        self.pages = []
        for connection in pages { connection.replaceErrorPage() }
        let unflushed = self.unflushed
        self.unflushed = []
        // libevent may have freed one since, or frees it with another's end.
        for connection in unflushed where connections[connection.pointer] === connection { connection.flush() }
        if !accepted.isEmpty { endIfEmpty() }
    }

    private func register(_ buffer: OpaquePointer, isUsable: Bool) {
        // evhttp tells nobody of a new connection, but gives it as context to the callbacks of its buffer.
        var argument: UnsafeMutableRawPointer?
        bufferevent_getcb(buffer, nil, nil, nil, &argument)
        guard let argument else { return }
        let pointer = OpaquePointer(argument)
        precondition(evhttp_connection_get_bufferevent(pointer) == buffer, "libevent's callbacks have another context")
        guard isUsable, !isDraining, context.connections.value < context.configuration.maximumConnections else {
            evhttp_connection_free(pointer)
            return
        }
        context.connections.add(1)
        connections[pointer] = HTTPConnection(pointer: pointer, buffer: buffer, server: self)
        evhttp_connection_set_closecb(pointer, connectionClosed, Unmanaged.passUnretained(self).toOpaque())
    }

    fileprivate func closed(_ pointer: OpaquePointer) {
        guard let connection = connections.removeValue(forKey: pointer) else { return }
        context.connections.add(-1)
        connection.closed()
        openIfDrained()
        endIfEmpty()
    }

    /// The connection has left libevent's `evhttp`; it is counted until its new owner ends it.
    func handedOver(_ connection: HTTPConnection) {
        connections[connection.pointer] = nil
        openIfDrained()
        endIfEmpty()
    }

    /// libevent wrote something on its own: `100 Continue`, or an error page.
    func wrotePage(_ connection: HTTPConnection) {
        pages.append(connection)
        event_active(attention, Int32(EV_TIMEOUT), 0)
    }

    // MARK: Requests

    fileprivate func arrived(_ request: UnsafeMutablePointer<evhttp_request>) {
        guard let pointer = evhttp_request_get_connection(request), let connection = connections[pointer] else {
            preconditionFailure("a request came on a connection that was never registered")
        }
        let exchange = HTTPExchange(request: request, connection: connection, server: self)
        connection.begin(exchange)
        do throws(RequestRefusal) {
            exchange.handle(try RequestReader.read(request, remoteAddress: connection.remoteAddress))
        } catch {
            exchange.refuse(error)
        }
    }

    /// The answer on `connection` is whole and leaves with ``attend()``, behind what else is active in this turn.
    func flushAtEndOfTurn(_ connection: HTTPConnection) {
        unflushed.append(connection)
        event_active(attention, Int32(EV_TIMEOUT), 0)
    }

    func taskBegan() { tasks += 1 }

    func taskEnded() {
        tasks -= 1
        if isDraining { openIfDrained() }
    }

    /// A whole answer has left on `connection`.
    func completed(_ connection: HTTPConnection) {
        guard isDraining || connection.isLast else { return }
        // libevent closes by itself when it finds `Connection: close`, but not after CONNECT, nor what was begun before
        // the draining.
        loop.execute {
            guard self.connections[connection.pointer] === connection else { return }
            if connection.isLast || connection.phase == .reading {
                evhttp_connection_free(connection.pointer)
            }
        }
    }

    private func sweep() {
        let now = ContinuousClock.now
        var slow: [OpaquePointer] = []
        for (pointer, connection) in connections where connection.isOverdue(at: now) { slow.append(pointer) }
        // Answering or freeing one connection changes the dictionary.
        for pointer in slow { connections[pointer]?.expire() }
    }
}

// MARK: Callbacks of libevent

private func server(_ context: UnsafeMutableRawPointer?) -> LoopServer {
    guard let context else { preconditionFailure("libevent lost a callback's context") }
    return Unmanaged<LoopServer>.fromOpaque(context).takeUnretainedValue()
}

private func connectionBuffer(_: OpaquePointer?, _ context: UnsafeMutableRawPointer?) -> OpaquePointer? {
    server(context).makeBuffer()
}

private func requestArrived(_ request: UnsafeMutablePointer<evhttp_request>?, _ context: UnsafeMutableRawPointer?) {
    guard let request else { return }
    server(context).arrived(request)
}

private func attentionWanted(_: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) { server(context).attend() }

private func connectionClosed(_ pointer: OpaquePointer?, _ context: UnsafeMutableRawPointer?) {
    guard let pointer else { return }
    server(context).closed(pointer)
}

extension timeval {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(
            tv_sec: .init(max(0, seconds)), tv_usec: .init(max(0, attoseconds) / 1_000_000_000_000))
    }
}
