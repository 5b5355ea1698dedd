import ChatModel
package import ChatStore
import EventLoop
import Lifecycle
package import Redis
import Synchronization
package import Telemetry

/// Follows the stream for this node's ``EventHub``, and rests while the relay of this process feeds it.
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

    /// - Parameter redis: A client of its own: a read that waits blocks its connection.
    package init(store: ChatStore, redis: RedisClient, hub: EventHub, logger: Logger) {
        self.store = store
        self.redis = redis
        self.hub = hub
        self.logger = logger.named("tail")
        outage = OutageLog(logger.named("tail"), failed: "tail.interrupted", restored: "tail.resumed")
    }

    /// Waits until the place from which the node follows is fixed.
    package func waitUntilReady() async throws { await started.wait() }

    package func run() async throws {
        // Beside its connection: a read costs no change of threads.
        try await withTaskExecutorPreference(redis.loop) { try await follow() }
    }

    private func follow() async throws {
        hub.begin(at: try await store.head())
        started.open()
        // While the tail rests, it looks after the log as often as it would read.
        let timer = redis.loop.schedule(every: .milliseconds(Int64(Self.block))) { [hub] in hub.feedEnded.signal() }
        defer { timer.cancel() }
        var backoff = Backoff(first: .milliseconds(20), max: .seconds(2))
        while !isStopping.load(ordering: .relaxed) {
            do {
                let cursor = hub.position
                var records: [EventRecord] = []
                if hub.isFed {
                    await hub.feedEnded.wait()
                } else {
                    records = try await read(after: cursor)
                    hub.dispatch(records)
                }
                backoff.reset()
                outage.worked()
                if records.isEmpty, try await !store.isPast(cursor) { throw LogSetBack(cursor: cursor) }
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
        hub.feedEnded.signal()
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
