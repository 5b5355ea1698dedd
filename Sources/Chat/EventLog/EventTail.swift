import ChatModel
package import ChatStore
import EventLoop
import Lifecycle
package import Redis
import Synchronization
package import Telemetry

/// Follows the stream for this node's ``EventHub``, and rests while the relay of this process feeds it.
///
/// While Redis does not answer, or nothing comes by it, it reads PostgreSQL.
package final class EventTail: Service {
    package let name = "tail"

    /// How long one read waits in Redis; a stop takes at most so long unless the client is closed.
    private static let block = 2000
    /// How often it is looked whether the database is still the one that was read.
    private static let checkInterval = Duration.seconds(2)
    /// How often PostgreSQL is asked while Redis is away and nobody tells of a commit.
    private static let poll = Duration.milliseconds(250)

    private let store: ChatStore
    private let redis: RedisClient
    private let hub: EventHub
    private let logger: Logger
    private let outage: OutageLog
    private let started = Latch()
    private let isStopping = Atomic<Bool>(false)
    private let batch = Mutex(BatchSize())

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
        try await store.loadEpoch()
        var history = History(epoch: store.epoch, next: .now + Self.checkInterval)
        hub.begin(at: try await store.head())
        started.open()
        // While the tail rests, it looks after the log as often as it would read.
        let timer = redis.loop.schedule(every: .milliseconds(Int64(Self.block))) { [hub] in hub.feedEnded.signal() }
        defer { timer.cancel() }
        var backoff = Backoff(first: .milliseconds(20), max: .seconds(2))
        while !isStopping.load(ordering: .relaxed) {
            do {
                try await check(&history)
                let cursor = hub.position
                if hub.isFed {
                    await hub.feedEnded.wait()
                } else if try await isStreamKnown(&history) {
                    hub.dispatch(try await read(after: cursor))
                } else {
                    try await Task.sleep(for: Self.poll)
                }
                // Nothing came for as long as a read waits: whoever fills the stream may be held up, the log is not.
                if hub.position == cursor, !isStopping.load(ordering: .relaxed) { try await readDatabase() }
                backoff.reset()
                outage.worked()
            } catch let error as LogSetBack {
                // What this node remembers belongs to a history that is no more; only a new start forgets all of it.
                throw error
            } catch {
                guard !isStopping.load(ordering: .relaxed) else { return }
                outage.failed(error)
                if error is RedisError { try await withoutRedis(&history) }
                try await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Follows the log in PostgreSQL until Redis answers again: who is connected goes on hearing.
    private func withoutRedis(_ history: inout History) async throws {
        let isBack = Atomic<Bool>.Box(false)
        hub.beginReadingDatabase()
        let timer = redis.loop.schedule(every: Self.poll) { [hub] in hub.feedEnded.signal() }
        let probe = Task(executorPreference: redis.loop) { [redis, hub] in
            var backoff = Backoff(first: .milliseconds(100), max: .seconds(1))
            while !Task.isCancelled {
                if (try? await redis.pipeline([RedisCommand("PING")], timeout: .seconds(1))) != nil { break }
                try? await Task.sleep(for: backoff.next())
            }
            isBack.value.store(true, ordering: .releasing)
            hub.feedEnded.signal()
        }
        defer {
            probe.cancel()
            timer.cancel()
            hub.endReadingDatabase()
        }
        var backoff = Backoff(first: .milliseconds(50), max: .seconds(2))
        while !isBack.value.load(ordering: .acquiring), !isStopping.load(ordering: .relaxed) {
            do {
                try await check(&history)
                try await readDatabase()
                backoff.reset()
            } catch let error as LogSetBack {
                throw error
            } catch {
                outage.failed(error)
                try await Task.sleep(for: backoff.next())
            }
            await hub.feedEnded.wait()
        }
    }

    /// Hands on what lies in PostgreSQL behind what this node has.
    private func readDatabase() async throws {
        // Nobody else may have looked lately up to where the log is complete.
        try await store.findHorizon()
        while !isStopping.load(ordering: .relaxed) {
            let size = batch.withLock { $0.count }
            let records = try await store.settledEvents(after: hub.position, limit: size)
            weigh(records)
            hub.take(records)
            if records.count < size { return }
        }
    }

    /// Which log this node has read, and when to look whether it is still the same.
    private struct History {
        var epoch: String
        var next: ContinuousClock.Instant
        /// Whether a relay has seen to it that the stream is of this log.
        var isStreamKnown = false
    }

    /// Whether the stream is of the log that this node reads.
    ///
    /// After a backup was put back Redis may hold what came later, until a relay finds it out.
    private func isStreamKnown(_ history: inout History) async throws -> Bool {
        if !history.isStreamKnown {
            history.isStreamKnown = try await EventStream.belongs(to: history.epoch, redis)
        }
        return history.isStreamKnown
    }

    private func check(_ history: inout History) async throws {
        guard ContinuousClock.now >= history.next else { return }
        history.next = .now + Self.checkInterval
        let cursor = hub.position
        try await store.loadEpoch()
        let epoch = store.epoch
        if epoch != history.epoch {
            // The database was started anew; what this node has read must lie in it as it did.
            guard try await store.holds(cursor, readUnder: history.epoch) else { throw LogSetBack(cursor: cursor) }
            history.epoch = epoch
            history.isStreamKnown = false
        } else if try await !store.isPast(cursor) {
            throw LogSetBack(cursor: cursor)
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
        let most = batch.withLock { $0.count }
        let answer = try await redis.blocking(
            RedisCommand([
                "XREAD", "COUNT", String(most), "BLOCK", String(Self.block), "STREAMS", EventStream.key,
                cursor.description,
            ]), timeout: .milliseconds(Int64(Self.block) + 2000))
        var records: [EventRecord] = []
        defer { weigh(records) }
        var end = cursor
        for entry in try RedisStreamEntry.byStream(answer).first?.entries ?? [] {
            if let previous = EventStream.previous(of: entry), previous > end {
                store.noteSettled(through: previous)
                // The stream was trimmed or emptied before this node had read it all.
                logger.warn(
                    "tail.hole", ["from": .string(end.description), "to": .string(previous.description)])
                records += try await stored(after: end, upTo: previous)
            }
            guard let record = EventStream.event(entry) else { continue }
            records.append(record)
            end = record.cursor
        }
        // Before the hub has them: who reads up to where that is has to get them from PostgreSQL, too.
        store.noteSettled(through: end)
        // Who lags so far reads what may be deleted by now, and the deletion much later.
        return records.count < most ? records : try await store.current(records)
    }

    private func weigh(_ records: [EventRecord]) {
        batch.withLock { $0.record(count: records.count, bytes: records.reduce(0) { $0 + $1.data.utf8.count }) }
    }

    /// Events that the stream does not hold any more.
    private func stored(after cursor: Cursor, upTo end: Cursor) async throws -> [EventRecord] {
        var found: [EventRecord] = []
        var cursor = cursor
        while true {
            let page = try await store.settledEvents(after: cursor, limit: batch.withLock { $0.count })
            weigh(page)
            found += page.prefix { $0.cursor <= end }
            guard let last = page.last, last.cursor < end else { return found }
            cursor = last.cursor
        }
    }
}

extension Atomic where Value == Bool {
    /// An atomic with a place of its own, so that closures can share it.
    fileprivate final class Box: Sendable {
        let value: Atomic<Bool>
        init(_ value: Bool) { self.value = Atomic<Bool>(value) }
    }
}

/// The database was set back to an older state while this node was running.
struct LogSetBack: Error, CustomStringConvertible {
    let cursor: Cursor
    var description: String {
        "the database does not hold \(cursor), which this node has read: it was set back; start the node again"
    }
}
