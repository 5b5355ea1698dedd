import ChatModel
import ChatStore
import Redis
import Telemetry

/// What the relay does in Redis.
extension EventRelay {
    /// Where the log's end lies in the stream, and where to go on reading the log.
    struct Position {
        /// The last event that was read from the log.
        var cursor: Cursor
        /// The last id that the stream has seen; ``Cursor/beginning`` when it is empty.
        var top: Cursor
    }

    /// An emptied stream is refilled at least so far back.
    private static let refill = 10_000

    /// Appends entries when the stream ends where the relay left it: not when Redis was emptied or has lost its newest
    /// part, because the hole could never be filled again, and not when another relay has written meanwhile.
    private static let append = RedisScript(
        """
        local info = redis.pcall('XINFO', 'STREAM', KEYS[1])
        local top = '0-0'
        if not info.err then
            for i = 1, #info, 2 do
                if info[i] == 'last-generated-id' then top = info[i + 1] end
            end
        end
        if top ~= ARGV[1] then return redis.error_reply('MOVED_TOP ' .. top) end
        redis.call('SET', KEYS[2], ARGV[2])
        local i = 3
        while ARGV[i] do
            local count = tonumber(ARGV[i])
            redis.call('XADD', KEYS[1], unpack(ARGV, i + 1, i + count))
            i = i + count + 1
        end
        return 'OK'
        """)

    /// Where to go on; where to begin to refill the stream when it is empty.
    func findPosition() async throws -> Position {
        var top = try await streamTop()
        try await store.loadEpoch()
        let known = try await redis.send("GET", EventStream.epochKey)
        if top > .beginning {
            var reason: String?
            switch try await store.fault(of: top, epoch: known.string ?? "", knownEnd: .beginning) {
            case .otherLog: reason = "it was filled from another database, or from a later state of this one"
            case .ahead:
                // The same log with an older end: what clients hold as cursors is not good any more.
                try await store.renewEpoch()
                reason = "the database was set back"
            case .trimmed, nil: break
            }
            if let reason {
                store.forgetSettled()
                logger.warn("relay.stream_discarded", ["reason": .string(reason)])
                _ = try await redis.send("DEL", EventStream.key)
                top = .beginning
            }
        }
        if known.string != store.epoch { _ = try await redis.send("SET", EventStream.epochKey, store.epoch) }
        guard top == .beginning else { return Position(cursor: top, top: top) }
        var oldest = try await store.cursor(eventsBack: min(Self.refill, streamMaximum))
        for (_, cursor) in try await store.bridgeCursors() { oldest = min(oldest, cursor) }
        // No further than the stream may reach; a bridge that is further behind reads PostgreSQL first.
        oldest = max(oldest, try await store.cursor(eventsBack: streamMaximum))
        return Position(cursor: oldest, top: top)
    }

    /// Writes events behind `position` to the stream.
    ///
    /// - Returns: False when the stream does not end there; nothing was written then.
    func publish(_ events: [EventRecord], at position: Position) async throws -> Bool {
        var arguments: [any RedisArgument] = [position.top.description, store.epoch]
        var previous = position.cursor
        for event in events {
            let entry = EventStream.entry(event, after: previous)
            arguments.append(entry.count)
            arguments += entry
            previous = event.cursor
        }
        do {
            _ = try await redis.eval(Self.append, keys: [EventStream.key, EventStream.epochKey], arguments: arguments)
            return true
        } catch let error as RedisError where error.kind == "MOVED_TOP" {
            return false
        }
    }

    /// Whether the stream ends where the relay left it, and says of which log it is.
    func isStreamKept(_ position: Position) async throws -> Bool {
        guard try await streamTop() == position.top else { return false }
        return try await EventStream.belongs(to: store.epoch, redis)
    }

    /// The id of the last entry that the stream ever had; ``Cursor/beginning`` when there is none.
    func streamTop() async throws -> Cursor {
        let answers = try await redis.pipeline([RedisCommand("XINFO", "STREAM", EventStream.key)])
        guard case .array(let fields)? = answers.first else {
            if case .error(let text)? = answers.first, !text.contains("no such key") {
                throw RedisError(.reply, text)
            }
            return .beginning
        }
        for index in stride(from: 0, to: fields.count - 1, by: 2) where fields[index].string == "last-generated-id" {
            if let top = fields[index + 1].string.flatMap({ Cursor($0) }) { return top }
        }
        return .beginning
    }
}
