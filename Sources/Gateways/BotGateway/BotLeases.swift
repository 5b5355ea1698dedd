import ChatModel
package import Redis
import Synchronization
package import Telemetry

/// Sees to it that a bot has one connection, over all nodes.
///
/// Each claim takes the next number from Redis and publishes it; a connection with a lower number gives way. While
/// Redis does not answer, only the connections of this node are told apart.
package final class BotLeases: Sendable {
    private struct Lease {
        var connection: BotConnection
        var generation: Int64
    }

    private static let channel = "martlet:bots"

    private let redis: RedisClient
    private let subscriber: RedisSubscriber
    private let logger: Logger
    private let leases = Mutex<[UserID: Lease]>([:])

    package init(redis: RedisClient, subscriber: RedisSubscriber, logger: Logger) {
        self.redis = redis
        self.subscriber = subscriber
        self.logger = logger.named("bots")
    }

    func claim(_ bot: UserID, for connection: BotConnection) async {
        var generation: Int64?
        do {
            generation = try await redis.send("INCR", "martlet:bot:\(bot):lease").integer
        } catch {
            logger.warn("bot.leaseFailed", ["error": .error(error)])
        }
        let older = leases.withLock { leases in
            let older = leases[bot]
            // Without Redis the newest connection of this node counts as the newest of all.
            leases[bot] = Lease(connection: connection, generation: generation ?? older?.generation ?? 0)
            return older
        }
        older?.connection.giveWay()
        guard let generation else { return }
        do {
            _ = try await redis.send("PUBLISH", Self.channel, "\(bot) \(generation)")
        } catch {
            logger.warn("bot.leaseFailed", ["error": .error(error)])
        }
    }

    func release(_ connection: BotConnection) {
        leases.withLock { leases in
            if let bot = leases.first(where: { $0.value.connection === connection })?.key { leases[bot] = nil }
        }
    }

    func listen() async {
        for await event in subscriber.subscribe([Self.channel]) {
            guard case .message(_, let bytes) = event else { continue }
            let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int64($0) }
            guard numbers.count == 2 else { continue }
            let older = leases.withLock { leases in
                leases[UserID(numbers[0])].flatMap { $0.generation < numbers[1] ? $0.connection : nil }
            }
            older?.giveWay()
        }
    }

    func close() async { await subscriber.close() }
}
