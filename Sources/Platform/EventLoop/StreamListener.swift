internal import CLibEvent
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Accepts connections on one socket and hands them to the loops of a group in turn.
package final class StreamListener: @unchecked Sendable {
    /// What a listener asks of those that connect, and whom it tells of trouble.
    package struct Options: Sendable {
        /// Makes a server's OpenSSL session for a connection, which owns it; nil for plain text.
        ///
        /// A connection whose session cannot be made is closed.
        package var makeTLSSession: (@Sendable () -> OpaquePointer?)?
        /// Proxies whose connections begin with a ``ProxyHeader``, before TLS; nil when none does.
        ///
        /// Others, and connections that begin otherwise, are closed.
        package var proxies: PeerSet?
        /// Called on the listener's loop when a connection could not be accepted, with nil when one could after that.
        ///
        /// At the limit of descriptors it is called for each try, a few times a second.
        package var onTrouble: (@Sendable (SocketError?) -> Void)?

        package init() {}
    }

    /// How long it waits after a failure, doubled with each that follows.
    private static let pauses: ClosedRange<Duration> = .milliseconds(50) ... .seconds(1)

    /// The address in use; with port 0 in the request, the port that the system chose.
    package var address: SocketAddress { socket.address }
    private let socket: ListeningSocket
    private let loop: EventLoop
    private let accepting: EventLoopGroup
    private let options: Options
    private let onAccept: @Sendable (StreamConnection) -> Void
    private let isClosed = Atomic<Bool>(false)
    // Touched on the loop only.
    private var listener: OpaquePointer?
    private var pause = pauses.lowerBound
    private var isInTrouble = false

    /// Binds and listens.
    ///
    /// - Parameters:
    ///   - address: A TCP address, or a Unix path, see ``ListeningSocket``.
    ///   - onAccept: Called on the connection's own loop; must call `start` or `close` on it.
    /// - Throws: ``SocketError`` when the address cannot be had, because somebody else listens there, for one.
    package init(
        _ address: SocketAddress, on group: EventLoopGroup, options: Options = Options(),
        onAccept: @escaping @Sendable (StreamConnection) -> Void
    ) throws(SocketError) {
        EventLibrary.prepare
        socket = try ListeningSocket(address)
        accepting = group
        loop = group.next()
        self.options = options
        self.onAccept = onAccept
        loop.execute { self.listen() }
    }

    /// Stops accepting; connections that were accepted live on.
    package func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        loop.execute {
            if let listener = self.listener {
                evconnlistener_free(listener)
                self.listener = nil
                Unmanaged.passUnretained(self).release()
            }
            self.socket.close()
        }
    }

    private func listen() {
        // Balanced in `close`.
        let context = Unmanaged.passRetained(self).toOpaque()
        listener = evconnlistener_new(
            loop.base, connectionAccepted, context, UInt32(LEV_OPT_CLOSE_ON_EXEC), 0, socket.descriptor)
        guard let listener else { return Unmanaged.passUnretained(self).release() }
        evconnlistener_set_error_cb(listener, acceptFailed)
    }

    fileprivate func accepted(_ descriptor: Int32, remoteAddress: String) {
        if isInTrouble {
            isInTrouble = false
            pause = Self.pauses.lowerBound
            options.onTrouble?(nil)
        }
        let loop = accepting.next()
        loop.executeNow {
            guard let proxies = self.options.proxies else {
                return self.connected(descriptor, loop, remoteAddress: remoteAddress)
            }
            guard proxies.contains(remoteAddress) else {
                evutil_closesocket(descriptor)
                return
            }
            ProxyGreeting(descriptor, on: loop) { header in
                guard let header else {
                    evutil_closesocket(descriptor)
                    return
                }
                self.connected(descriptor, loop, remoteAddress: header.source?.description ?? remoteAddress)
            }.start()
        }
    }

    private func connected(_ descriptor: Int32, _ loop: EventLoop, remoteAddress: String) {
        guard let buffer = makeBuffer(descriptor, loop) else { return }
        onAccept(StreamConnection(loop: loop, adopting: buffer, remoteAddress: remoteAddress))
    }

    private func makeBuffer(_ descriptor: Int32, _ loop: EventLoop) -> OpaquePointer? {
        let flags = Int32(BEV_OPT_CLOSE_ON_FREE.rawValue)
        guard let makeSession = options.makeTLSSession else {
            let buffer = bufferevent_socket_new(loop.base, descriptor, flags)
            if buffer == nil { evutil_closesocket(descriptor) }
            return buffer
        }
        // Plain text must not stand in for TLS.
        guard let session = makeSession(),
            let buffer = bufferevent_openssl_socket_new(
                loop.base, descriptor, session, BUFFEREVENT_SSL_ACCEPTING, flags)
        else {
            evutil_closesocket(descriptor)
            return nil
        }
        bufferevent_openssl_set_allow_dirty_shutdown(buffer, 1)
        return buffer
    }

    /// The system has no descriptor or no memory for another connection: it stays in the queue, which is always ready,
    /// so that a loop that looked on would do nothing else.
    fileprivate func failed() {
        let message = String(cString: strerror(errno))
        guard let listener else { return }
        isInTrouble = true
        evconnlistener_disable(listener)
        options.onTrouble?(SocketError(operation: "accept a connection on", address: address, message: message))
        loop.schedule(after: pause) {
            guard let listener = self.listener else { return }
            evconnlistener_enable(listener)
        }
        pause = min(pause * 2, Self.pauses.upperBound)
    }
}

private func connectionAccepted(
    _: OpaquePointer?, _ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: Int32,
    _ context: UnsafeMutableRawPointer?
) {
    guard let context else { return }
    let listener = Unmanaged<StreamListener>.fromOpaque(context).takeUnretainedValue()
    listener.accepted(descriptor, remoteAddress: numericHost(address, length))
}

private func acceptFailed(_: OpaquePointer?, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<StreamListener>.fromOpaque(context).takeUnretainedValue().failed()
}

private func numericHost(_ address: UnsafeMutablePointer<sockaddr>?, _ length: Int32) -> String {
    guard let address, Int32(address.pointee.sa_family) != AF_UNIX else { return "unix" }
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let result = getnameinfo(address, socklen_t(length), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
    guard result == 0 else { return "unknown" }
    let text = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // One client has one address, whichever way it came.
    return text.hasPrefix("::ffff:") ? IPAddress(text)?.unmapped?.description ?? text : text
}
