internal import CLibEvent
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Accepts connections and spreads them over the loops of a group.
package final class StreamListener: @unchecked Sendable {
    /// The address in use; with port 0 in the request, the port that the system chose.
    package let address: SocketAddress
    private let descriptor: Int32
    private let loop: EventLoop
    private let accepting: EventLoopGroup
    private let onAccept: @Sendable (StreamConnection) -> Void
    private var listener: OpaquePointer?
    private let isClosed = Atomic<Bool>(false)

    /// Binds and listens.
    ///
    /// - Parameters:
    ///   - address: A TCP address, or a Unix path whose stale socket file is replaced.
    ///   - onAccept: Called on the connection's own loop; must call `start` or `close` on it.
    /// - Throws: ``SocketError`` when the address cannot be bound.
    package init(
        _ address: SocketAddress, on group: EventLoopGroup, onAccept: @escaping @Sendable (StreamConnection) -> Void
    ) throws(SocketError) {
        EventLibrary.prepare
        (descriptor, self.address) = try Self.bind(address)
        self.accepting = group
        self.loop = group.next()
        self.onAccept = onAccept
        loop.execute { self.listen() }
    }

    /// Stops accepting; connections that were accepted live on.
    package func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        loop.execute {
            // Listeners made with LEV_OPT_CLOSE_ON_FREE close their descriptor themselves.
            if let listener = self.listener { evconnlistener_free(listener) }
            self.listener = nil
            if case .unix(let path) = self.address { unlink(path) }
            Unmanaged.passUnretained(self).release()
        }
    }

    private func listen() {
        // Balanced in `close`.
        let context = Unmanaged.passRetained(self).toOpaque()
        let flags = UInt32(LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC)
        listener = evconnlistener_new(loop.base, connectionAccepted, context, flags, 1024, descriptor)
    }

    fileprivate func accepted(_ descriptor: Int32, remoteAddress: String) {
        let loop = accepting.next()
        let onAccept = onAccept
        loop.executeNow {
            guard
                let buffer = bufferevent_socket_new(
                    loop.base, descriptor, Int32(BEV_OPT_CLOSE_ON_FREE.rawValue))
            else {
                evutil_closesocket(descriptor)
                return
            }
            onAccept(StreamConnection(loop: loop, adopting: buffer, remoteAddress: remoteAddress))
        }
    }

    /// Opens a listening socket.
    ///
    /// - Parameter isShared: Let several sockets of this process listen on one port (`SO_REUSEPORT`), so that the
    ///   kernel spreads connections over the loops.
    package static func bind(
        _ address: SocketAddress, isShared: Bool = false
    ) throws(SocketError) -> (descriptor: Int32, address: SocketAddress) {
        guard let target = try address.resolve(passive: true).first else {
            throw SocketError(operation: "listen on", address: address, message: "the name has no address")
        }
        #if canImport(Glibc)
        let descriptor = socket(target.family, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let descriptor = socket(target.family, SOCK_STREAM, 0)
        #endif
        func fail() -> SocketError {
            let message = String(cString: strerror(errno))
            if descriptor >= 0 { _ = sysClose(descriptor) }
            return SocketError(operation: "listen on", address: address, message: message)
        }
        guard descriptor >= 0 else { throw fail() }
        evutil_make_socket_nonblocking(descriptor)
        evutil_make_socket_closeonexec(descriptor)
        if case .unix(let path) = address {
            // The path is ours: the data directory is locked by the server that owns it.
            unlink(path)
        } else {
            evutil_make_listen_socket_reuseable(descriptor)
            if isShared { evutil_make_listen_socket_reuseable_port(descriptor) }
            // Connections inherit it from the socket that accepts them.
            StreamConnection.sendAtOnce(descriptor)
        }
        let bound = target.withSockaddr { sysBind(descriptor, $0, socklen_t($1)) }
        guard bound == 0, sysListen(descriptor, 1024) == 0 else { throw fail() }
        guard case .tcp(let host, 0) = address else { return (descriptor, address) }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout.size(ofValue: storage))
        let port = withUnsafeMutableBytes(of: &storage) { raw in
            _ = raw.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress!, &length) }
            // The port lies at the same place in sockaddr_in and sockaddr_in6.
            return UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
        return (descriptor, .tcp(host: host, port: port))
    }
}

private func sysClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func sysBind(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    bind(descriptor, address, length)
}
private func sysListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 { listen(descriptor, backlog) }

private func connectionAccepted(
    _: OpaquePointer?, _ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: Int32,
    _ context: UnsafeMutableRawPointer?
) {
    guard let context else { return }
    let listener = Unmanaged<StreamListener>.fromOpaque(context).takeUnretainedValue()
    listener.accepted(descriptor, remoteAddress: numericHost(address, length))
}

private func numericHost(_ address: UnsafeMutablePointer<sockaddr>?, _ length: Int32) -> String {
    guard let address, Int32(address.pointee.sa_family) != AF_UNIX else { return "unix" }
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let result = getnameinfo(address, socklen_t(length), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
    guard result == 0 else { return "unknown" }
    return String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
