import ChatModel
import EventLog
import Redis

/// The consumer group of one bridge on the event stream.
struct StreamGroup: Sendable {
    /// Reads only for who has taken the right to run the bridge last, as far as this Redis has seen.
    ///
    /// A node that was stopped between its look at the clock and its reading must not take events from its successor. The
    /// number is kept for as long as a right lasts: longer than that no node reads without having asked anew.
    private static let reading = RedisScript(
        """
        if (tonumber(redis.call('GET', KEYS[2])) or 0) > tonumber(ARGV[1]) then
            return redis.error_reply('LEASE_LOST to another node')
        end
        redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[6])
        return redis.pcall(
            'XREADGROUP', 'GROUP', ARGV[2], ARGV[3], 'COUNT', ARGV[4], 'STREAMS', KEYS[1], ARGV[5])
        """)

    /// How far a group has got.
    struct Place: Sendable {
        /// The last entry that was given out.
        let delivered: Cursor
        /// How many of those that were given out are not acknowledged.
        let pending: Int
    }

    /// Acknowledges for the holder of the lease only: one that was stopped meanwhile must not speak for its heir.
    private static let acknowledgement = RedisScript(
        """
        if (tonumber(redis.call('GET', KEYS[1])) or 0) > tonumber(ARGV[1]) then return -1 end
        return redis.call('XACK', KEYS[2], unpack(ARGV, 2))
        """)
    /// Lua takes no more arguments than a few thousand.
    private static let acknowledgedAtOnce = 1000

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

    /// Under which number the bridge is run.
    var leaseNumber: Int64 { lease.number }

    /// The oldest entry of the stream; nil when there is none.
    func oldest() async throws -> Cursor? {
        let answer = try await redis.send("XRANGE", EventStream.key, "-", "+", "COUNT", "1")
        return try RedisStreamEntry.list(answer).first.flatMap { Cursor($0.id) }
    }

    /// How far the group has got; nil when there is no group.
    func place() async throws -> Place? { try await Self.places(redis)[name] }

    /// How far all groups of the stream have got, by their names.
    static func places(
        _ redis: RedisClient, timeout: Duration = RedisClient.defaultTimeout
    ) async throws -> [String: Place] {
        let command = RedisCommand("XINFO", "GROUPS", EventStream.key)
        // Without a stream there is no group, and an error.
        guard case .array(let groups)? = try await redis.pipeline([command], timeout: timeout).first else { return [:] }
        var places: [String: Place] = [:]
        for group in groups {
            let fields = Self.fields(group)
            guard let name = fields["name"]?.string,
                let delivered = fields["last-delivered-id"]?.string.flatMap({ Cursor($0) })
            else { continue }
            places[name] = Place(delivered: delivered, pending: Int(fields["pending"]?.integer ?? 0))
        }
        return places
    }

    /// Whether another consumer has entries in hand: a node that was stopped as it read, and has woken up.
    func hasStrays() async throws -> Bool {
        let command = RedisCommand("XINFO", "CONSUMERS", EventStream.key, name)
        guard case .array(let consumers)? = try await redis.pipeline([command]).first else { return false }
        return consumers.contains { value in
            let fields = Self.fields(value)
            return fields["name"]?.string != consumer && (fields["pending"]?.integer ?? 0) > 0
        }
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
                Self.reading, keys: [EventStream.key, lease.key],
                arguments: [lease.number, name, consumer, limit, id, Int(lease.time / .milliseconds(1))])
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

    /// - Returns: False when the lease is another's; nothing more was acknowledged then.
    func acknowledge(_ cursors: [Cursor]) async throws -> Bool {
        var rest = cursors[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.acknowledgedAtOnce)
            rest = rest.dropFirst(part.count)
            let answer = try await redis.eval(
                Self.acknowledgement, keys: [lease.key, EventStream.key],
                arguments: [String(lease.number), name] + part.map(\.description))
            if answer.integer == -1 { return false }
        }
        return true
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
