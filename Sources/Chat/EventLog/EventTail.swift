import ChatModel
package import ChatStore
import Lifecycle
package import Redis
import Synchronization
package import Telemetry

/// Follows the stream and feeds this node's ``EventHub``.
package final class EventTail: Service {
    package let name = "tail"

    private static let batch = 512
    /// How long one read waits in Redis; a stop takes at most so long unless the client is closed.
    private static let block = 2000

    private let store: ChatStore
    private let redis: RedisClient
    private let hub: EventHub
    private let logger: Logger
    private let outage: OutageLog
    private let started = Latch()
    private let isStopping = Atomic<Bool>(false)
    private let delivered: Counter
    private let lag: Histogram

    /// - Parameter redis: A client of its own: a read that waits blocks its connection.
    package init(store: ChatStore, redis: RedisClient, hub: EventHub, logger: Logger, metrics: Metrics) {
        self.store = store
        self.redis = redis
        self.hub = hub
        self.logger = logger.named("tail")
        outage = OutageLog(logger.named("tail"), failed: "tail.interrupted", restored: "tail.resumed")
        delivered = metrics.counter("martlet_tail_events_total", "Events that this node has read from the stream.")
        lag = metrics.histogram(
            "martlet_event_delivery_seconds", "From the event's transaction to this node's receivers.")
    }

    /// Waits until the place from which the node follows is fixed.
    package func waitUntilStarted() async { await started.wait() }

    package func run() async throws {
        // Beside its connection: a read costs no change of threads.
        try await withTaskExecutorPreference(redis.loop) { try await follow() }
    }

    private func follow() async throws {
        var cursor = try await store.head()
        hub.begin(at: cursor)
        started.open()
        var backoff = Backoff(first: .milliseconds(20), max: .seconds(2))
        while !isStopping.load(ordering: .relaxed) {
            do {
                let records = try await read(after: cursor)
                backoff.reset()
                outage.worked()
                guard let last = records.last else {
                    if try await !store.isPast(cursor) { throw LogSetBack(cursor: cursor) }
                    continue
                }
                cursor = last.cursor
                let now = Timestamp.nowMilliseconds()
                for record in records { lag.record(seconds: Double(max(0, now - record.at)) / 1000) }
                delivered.add(records.count)
                hub.dispatch(records)
            } catch let error as LogSetBack {
                // What this node remembers belongs to a history that is no more; only a new start forgets all of it.
                throw error
            } catch {
                guard !isStopping.load(ordering: .relaxed) else { return }
                outage.failed(error)
                try await Task.sleep(for: backoff.next())
            }
        }
    }

    package func shutdown() {
        isStopping.store(true, ordering: .relaxed)
        let redis = redis
        // Ends with the client; the read that waits fails at once.
        Task { await redis.close() }
    }

    private func read(after cursor: Cursor) async throws -> [EventRecord] {
        let answer = try await redis.blocking(
            RedisCommand([
                "XREAD", "COUNT", String(Self.batch), "BLOCK", String(Self.block), "STREAMS", EventStream.key,
                cursor.description,
            ]), timeout: .seconds(10))
        var records: [EventRecord] = []
        var end = cursor
        for entry in try RedisStreamEntry.byStream(answer).first?.entries ?? [] {
            if let previous = EventStream.previous(of: entry), previous > end {
                // The stream was trimmed or emptied before this node had read it all.
                logger.warn(
                    "tail.hole", ["from": .string(end.description), "to": .string(previous.description)])
                records += try await stored(after: end, upTo: previous)
            }
            guard let record = EventStream.event(entry) else { continue }
            records.append(record)
            end = record.cursor
        }
        return records
    }

    /// Events that the stream does not hold any more.
    private func stored(after cursor: Cursor, upTo end: Cursor) async throws -> [EventRecord] {
        var found: [EventRecord] = []
        var cursor = cursor
        while true {
            let page = try await store.settledEvents(after: cursor, limit: Self.batch)
            found += page.prefix { $0.cursor <= end }
            guard let last = page.last, last.cursor < end else { return found }
            cursor = last.cursor
        }
    }
}

/// The database was set back to an older state while this node was running.
struct LogSetBack: Error, CustomStringConvertible {
    let cursor: Cursor
    var description: String {
        "the database has not reached \(cursor), which this node has read: it was set back; start the node again"
    }
}
