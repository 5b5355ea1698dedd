package import EventLoop
import Lifecycle
import Synchronization
package import Telemetry

/// Takes mail by SMTP or LMTP and hands it to a ``MailHandler``.
///
/// Speaks neither TLS nor authentication: it stands behind the mail server of the organisation, or where every sender is taken
/// for a stranger.
package final class MailServer: Service {
    private struct State {
        var connections: [Int: (StreamConnection, MailConnection)] = [:]
        var nextID = 0
        var isStopping = false
        var address: SocketAddress?
    }

    package let name: String
    private let configuration: MailServerConfiguration
    private let group: EventLoopGroup
    private let logger: Logger
    private let handler: any MailHandler
    private let state = Mutex(State())
    private let started = Latch()
    private let stopping = Latch()
    private let drained = Latch()
    private let limit: ConnectionLimit

    /// How long connections may take to end at shutdown: what a handler is about to answer is waited for.
    private static let drainTime: Duration = .seconds(10)

    package init(
        _ configuration: MailServerConfiguration, group: EventLoopGroup, logger: Logger, handler: any MailHandler
    ) {
        self.name = "mail server (\(configuration.transferProtocol.rawValue))"
        self.configuration = configuration
        self.group = group
        self.logger = logger
        self.handler = handler
        limit = ConnectionLimit(
            maximum: configuration.maximumConnections, perAddress: configuration.maximumConnectionsPerAddress)
    }

    /// The address in use, once the server listens; nil when it never will, or the task was cancelled.
    package func listeningAddress() async -> SocketAddress? {
        await started.wait()
        return state.withLock { $0.address }
    }

    /// - Throws: `SocketError` when the address cannot be bound.
    package func run() async throws {
        defer { started.open() }
        let trouble = OutageLog(logger, failed: "mail.acceptFailed", restored: "mail.accepting")
        var options = StreamListener.Options()
        options.onTrouble = { error in
            if let error { trouble.failed(error) } else { trouble.worked() }
        }
        let listener = try StreamListener(configuration.address, on: group, options: options) { self.accept($0) }
        state.withLock { $0.address = listener.address }
        logger.info("mail.listening", ["address": .string("\(listener.address)")])
        started.open()
        await stopping.wait()
        listener.close()
        let (connections, isDrained) = state.withLock { state in
            state.isStopping = true
            return (state.connections.values.map { $0 }, state.connections.isEmpty)
        }
        if isDrained { drained.open() }
        for (stream, connection) in connections { stream.loop.execute { connection.shutDown() } }
        if !(await drained.wait(until: .now + Self.drainTime)) {
            for (stream, _) in connections { stream.loop.execute { stream.close(afterFlush: false) } }
        }
    }

    package func shutdown() { stopping.open() }

    private func accept(_ stream: StreamConnection) {
        let connection: MailConnection? = state.withLock { state in
            guard !state.isStopping, let place = try? limit.take(stream.remoteAddress) else { return nil }
            stream.attachment = place
            state.nextID += 1
            let id = state.nextID
            let connection = MailConnection(stream, configuration, handler: handler, logger: logger) {
                self.ended(id)
            }
            state.connections[id] = (stream, connection)
            return connection
        }
        if let connection {
            connection.start()
        } else {
            stream.start(onRead: { $0.count }, onClose: { _ in })
            stream.write(MailReply(421, "4.3.2", "\(configuration.hostName) is busy, come back later").line)
            stream.close()
        }
    }

    private func ended(_ id: Int) {
        let isDrained = state.withLock { state in
            state.connections[id] = nil
            return state.isStopping && state.connections.isEmpty
        }
        if isDrained { drained.open() }
    }
}
