import ChatModel
package import ChatService
package import EventLog
import EventLoop
import GatewayKit
package import HTTPRouting
import HTTPTypes
import Lifecycle
package import Telemetry
import WebSocket

/// The WebSocket gateway for bots: events from the bot's cursor on, acknowledged by the bot, kept by the server.
///
/// A bot has one connection; a newer one takes the older one's place, on whatever node it is.
package final class BotGateway: Service {
    package let name = "bot-gateway"

    static let heartbeat = Duration.seconds(25)
    /// Events that may be on their way to one bot without being acknowledged.
    static let maxInFlight = 64
    /// A connection that has not said who it is by then is closed.
    static let startTimeout = Duration.seconds(10)
    /// How often connections are checked for tokens that were replaced and bots that were closed.
    private static let checkInterval = Duration.seconds(20)

    let service: ChatService
    let log: EventLog
    let logger: Logger
    private let leases: BotLeases
    private let limits: WebSocketLimits
    private let connections: ConnectionRegistry
    let delivered: Counter
    let acknowledged: Counter

    package init(service: ChatService, log: EventLog, leases: BotLeases, logger: Logger, metrics: Metrics) {
        self.service = service
        self.log = log
        self.leases = leases
        self.logger = logger.named("bots")
        var limits = WebSocketLimits()
        limits.maximumMessageBytes = 64 << 10
        // All that may be in flight, with messages of the greatest length.
        limits.maximumUnsentBytes = 16 << 20
        limits.pingInterval = Self.heartbeat
        self.limits = limits
        connections = ConnectionRegistry(
            open: metrics.gauge("martlet_bot_connections", "Open connections of bots."))
        delivered = metrics.counter("martlet_bot_events_total", "Events sent to bots.")
        acknowledged = metrics.counter("martlet_bot_acknowledgements_total", "Acknowledgements taken from bots.")
    }

    package var routes: [Route<Principal>] {
        [
            .raw(
                .get, "/v1/bot", "Events for a bot, with acknowledgement, over one WebSocket", tag: "bots",
                access: .open, status: 101,
                refusals: [426: "The request does not ask for the upgrade to a WebSocket."]
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
        // Pages of others have no business with a bot's token; clients for WebSocket name the server itself as the origin.
        let own = WebSocketUpgrade.ownOrigins(context.request)
        return WebSocketUpgrade.respond(to: context.request, limits: limits, allowedOrigins: own) { [self] socket in
            connections.add(BotConnection(socket: socket, gateway: self))
        }
    }

    /// Makes `connection` the bot's only one.
    ///
    /// - Returns: Its number; nil when there is a newer one already.
    func claim(_ principal: Principal, for connection: BotConnection) async throws -> Int64? {
        try await leases.claim(principal, for: connection)
    }

    /// Whether no newer connection of the bot has claimed its place.
    func isNewest(_ number: Int64, _ principal: Principal) async throws -> Bool {
        try await leases.isNewest(number, principal)
    }

    func giveBack(_ connection: BotConnection) { leases.release(connection) }

    func closed(_ connection: BotConnection) {
        leases.release(connection)
        connections.remove(connection)
    }

    // MARK: Service

    package func run() async throws {
        await withTaskGroup(of: Void.self) { [leases] group in
            group.addTask { await leases.listen() }
            await connections.look(every: Self.checkInterval) { await self.learnReaders() }
            await leases.close()
            group.cancelAll()
        }
    }

    private func learnReaders() async {
        do {
            try await service.refreshReaders()
        } catch {
            logger.warn("bot.readersNotLearned", ["error": .error(error)])
        }
    }

    package func shutdown() { connections.stop() }
}
