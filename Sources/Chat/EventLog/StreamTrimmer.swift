import ChatModel
import Redis
import Synchronization
import Telemetry

/// Cuts off the part of the stream that every consumer group has acknowledged.
///
/// What is cut is still in PostgreSQL for the retention time; readers by cursor go on there.
final class StreamTrimmer: Sendable {
    private static let interval = Duration.seconds(10)
    /// So many events stay for readers that lag a little.
    private static let kept = 10_000

    private let redis: RedisClient
    private let logger: Logger
    private let next = Mutex(ContinuousClock.now + StreamTrimmer.interval)

    init(redis: RedisClient, logger: Logger) {
        self.redis = redis
        self.logger = logger.named("relay")
    }

    func trimIfDue() async throws {
        let isDue = next.withLock { next in
            guard ContinuousClock.now >= next else { return false }
            next = ContinuousClock.now + Self.interval
            return true
        }
        guard isDue else { return }
        let key = EventStream.key
        let answer = try await redis.send(RedisCommand(["XLEN", key]))
        guard let length = answer.integer, length > Self.kept else { return }
        guard let needed = try await lowestNeeded() else {
            _ = try await redis.send(RedisCommand(["XTRIM", key, "MAXLEN", "~", String(Self.kept)]))
            return
        }
        // Never more than what all have acknowledged, and never below what is kept for laggards.
        let newest = try await redis.send(
            RedisCommand(["XREVRANGE", key, "+", "-", "COUNT", String(Self.kept)]))
        guard let entries = newest.array, let oldest = entries.last?.array?.first?.string.flatMap({ Cursor($0) })
        else { return }
        let limit = min(needed, oldest)
        let trimmed = try await redis.send(RedisCommand(["XTRIM", key, "MINID", "~", limit.description]))
        if let count = trimmed.integer, count > 0 { logger.debug("stream.trimmed", ["count": .int(count)]) }
    }

    /// The lowest id that a group has not acknowledged; nil when there is no group.
    private func lowestNeeded() async throws -> Cursor? {
        let groups = try await redis.send(RedisCommand(["XINFO", "GROUPS", EventStream.key]))
        var lowest: Cursor?
        for group in groups.array ?? [] {
            var fields: [String: RedisValue] = [:]
            let parts = group.array ?? []
            for index in stride(from: 0, to: parts.count - 1, by: 2) {
                if let name = parts[index].string { fields[name] = parts[index + 1] }
            }
            guard let name = fields["name"]?.string,
                let last = fields["last-delivered-id"]?.string.flatMap({ Cursor($0) })
            else { continue }
            var needed = last
            if let pending = fields["pending"]?.integer, pending > 0 {
                let summary = try await redis.send(RedisCommand(["XPENDING", EventStream.key, name]))
                if let oldest = summary.array?.dropFirst().first?.string.flatMap({ Cursor($0) }) {
                    needed = min(needed, oldest)
                }
            }
            lowest = min(lowest ?? needed, needed)
        }
        return lowest
    }
}
