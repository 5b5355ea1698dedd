internal import CEventHTTP
internal import EventLoop
internal import HTTPTypes
internal import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What the server knows of one connection beside libevent; touched on its loop only.
final class HTTPConnection: @unchecked Sendable {
    enum Phase {
        /// Waits for a request or for the rest of one.
        case reading
        case handling
        case sending
        /// Handed over.
        case upgraded
    }

    let pointer: OpaquePointer
    let buffer: OpaquePointer
    let remoteAddress: String
    private unowned let server: LoopServer
    private(set) var phase = Phase.reading
    private var exchange: HTTPExchange?
    /// When the request that is being read began to arrive; a new connection owes its first request at once.
    private var arrivalBegan: ContinuousClock.Instant? = .now
    private var arrivedBytes = 0
    /// Whether the connection ends with the answer that is being sent, whatever libevent makes of the request.
    private(set) var isLast = false
    private var drainWaiter: CheckedContinuation<Void, Never>?
    private var hasReadTimeout = true
    /// Whether bytes can go straight to the socket; a TLS session has to be written to by libevent.
    private let isPlain: Bool

    init(pointer: OpaquePointer, buffer: OpaquePointer, server: LoopServer) {
        self.pointer = pointer
        self.buffer = buffer
        self.server = server
        isPlain = bufferevent_openssl_get_ssl(buffer) == nil
        remoteAddress = Self.peer(of: pointer, listeningOn: server.context.configuration.address)
        let context = Unmanaged.passUnretained(self).toOpaque()
        evbuffer_add_cb(bufferevent_get_input(buffer), inputChanged, context)
        evbuffer_add_cb(bufferevent_get_output(buffer), outputChanged, context)
    }

    private static func peer(of pointer: OpaquePointer, listeningOn address: SocketAddress) -> String {
        guard case .tcp = address else { return "unix" }
        var text: UnsafeMutablePointer<CChar>?
        var port: UInt16 = 0
        evhttp_connection_get_peer(pointer, &text, &port)
        return text.map { String(cString: $0) } ?? "unknown"
    }

    var unsentBytes: Int { evbuffer_get_length(bufferevent_get_output(buffer)) }

    // MARK: Phases

    func begin(_ exchange: HTTPExchange) {
        phase = .handling
        self.exchange = exchange
        arrivalBegan = nil
        arrivedBytes = 0
    }

    func beganSending(isLast: Bool) {
        phase = .sending
        self.isLast = isLast
    }

    /// A whole answer has left; the next request may already wait.
    func completed() {
        setReadTimeout(isOn: true)
        exchange = nil
        phase = .reading
        let waiting = evbuffer_get_length(bufferevent_get_input(buffer))
        arrivedBytes = waiting
        arrivalBegan = waiting > 0 ? .now : nil
        server.completed(self)
    }

    /// Lets the connection go to another owner, who gets it in the loop's next turn.
    func handOver(to adopt: @escaping @Sendable (StreamConnection) -> Void) {
        phase = .upgraded
        exchange = nil
        forgetBuffers()
        bufferevent_setwatermark(buffer, Int16(EV_READ), 0, 0)
        bufferevent_set_timeouts(buffer, nil, nil)
        // The kernel is told between two turns: before it has forgotten the socket, that must not move.
        bufferevent_disable(buffer, Int16(EV_READ | EV_WRITE))
        server.loop.schedule(after: .zero) { adopt(self.leave()) }
    }

    private func leave() -> StreamConnection {
        nonisolated(unsafe) let (pointer, buffer) = (pointer, buffer)
        defer { bufferevent_enable(buffer, Int16(EV_WRITE)) }
        guard let descriptor = takeSocket() else {
            return StreamConnection(
                loop: server.loop, adopting: buffer, remoteAddress: remoteAddress,
                onFree: { evhttp_connection_free(pointer) })
        }
        bufferevent_incref(buffer)
        evhttp_connection_set_closecb(pointer, nil, nil)
        evhttp_connection_free(pointer)
        server.handedOver(self)
        let count = server.context.connections
        return StreamConnection(
            loop: server.loop, adopting: buffer, remoteAddress: remoteAddress,
            onFree: {
                count.add(-1)
                bufferevent_free(buffer)
                shutdown(descriptor, Int32(SHUT_WR))
                close(descriptor)
            })
    }

    /// Moves the socket to another descriptor, so that libevent's connection can be freed, which would close it.
    ///
    /// With the request and its headers that is a third of the memory of a connection that has nothing to say.
    ///
    /// - Returns: Nil when the connection has to stay: a TLS session cannot be moved.
    private func takeSocket() -> Int32? {
        guard bufferevent_openssl_get_ssl(buffer) == nil else { return nil }
        let old = bufferevent_getfd(buffer)
        let new = fcntl(old, F_DUPFD_CLOEXEC, 0)
        guard new >= 0 else { return nil }
        bufferevent_setfd(buffer, new)
        // Something that may be closed takes the place of the socket.
        if dup2(Self.nothing, old) >= 0 { return new }
        bufferevent_setfd(buffer, old)
        close(new)
        return nil
    }

