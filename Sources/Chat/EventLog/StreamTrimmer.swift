import ChatModel
import ChatStore
import Redis
import Synchronization
import Telemetry

/// Cuts off the part of the stream that every consumer group has acknowledged, and bounds the whole of it.
///
/// What is cut is still in PostgreSQL for the retention time; readers by cursor go on there. A group that holds more than
/// the bound is given up: its bridge then reads PostgreSQL until it has caught up, so that it costs time and no event.
final class StreamTrimmer: Sendable {
    private struct Group {
        let name: String
        /// The last entry that it does not need.
        let needed: Cursor
    }

    private static let interval = Duration.seconds(10)
    /// So many events stay for readers that lag a little.
    private static let kept = 10_000
    /// A group is given up to make room only when the stream is as long as this.
    private static let worthwhile = 1000

    private struct State {
        var next = ContinuousClock.now + StreamTrimmer.interval
        var published = 0
    }

    private let redis: RedisClient
    private let store: ChatStore
    private let maximum: Int
    private let logger: Logger
    private let shed: Counter
    private let state = Mutex(State())

    /// - Parameter maximum: Entries of the stream; beyond, the group that is furthest behind is given up.
    init(redis: RedisClient, store: ChatStore, maximum: Int, logger: Logger, metrics: Metrics) {
        self.redis = redis
        self.store = store
        self.maximum = maximum
        self.logger = logger.named("relay")
        shed = metrics.counter(
            "martlet_stream_groups_shed_total",
            "Bridges that fell so far behind that Redis does not keep their events any more.")
    }

    /// Looks every ten seconds, and sooner when much was written.
    func trimIfDue(published: Int = 0) async throws {
        let isDue = state.withLock { state in
            state.published += published
            guard ContinuousClock.now >= state.next || state.published >= max(100, maximum / 8) else { return false }
            state = State(next: .now + Self.interval)
            return true
        }
        guard isDue, let length = try await length() else { return }
        let kept = min(Self.kept, maximum / 2)
        guard length > kept else { return }
        var groups = try await groups()
        var limit = try await store.cursor(eventsBack: kept)
        if let needed = groups.map(\.needed).min() { limit = min(limit, needed) }
        let isOver = length > maximum
        try await trim(before: limit, exactly: isOver)
        guard isOver else { return }
        while let length = try await self.length(), length > maximum, try await shedSlowest(of: &groups, length) {
            let limit = try await store.cursor(eventsBack: kept)
            try await trim(before: groups.map(\.needed).min().map { min($0, limit) } ?? limit, exactly: true)
        }
    }

    /// Frees what can be freed, because Redis is full.
    func relieve() async throws {
        var groups = try await groups()
        let top = try await store.head()
        while true {
            if try await trim(before: groups.map(\.needed).min() ?? top, exactly: true) > 0 { return }
            // Whoever else fills Redis is not helped by giving up bridges that hold next to nothing.
            guard let length = try await length(), length >= Self.worthwhile else { return }
            guard try await shedSlowest(of: &groups, length) else { return }
        }
    }

    private func length() async throws -> Int? {
        try await redis.send(RedisCommand(["XLEN", EventStream.key])).integer.map { Int($0) }
    }

    @discardableResult
    private func trim(before limit: Cursor, exactly: Bool) async throws -> Int {
        let answer = try await redis.send(
            RedisCommand(["XTRIM", EventStream.key, "MINID", exactly ? "=" : "~", limit.description]))
        let count = Int(answer.integer ?? 0)
        if count > 0 { logger.debug("stream.trimmed", ["count": .int(count)]) }
        return count
    }

    /// Gives up the group that is furthest behind.
    ///
    /// - Returns: False when there is none that holds anything.
    private func shedSlowest(of groups: inout [Group], _ length: Int) async throws -> Bool {
        guard let index = groups.indices.min(by: { groups[$0].needed < groups[$1].needed }) else { return false }
        let group = groups.remove(at: index)
        _ = try await redis.send(RedisCommand(["XGROUP", "DESTROY", EventStream.key, group.name]))
        shed.add()
        logger.error(
            "stream.group_shed",
            [
                "group": .string(group.name), "cursor": .string(group.needed.description), "length": .int(length),
                "maximum": .int(maximum),
                "reason": "it is so far behind that its events fill Redis; it reads PostgreSQL until it has caught up",
            ])
        return true
    }

    private func groups() async throws -> [Group] {
        let command = RedisCommand("XINFO", "GROUPS", EventStream.key)
        // Without a stream there is no group, and an error.
        guard case .array(let values)? = try await redis.pipeline([command]).first else { return [] }
        var groups: [Group] = []
        for value in values {
            var fields: [String: RedisValue] = [:]
            let parts = value.array ?? []
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
            groups.append(Group(name: name, needed: needed))
        }
        return groups
    }
}
