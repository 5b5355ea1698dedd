import BotGateway
import ChatService
import EventLoop
import HTTPRouting
import Lifecycle
import Realtime
import Redis
import RestAPI
import Settings
import Telemetry
import Webhooks

/// The gateways: what clients, bots and other programs come in by.
struct Gateways: Sendable {
    let routes: [Route<Principal>]
    let services: [any Service]

    init(
        _ settings: Settings, core: Core, engines: Engines, node: String, group: EventLoopGroup, logger: Logger,
        metrics: Metrics
    ) {
        let origins = settings.strings("http.allowed_origins")
        let ephemeral = EphemeralBus(
            redis: core.redis,
            subscriber: RedisSubscriber(engines.redis, loop: group.next(), logger: logger, name: "ephemeral"),
            hub: core.hub, node: node, logger: logger)
        let realtime = RealtimeGateway(
            service: core.chat, log: core.log, ephemeral: ephemeral,
            allowedOrigins: origins.contains("*") ? nil : origins,
            socketsPerUser: settings.integer("limits.sockets_per_user"), logger: logger, metrics: metrics)
        let bots = BotGateway(
            service: core.chat, log: core.log,
            leases: BotLeases(
                service: core.chat, redis: core.redis,
                subscriber: RedisSubscriber(engines.redis, loop: group.next(), logger: logger, name: "bots"),
                logger: logger), logger: logger, metrics: metrics)
        let webhooks = Webhooks(service: core.chat, metrics: metrics, logger: logger)
        routes =
            RestAPI(service: core.chat, log: core.log).routes + realtime.routes + bots.routes + webhooks.routes
        services = [ephemeral, core.chat.receipts, realtime, bots]
    }
}
