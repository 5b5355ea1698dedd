internal import CLibEvent
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension StreamConnection {
    private static let resolver = BlockingQueue("resolver")

    /// Opens a connection; the addresses of a name are tried in turn.
    ///
    /// - Parameters:
    ///   - loop: The loop that the connection lives on.
    ///   - timeout: For the whole attempt, name look-up and TLS handshake included.
    ///   - makeTLS: Makes a client's OpenSSL session, already told the host name to check; nil for plain text. The
    ///     connection owns it.
    /// - Returns: A connection on which `start` has to be called, on its loop.
    /// - Throws: ``SocketError``.
    package static func connect(
        to address: SocketAddress, on loop: EventLoop, timeout: Duration = .seconds(10),
        makeTLS: (@Sendable () -> OpaquePointer?)? = nil
    ) async throws -> StreamConnection {
        let targets = try await resolver.run { () throws -> [ResolvedAddress] in
            try address.resolve(passive: false)
        }
        let deadline = ContinuousClock.now + timeout
        var failure = SocketError(operation: "connect to", address: address, message: "the name has no address")
        for target in targets {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { break }
            let attempt = ConnectAttempt(loop: loop, address: address, makeTLS: makeTLS)
            do {
                return try await attempt.run(target, timeout: left)
            } catch let error as SocketError {
                failure = error
            }
        }
        throw failure
    }

    /// Lets small writes leave without waiting for the other end's acknowledgement of the one before, which it may
    /// hold back for 40 ms (`TCP_NODELAY`); what is written in one turn of the loop goes out together anyway.
    static func sendAtOnce(_ descriptor: Int32) {
        var flag: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &flag, socklen_t(MemoryLayout.size(ofValue: flag)))
    }
}

/// One try to connect to one address.
private final class ConnectAttempt: @unchecked Sendable {
    private let loop: EventLoop
    private let address: SocketAddress
    private let makeTLS: (@Sendable () -> OpaquePointer?)?
    // Touched on the loop only.
    private var buffer: OpaquePointer?
    private var continuation: CheckedContinuation<StreamConnection, any Error>?
    private var timer: Timer?

    init(loop: EventLoop, address: SocketAddress, makeTLS: (@Sendable () -> OpaquePointer?)?) {
        self.loop = loop
        self.address = address
        self.makeTLS = makeTLS
    }

    func run(_ target: ResolvedAddress, timeout: Duration) async throws -> StreamConnection {
        try await withCheckedThrowingContinuation { continuation in
            loop.executeNow { self.begin(target, timeout, continuation) }
        }
    }

    private func begin(
        _ target: ResolvedAddress, _ timeout: Duration, _ continuation: CheckedContinuation<StreamConnection, any Error>
    ) {
        self.continuation = continuation
        let options = Int32(BEV_OPT_CLOSE_ON_FREE.rawValue)
        if let makeTLS {
            guard let session = makeTLS() else { return fail("the TLS session could not be made") }
            buffer = bufferevent_openssl_socket_new(
                loop.base, -1, session, BUFFEREVENT_SSL_CONNECTING, options)
            bufferevent_openssl_set_allow_dirty_shutdown(buffer, 1)
        } else {
            buffer = bufferevent_socket_new(loop.base, -1, options)
        }
        guard let buffer else { return fail("out of memory") }
        // The continuation's owner holds `self` only through this reference; `end` gives it back.
        bufferevent_setcb(buffer, nil, nil, connectEvent, Unmanaged.passRetained(self).toOpaque())
        timer = loop.schedule(after: timeout) { self.end(failure: "no answer in time") }
        bufferevent_enable(buffer, Int16(EV_WRITE))
        let result = target.withSockaddr { bufferevent_socket_connect(buffer, $0, $1) }
        if result != 0 { end(failure: "the connection was refused") }
    }

    fileprivate func event(_ what: Int16) {
        if Int32(what) & BEV_EVENT_CONNECTED != 0 {
            end(failure: nil)
        } else {
            let code = errno
            end(failure: code == 0 ? "the TLS handshake failed" : String(cString: strerror(code)))
        }
    }

    private func end(failure: String?) {
        guard continuation != nil, let buffer else { return }
        bufferevent_setcb(buffer, nil, nil, nil, nil)
        timer?.cancel()
        timer = nil
        if let failure {
            bufferevent_free(buffer)
            self.buffer = nil
            fail(failure)
        } else {
            self.buffer = nil
            let host = if case .tcp(let host, _) = address { host } else { "unix" }
            if case .tcp = address { StreamConnection.sendAtOnce(bufferevent_getfd(buffer)) }
            continuation?.resume(
                returning: StreamConnection(loop: loop, adopting: buffer, remoteAddress: host))
            continuation = nil
        }
        Unmanaged.passUnretained(self).release()
    }

    private func fail(_ message: String) {
        continuation?.resume(
            throwing: SocketError(operation: "connect to", address: address, message: message))
        continuation = nil
    }
}

private func connectEvent(_: OpaquePointer?, _ what: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<ConnectAttempt>.fromOpaque(context).takeUnretainedValue().event(what)
}
