import ChatModel
package import ChatStore
package import EventLoop
import Lifecycle
package import Postgres
package import Redis
import Synchronization
package import Telemetry

/// Carries committed events from PostgreSQL to the Redis stream, in their order.
///
/// One relay of all nodes leads, by an advisory lock; the others wait for it to go. A relay that led without knowing
/// that it was replaced does no harm: what it writes again is refused by Redis. When Redis was emptied the stream is
/// filled again from PostgreSQL, from the oldest place that a bridge still needs.
package final class EventRelay: Service {
    package let name = "relay"

    /// Events a round; one query and one write to Redis.
    private static let batch = 1000
    /// An emptied stream is refilled at least so far back.
    private static let refill = 10_000
    /// The poll behind the wake-ups: finds events of a node that died between commit and wake-up.
    private static let pollInterval = Duration.milliseconds(250)

    private let store: ChatStore
    private let redis: RedisClient
    private let configuration: PostgresConfiguration
    private let loop: EventLoop
    private let logger: Logger
    private let trimmer: StreamTrimmer
    private let wake = WakeSignal()
    private let isStopping = Atomic<Bool>(false)
    private let published: Counter
    private let repeated: Counter
    private let leading: Gauge

    package init(
        store: ChatStore, redis: RedisClient, configuration: PostgresConfiguration, loop: EventLoop, logger: Logger,
        metrics: Metrics
    ) {
        self.store = store
        self.redis = redis
        self.configuration = configuration
        self.loop = loop
        self.logger = logger.named("relay")
        self.trimmer = StreamTrimmer(redis: redis, logger: logger)
        published = metrics.counter("martlet_relay_events_total", "Events written to the stream.")
        repeated = metrics.counter("martlet_relay_repeats_total", "Events that the stream already held.")
        leading = metrics.gauge("martlet_relay_leader", "1 while this node's relay leads.")
    }

    /// Says that events were committed.
    package func committed() { wake.signal() }

    package func shutdown() {
        isStopping.store(true, ordering: .relaxed)
        wake.signal()
    }

    package func run() async throws {
        let timer = loop.schedule(every: Self.pollInterval) { [wake] in wake.signal() }
        defer { timer.cancel() }
        var backoff = Backoff(first: .milliseconds(50), max: .seconds(2))
        while !isStopping.load(ordering: .relaxed) {
            do {
                try await lead { backoff.reset() }
            } catch {
                logger.warn("relay.interrupted", ["error": .error(error)])
                try await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Waits for the leadership, then relays until the end or an error; the lock goes with the connection.
    private func lead(_ onProgress: () -> Void) async throws {
        let connection = try await PostgresConnection.connect(configuration, loop: loop, logger: logger)
        defer { leading.set(0) }
        do {
            try await relay(on: connection, onProgress)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    private func relay(on connection: PostgresConnection, _ onProgress: () -> Void) async throws {
        while !isStopping.load(ordering: .relaxed) {
            let rows = try await connection.query(
                "SELECT pg_try_advisory_lock($1)", ChatStore.LockKey.relay)
            if try rows.first?.decode(0, as: Bool.self) == true { break }
            await wake.wait()
        }
        guard !isStopping.load(ordering: .relaxed) else { return }
        leading.set(1)
        var cursor = try await start()
        logger.info("relay.leading", ["cursor": .string(cursor.description)])
        while !isStopping.load(ordering: .relaxed) {
            let events = try await store.settledEvents(after: cursor, limit: Self.batch, on: connection)
            guard let last = events.last else {
                try await trimmer.trimIfDue()
                await wake.wait()
                continue
            }
            try await publish(events)
            cursor = last.cursor
            onProgress()
        }
    }

    /// Where the stream ends; where to begin to refill it when it is not there.
    private func start() async throws -> Cursor {
        if let top = try await redis.streamTop(EventStream.key) { return top }
        var oldest = try await store.cursor(eventsBack: Self.refill)
        for (_, cursor) in try await store.bridgeCursors() { oldest = min(oldest, cursor) }
        return oldest
    }

    private func publish(_ events: [EventRecord]) async throws {
        let answers = try await redis.pipeline(events.map(EventStream.append))
        var written = 0
        for answer in answers {
            guard case .error(let message) = answer else {
                written += 1
                continue
            }
            // The one error that is expected: the stream's top is not below this id, so it holds the event already.
            guard message.contains("equal or smaller") else { throw RelayError(message: message) }
        }
        published.add(written)
        repeated.add(answers.count - written)
    }
}

/// Redis would not take an event.
struct RelayError: Error, CustomStringConvertible {
    let message: String
    var description: String { "Redis refused an event: \(message)" }
}

extension RedisClient {
    /// The id of the last entry that a stream ever had; nil when the stream does not exist.
    func streamTop(_ key: String) async throws -> Cursor? {
        let answers = try await pipeline([RedisCommand(["XINFO", "STREAM", key])])
        guard case .array(let fields)? = answers.first else { return nil }
        for index in stride(from: 0, to: fields.count - 1, by: 2) where fields[index].string == "last-generated-id" {
            return fields[index + 1].string.flatMap { Cursor($0) }
        }
        return nil
    }
}