    private static let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)

    /// libevent is about to free the connection.
    func closed() {
        if phase != .upgraded { forgetBuffers() }
        exchange?.connectionClosed()
        exchange = nil
        resumeDrainWaiter()
    }

    private func forgetBuffers() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        evbuffer_remove_cb(bufferevent_get_input(buffer), inputChanged, context)
        evbuffer_remove_cb(bufferevent_get_output(buffer), outputChanged, context)
    }

    // MARK: Limits

    /// Whether ``expire()`` has something to do.
    func isOverdue(at now: ContinuousClock.Instant) -> Bool {
        let configuration = server.context.configuration
        switch phase {
        case .reading:
            guard let arrivalBegan else { return false }
            // The body that is read to its end for a 413 has a limit too.
            let most = configuration.maximumHeadBytes + 2 * configuration.maximumBodyBytes + 1024 * 1024
            return arrivedBytes > most
                || now - arrivalBegan > configuration.arrivalGrace + .seconds(Int64(arrivedBytes / 1024))
        case .handling:
            guard let exchange, !exchange.isCancelled else { return false }
            let age = now - exchange.began
            if let limit = configuration.requestTimeout, age > limit { return true }
            return age > .seconds(1) && isPeerGone
        case .sending, .upgraded:
            return false
        }
    }

    /// Ends what has taken too long: a request that trickles in, or a handler.
    func expire() {
        if phase == .reading {
            server.context.logger.debug("http.slowRequest", ["bytes": .int(arrivedBytes)])
            evhttp_connection_free(pointer)
        } else {
            exchange?.expire(isPeerGone: isPeerGone)
        }
    }

    /// libevent does not read while a handler works, so the end of the peer has to be looked for.
    private var isPeerGone: Bool {
        var byte: UInt8 = 0
        let count = recv(bufferevent_getfd(buffer), &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    /// Turns the read timeout off while a long answer is sent to a client that has nothing to say.
    func setReadTimeout(isOn: Bool) {
        guard isOn != hasReadTimeout else { return }
        hasReadTimeout = isOn
        var time = timeval(server.context.configuration.idleTimeout)
        withUnsafePointer(to: &time) { _ = bufferevent_set_timeouts(buffer, isOn ? $0 : nil, $0) }
    }

    // MARK: Output

    /// Has the answer leave when everything else of this turn is done; by itself libevent asks the kernel first whether
    /// it may write, and hears so in the next turn.
    func flushAtEndOfTurn() {
        if isPlain { server.flushAtEndOfTurn(self) }
    }

    /// Sends a whole answer as far as the kernel takes it.
    func flush() {
        guard phase == .sending, let output = bufferevent_get_output(buffer), unsentBytes > 0 else { return }
        // A bufferevent keeps its output's front frozen against others.
        evbuffer_unfreeze(output, 1)
        _ = evbuffer_write(output, bufferevent_getfd(buffer))
        evbuffer_freeze(output, 1)
        // libevent waits for the socket already: it sends what is left, or finds out that nobody is there to take it.
        guard unsentBytes == 0 else { return }
        // What libevent does after the last byte: the request is freed, and with it perhaps the connection.
        bufferevent_trigger(buffer, Int16(EV_WRITE), 0)
    }

    // MARK: Back-pressure

    /// Waits until the kernel has taken what was written, or the connection has ended.
    func waitUntilDrained() async {
        guard unsentBytes > 0 else { return }
        await withCheckedContinuation { drainWaiter = $0 }
    }

    func resumeDrainWaiter() {
        drainWaiter?.resume()
        drainWaiter = nil
    }

    // MARK: libevent's own words

    fileprivate func inputAdded(_ count: Int) {
        guard phase == .reading else { return }
        if arrivalBegan == nil { arrivalBegan = .now }
        arrivedBytes += count
    }

    fileprivate func outputAdded() {
        if phase == .reading { server.wrotePage(self) }
    }

    /// Puts a problem document in the place of the HTML page with which libevent refuses what it cannot parse.
    func replaceErrorPage() {
        guard phase == .reading, let output = bufferevent_get_output(buffer) else { return }
        var start = [UInt8](repeating: 0, count: 12)
        guard evbuffer_copyout(output, &start, 12) == 12,
            let status = Int(String(decoding: start[9...], as: UTF8.self)), status >= 400
        else { return }
        phase = .sending
        let refusal: RequestRefusal =
            switch status {
            case 413: .bodyTooLarge
            case 417: .expectation
            case 501: .methodNotImplemented
            default: arrivedBytes > server.context.configuration.maximumHeadBytes ? .headTooLarge : .malformed
            }
        let response = refusal.response
        guard case .bytes(let body) = response.body else { return }
        var head = "HTTP/1.1 \(response.status) \(HTTPStatus.reason(response.status))\r\n"
        for field in response.headers.fields { head += "\(field.name): \(field.value)\r\n" }
        head += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        evbuffer_drain(output, evbuffer_get_length(output))
        let bytes = Array(head.utf8) + body
        evbuffer_add(output, bytes, bytes.count)
        server.context.answered(status: response.status, after: .zero)
    }
}

private func inputChanged(
    _: OpaquePointer?, _ info: UnsafePointer<evbuffer_cb_info>?, _ context: UnsafeMutableRawPointer?
) {
    guard let context, let added = info?.pointee.n_added, added > 0 else { return }
    Unmanaged<HTTPConnection>.fromOpaque(context).takeUnretainedValue().inputAdded(added)
}

private func outputChanged(
    _: OpaquePointer?, _ info: UnsafePointer<evbuffer_cb_info>?, _ context: UnsafeMutableRawPointer?
) {
    guard let context, let added = info?.pointee.n_added, added > 0 else { return }
    Unmanaged<HTTPConnection>.fromOpaque(context).takeUnretainedValue().outputAdded()
}
