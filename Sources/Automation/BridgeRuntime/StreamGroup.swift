import ChatModel
import EventLog
import Redis

/// The consumer group of one bridge on the event stream.
struct StreamGroup: Sendable {
    /// Reads only for who has the right to run the bridge in this very moment.
    ///
    /// A node that was stopped between its look at the clock and its reading, or whose lease went with an emptied Redis,
    /// must not take events from its successor.
    private static let reading = RedisScript(
        """
        if redis.call('GET', KEYS[2]) ~= ARGV[1] then return redis.error_reply('LEASE_LOST to another node') end
        return redis.pcall(
            'XREADGROUP', 'GROUP', ARGV[2], ARGV[3], 'COUNT', ARGV[4], 'STREAMS', KEYS[1], ARGV[5])
        """)

    let redis: RedisClient
    let name: String
    let consumer: String
    private let lease: BridgeLease

    init(redis: RedisClient, bridge: String, consumer: String, lease: BridgeLease) {
        self.redis = redis
        self.name = EventStream.group(bridge)
        self.consumer = consumer
        self.lease = lease
    }

    /// The oldest entry of the stream; nil when there is none.
    func oldest() async throws -> Cursor? {
        let answer = try await redis.send("XRANGE", EventStream.key, "-", "+", "COUNT", "1")
        return try RedisStreamEntry.list(answer).first.flatMap { Cursor($0.id) }
    }

    func exists() async throws -> Bool {
        guard
            case .array(let groups)? = try await redis.pipeline([RedisCommand("XINFO", "GROUPS", EventStream.key)])
                .first
        else { return false }
        return groups.contains { Self.fields($0)["name"]?.string == name }
    }

    /// Makes the group, which gets everything behind `cursor`, if the stream still holds all of that.
    ///
    /// - Returns: False when it does not.
    func create(after cursor: Cursor) async throws -> Bool {
        guard let before = try await oldest(), cursor >= before else { return false }
        do {
            _ = try await redis.send("XGROUP", "CREATE", EventStream.key, name, cursor.description)
        } catch let error as RedisError where error.kind == "BUSYGROUP" {
            return true
        }
        // From here on the group keeps the stream from being trimmed; it may have been just before.
        guard let after = try await oldest(), cursor >= after else {
            try await destroy()
            return false
        }
        return true
    }

    func destroy() async throws {
        _ = try await redis.pipeline([RedisCommand("XGROUP", "DESTROY", EventStream.key, name)])
    }

    /// Entries that were given to this consumer before and not acknowledged, behind `id`.
    func pending(after id: String, limit: Int) async throws -> [RedisStreamEntry] {
        try await read(from: id, limit: limit)
    }

    /// Entries that nobody was given yet.
    func new(limit: Int) async throws -> [RedisStreamEntry] { try await read(from: ">", limit: limit) }

    private func read(from id: String, limit: Int) async throws -> [RedisStreamEntry] {
        do {
            let answer = try await redis.eval(
                Self.reading, keys: [EventStream.key, lease.key], arguments: [lease.holder, name, consumer, limit, id])
            return try RedisStreamEntry.byStream(answer).first?.entries ?? []
        } catch let error as RedisError where error.kind == "LEASE_LOST" {
            throw LeaseLost()
        }
    }

    /// Makes the pending entries of every other consumer this one's.
    func takeOver() async throws -> Int {
        var next = "0-0"
        var count = 0
        repeat {
            let answer = try await redis.send(
                "XAUTOCLAIM", EventStream.key, name, consumer, "0", next, "COUNT", "500", "JUSTID")
            guard let parts = answer.array, parts.count >= 2, let id = parts[0].string else { break }
            next = id
            count += parts[1].array?.count ?? 0
        } while next != "0-0"
        return count
    }

    func acknowledge(_ cursors: [Cursor]) async throws {
        guard !cursors.isEmpty else { return }
        _ = try await redis.send(
            RedisCommand(["XACK", EventStream.key, name] + cursors.map(\.description)))
    }

    /// How many events wait in the stream or were given out and not acknowledged; nil when Redis cannot tell.
    func lag() async throws -> Int? {
        guard
            case .array(let groups)? = try await redis.pipeline([RedisCommand("XINFO", "GROUPS", EventStream.key)])
                .first
        else { return nil }
        for group in groups {
            let fields = Self.fields(group)
            guard fields["name"]?.string == name else { continue }
            let pending = fields["pending"]?.integer ?? 0
            return fields["lag"]?.integer.map { Int($0 + pending) }
        }
        return nil
    }

    private static func fields(_ value: RedisValue) -> [String: RedisValue] {
        var fields: [String: RedisValue] = [:]
        let parts = value.array ?? []
        for index in stride(from: 0, to: parts.count - 1, by: 2) {
            if let name = parts[index].string { fields[name] = parts[index + 1] }
        }
        return fields
    }
}
