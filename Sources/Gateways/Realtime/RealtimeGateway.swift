import ChatModel
package import ChatService
package import EventLog
import EventLoop
import GatewayKit
package import HTTPRouting
import HTTPTypes
import Lifecycle
import Limits
import Redis
package import Telemetry
import WebSocket

/// The WebSocket gateway for people: live events, typing, presence, sending; resumable by cursor.
package final class RealtimeGateway: Service {
    package let name = "realtime"

    /// Sent in `hello`: how often the server pings, so that a client can tell a dead link.
    static let heartbeat = Duration.seconds(25)
    /// How often connections are checked for tokens that ended and accounts that were closed.
    private static let checkInterval = Duration.seconds(20)
    /// The checks of that time come in so many parts.
    private static let checkParts = 20

    let service: ChatService
    let log: EventLog
    let ephemeral: EphemeralBus
    let logger: Logger
    /// A connection that has not said who it is by then is closed.
    let startTimeout: Duration
    /// How often one user may tell that it types, from all its connections; what is more is left out.
    let typingLimiter = RateLimiter(RateLimit("typing", 20, per: .seconds(10)))
    /// Connections that have said who they are, by user.
    let sockets: ConcurrencyLimiter
    private let limits: WebSocketLimits
    private let allowedOrigins: [String]?
    private let connections: ConnectionRegistry
    let received: Counter
    let delivered: Counter

    /// - Parameters:
    ///   - allowedOrigins: What browsers may come from besides this server's own pages; nil for any.
    ///   - socketsPerUser: Connections of one user to this node.
    package init(
        service: ChatService, log: EventLog, ephemeral: EphemeralBus, allowedOrigins: [String]?,
        startTimeout: Duration = .seconds(10), socketsPerUser: Int = 100,
        logger: Logger, metrics: Metrics
    ) {
        self.service = service
        self.log = log
        self.ephemeral = ephemeral
        self.startTimeout = startTimeout
        sockets = ConcurrencyLimiter(socketsPerUser)
        self.allowedOrigins = allowedOrigins
        self.logger = logger.named("realtime")
        var limits = WebSocketLimits()
        limits.maximumMessageBytes = 256 << 10
        limits.maximumUnsentBytes = 4 << 20
        limits.pingInterval = Self.heartbeat
        self.limits = limits
        service.receipts.onNews { ephemeral.tell($0) }
        connections = ConnectionRegistry(
            open: metrics.gauge("martlet_realtime_connections", "Open WebSocket connections of people."))
        received = metrics.counter("martlet_realtime_commands_total", "Commands that clients sent.")
        delivered = metrics.counter("martlet_realtime_events_total", "Events handed to connections.")
    }

    package var routes: [Route<Principal>] {
        [
            .raw(
                .get, "/v1/ws", "Live events and sending over one WebSocket", tag: "realtime", access: .optional,
                status: 101, refusals: [426: "The request does not ask for the upgrade to a WebSocket."]
            ) { [self] context in
                upgrade(context)
            }
        ]
    }

    private func upgrade(_ context: Route<Principal>.Context) -> HTTPResponse {
        guard !connections.isStopping else {
            return Problem.unavailable(code: "stopping", "The server is stopping; reconnect in a moment.")
                .response(requestID: context.requestID)
        }
        let principal = context.identity
        // A page of this very server is always welcome.
        let own = WebSocketUpgrade.ownOrigins(context.request)
        return WebSocketUpgrade.respond(
            to: context.request, limits: limits, allowedOrigins: allowedOrigins.map { $0 + own }
        ) { [self] socket in
            connections.add(RealtimeConnection(socket: socket, gateway: self, principal: principal))
        }
    }

    func closed(_ connection: RealtimeConnection) { connections.remove(connection) }

    // MARK: Service

    package func run() async throws { await connections.look(every: Self.checkInterval, parts: Self.checkParts) }

    package func shutdown() { connections.stop() }
}
