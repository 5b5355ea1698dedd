package import EventLoop
package import HTTPTypes
internal import Lifecycle
import Synchronization
package import Telemetry

/// Serves HTTP/1.1 (RFC 9112) with one handler, on every loop of a group.
///
/// One socket listens, and its connections go to the loops in turn; a request is read, handled and answered on the loop
/// of its connection. What is malformed, ambiguous, too large or too slow never reaches the handler. Errors of the
/// server itself are problem documents (RFC 9457).
package final class HTTPServer: Service {
    private enum State {
        case new
        case listening(StreamListener)
    }

    package let name = "http-server"
    private let context: HTTPServerContext
    private let group: EventLoopGroup
    private let servers: [ObjectIdentifier: LoopServer]
    private let state = Mutex(State.new)
    private let stopping = Latch()

    /// - Parameters:
    ///   - plan: Called on the connection's loop for each request that has a body, with its head; must not block. Nil to
    ///     collect each body within the configuration's limit.
    ///   - handler: Called on the connection's loop, one call at a time for each connection; must not block. It is
    ///     cancelled when the client has left or the request timeout has passed.
    package init(
        _ configuration: HTTPServerConfiguration, group: EventLoopGroup, logger: Logger, metrics: Metrics,
        plan: (@Sendable (HTTPRequest) -> HTTPBodyPlan)? = nil,
        handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) {
        let context = HTTPServerContext(
            configuration: configuration, logger: logger, metrics: metrics, plan: plan, handler: handler)
        self.context = context
        self.group = group
        servers = Dictionary(
            uniqueKeysWithValues: group.loops.map {
                (ObjectIdentifier($0), LoopServer(loop: $0, context: context))
            })
    }

    /// The address in use, with the port that the system chose; before ``start()`` the configured one.
    package var address: SocketAddress {
        state.withLock {
            if case .listening(let listener) = $0 { listener.address } else { context.configuration.address }
        }
    }

    /// Binds and begins to serve; a second call does nothing.
    ///
    /// - Throws: `SocketError` when the address cannot be had.
    package func start() throws {
        try state.withLock { state in
            guard case .new = state else { return }
            let trouble = OutageLog(context.logger, failed: "http.acceptFailed", restored: "http.accepting")
            var options = StreamListener.Options()
            options.makeTLSSession = context.configuration.makeTLSSession
            if context.configuration.usesProxyProtocol { options.proxies = context.configuration.forwarded.trusted }
            options.onTrouble = { error in
                if let error { trouble.failed(error) } else { trouble.worked() }
            }
            for server in servers.values { server.start() }
            let servers = servers
            state = .listening(
                try StreamListener(context.configuration.address, on: group, options: options) { stream in
                    guard let server = servers[ObjectIdentifier(stream.loop)] else {
                        preconditionFailure("a connection came on a loop that serves none")
                    }
                    server.accept(stream)
                })
        }
    }

    package func run() async throws {
        try start()
        await stopping.wait()
        shutdown()
        let deadline = ContinuousClock.now + context.configuration.drainTimeout
        for server in servers.values { await server.waitUntilDrained(deadline) }
        for server in servers.values { server.closeAll() }
    }

    package func shutdown() {
        stopping.open()
        state.withLock { if case .listening(let listener) = $0 { listener.close() } }
        for server in servers.values { server.drain() }
    }
}
