package import EventLoop
package import HTTPTypes
internal import Lifecycle
import Synchronization
package import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Serves HTTP/1.1 (RFC 9112) with one handler, on every loop of a group.
///
/// Each loop listens on a socket of its own, and the kernel spreads the connections; a request is read, handled and
/// answered on the loop that accepted it. What is malformed, ambiguous, too large or too slow never reaches the
/// handler. Errors of the server itself are problem documents (RFC 9457).
package final class HTTPServer: Service {
    private enum State {
        case new
        case listening(SocketAddress)
    }

    package let name = "http-server"
    private let configuration: HTTPServerConfiguration
    private let servers: [LoopServer]
    private let state = Mutex(State.new)
    private let stopping = Latch()

    /// - Parameter handler: Called on the connection's loop, one call at a time for each connection; must not block.
    ///   It is cancelled when the client has left or the request timeout has passed.
    package init(
        _ configuration: HTTPServerConfiguration, group: EventLoopGroup, logger: Logger, metrics: Metrics,
        handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) {
        self.configuration = configuration
        let context = HTTPServerContext(
            configuration: configuration, logger: logger, metrics: metrics, handler: handler)
        servers = group.loops.map { LoopServer(loop: $0, context: context) }
    }

    /// The address in use, with the port that the system chose; before ``start()`` the configured one.
    package var address: SocketAddress {
        state.withLock { if case .listening(let address) = $0 { address } else { configuration.address } }
    }

    /// Binds and begins to serve; a second call does nothing.
    ///
    /// - Throws: `SocketError` when the address cannot be bound.
    package func start() throws {
        try state.withLock { state in
            guard case .new = state else { return }
            let isShared = if case .tcp = configuration.address { true } else { false }
            let first = try StreamListener.bind(configuration.address, isShared: isShared)
            var descriptors = [first.descriptor]
            if isShared {
                do {
                    for _ in servers.dropFirst() {
                        descriptors.append(try StreamListener.bind(first.address, isShared: true).descriptor)
                    }
                } catch {
                    for descriptor in descriptors { close(descriptor) }
                    throw error
                }
            }
            // A Unix socket has one queue; its connections stay on the first loop.
            for (server, descriptor) in zip(servers, descriptors) { server.start(descriptor) }
            state = .listening(first.address)
        }
    }

    package func run() async throws {
        try start()
        await stopping.wait()
        shutdown()
        let deadline = ContinuousClock.now + configuration.drainTimeout
        for server in servers { await server.waitUntilDrained(deadline) }
        for server in servers { server.closeAll() }
        if case .unix(let path) = configuration.address { unlink(path) }
    }

    package func shutdown() {
        stopping.open()
        for server in servers { server.drain() }
    }
}
