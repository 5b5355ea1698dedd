import ChatModel
package import ChatService
package import Redis
import Synchronization
package import Telemetry

/// Sees to it that a bot has one connection, over all nodes.
///
/// Each claim takes the next number from PostgreSQL, where it stays as the newest, and publishes it over Redis; a
/// connection with a lower number gives way. Each asks for the newest number once more when it can be found here, and from
/// time to time, so that nothing depends on what Redis loses.
package final class BotLeases: Sendable {
    private struct Lease {
        var connection: BotConnection
        let number: Int64
    }

    private static let channel = "martlet:bots"

    private let service: ChatService
    private let redis: RedisClient
    private let subscriber: RedisSubscriber
    private let logger: Logger
    private let leases = Mutex<[UserID: Lease]>([:])

    package init(service: ChatService, redis: RedisClient, subscriber: RedisSubscriber, logger: Logger) {
        self.service = service
        self.redis = redis
        self.subscriber = subscriber
        self.logger = logger.named("bots")
    }

    /// Makes `connection` the bot's only one.
    ///
    /// - Returns: Its number; nil when there is a newer one already.
    func claim(_ principal: Principal, for connection: BotConnection) async throws -> Int64? {
        let bot = principal.userID
        // Whoever is here is older than what is claimed now; it lets go first, with its last acknowledgement.
        leases.withLock { $0[bot]?.connection }?.giveWay()
        let number = try await service.claimConnection(principal)
        let (isPlaced, older) = leases.withLock { leases -> (Bool, BotConnection?) in
            let other = leases[bot]
            if let other, other.number > number { return (false, nil) }
            leases[bot] = Lease(connection: connection, number: number)
            return (true, other?.connection)
        }
        guard isPlaced else { return nil }
        older?.giveWay()
        do {
            _ = try await redis.send(
                RedisCommand(["PUBLISH", Self.channel, "\(bot) \(number)"]), timeout: .seconds(1))
        } catch {
            logger.warn("bot.leaseNotTold", ["error": .error(error)])
        }
        // A newer one that was published before this one stood here was not heard.
        guard try await isNewest(number, principal) else {
            release(connection)
            return nil
        }
        return number
    }

    /// Whether no newer connection of the bot has claimed its place.
    func isNewest(_ number: Int64, _ principal: Principal) async throws -> Bool {
        try await service.newestConnection(principal) ?? number <= number
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
                leases[UserID(numbers[0])].flatMap { $0.number < numbers[1] ? $0.connection : nil }
            }
            older?.giveWay()
        }
    }

    func close() async { await subscriber.close() }
}
