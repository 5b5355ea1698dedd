import ChatModel
package import ChatStore
package import EventLoop
import Lifecycle
package import Postgres
package import Redis
import Synchronization
package import Telemetry

/// Carries committed events from PostgreSQL to the Redis stream, in their order, and to this process's hub on the way.
///
/// One relay of all nodes leads, by an advisory lock; the others wait for it to go, and end the session of one that
/// falls silent: a process that is stopped keeps its lock. A relay that led without knowing that it was replaced does no
/// harm: Redis refuses what it writes, because the stream does not end where it left it. So it is found out too that
/// Redis was emptied or has lost its newest part; the stream is then filled again from PostgreSQL, from the oldest place
/// that a bridge still needs.
package final class EventRelay: Service {
    package let name = "relay"

    /// Events a round; one query and one write to Redis.
    private static let batch = 1000
    /// The poll behind the wake-ups: finds events of a node that died between commit and wake-up.
    private static let pollInterval = Duration.milliseconds(250)

    /// How long the relay waits before it tries again to write to a Redis that has no room.
    private static let pauseWhenFull = Duration.milliseconds(500)

    package static let defaultStreamMaximum = 200_000

    let store: ChatStore
    let redis: RedisClient
    private let hub: EventHub?
    let streamMaximum: Int
    private let configuration: PostgresConfiguration
    private let loop: EventLoop
    private let patience: Duration
    let logger: Logger
    private let outage: OutageLog
    private let full: OutageLog
    private let isFull: Gauge
    private let trimmer: StreamTrimmer
    private let wake = WakeSignal()
    private let isStopping = Atomic<Bool>(false)
    private let leads = Atomic<Bool>(false)
    private let placed = Latch()
    private let lastFailure = Mutex<String?>(nil)
    private let published: Counter
    private let moved: Counter
    private let leading: Gauge
    let stalled: Gauge
    let passing: Gauge
    private let transactionLimit: Duration
    private let reads: Histogram
    private let writes: Histogram

    /// - Parameters:
    ///   - hub: Gets the events at once, while this relay leads; it would have them from the stream a little later.
    ///   - streamMaximum: Entries of the stream; beyond, the bridge that is furthest behind has to read PostgreSQL.
    ///   - patience: How long the leading relay may ask PostgreSQL for nothing; more than an answer of
    ///     Redis takes at most.
    ///   - transactionLimit: How long a transaction of Martlet's own that writes events may last; its session is ended
    ///     then, because it holds up all deliveries.
    package init(
        store: ChatStore, redis: RedisClient, configuration: PostgresConfiguration, hub: EventHub? = nil,
        loop: EventLoop, logger: Logger, metrics: Metrics, streamMaximum: Int = EventRelay.defaultStreamMaximum,
        patience: Duration = RedisClient.defaultTimeout + .seconds(1), transactionLimit: Duration = .seconds(60)
    ) {
        self.transactionLimit = transactionLimit
        self.streamMaximum = streamMaximum
        self.store = store
        self.patience = patience
        self.redis = redis
        self.hub = hub
        self.configuration = configuration
        self.loop = loop
        self.logger = logger.named("relay")
        outage = OutageLog(logger.named("relay"), failed: "relay.interrupted", restored: "relay.resumed")
        full = OutageLog(logger.named("relay"), failed: "relay.redis_full", restored: "relay.redis_has_room")
        self.trimmer = StreamTrimmer(
            redis: redis, store: store, maximum: streamMaximum, logger: logger, metrics: metrics)
        isFull = metrics.gauge("martlet_stream_full", "1 while Redis has no room for further events.")
        published = metrics.counter("martlet_relay_events_total", "Events written to the stream.")
        moved = metrics.counter(
            "martlet_relay_moves_total", "Times that the stream did not end where the relay left it.")
        leading = metrics.gauge("martlet_relay_leader", "1 while this node's relay leads.")
        stalled = metrics.gauge(
            "martlet_relay_stalled_seconds",
            "How long one open transaction that may write events has held up deliveries; 0 below a second.")
        passing = metrics.gauge(
            "martlet_relay_passed_transactions", "Open transactions that write no events; deliveries go on beside them."
        )
        reads = metrics.histogram("martlet_relay_read_seconds", "Duration of one look into PostgreSQL for events.")
        writes = metrics.histogram("martlet_relay_write_seconds", "Duration of one write of events to the stream.")
    }

    /// Says that events were committed.
    package func committed() { wake.signal() }

    /// Whether this relay is the one that writes.
    var isLeading: Bool { leads.load(ordering: .relaxed) }

    package var obstacle: String? {
        placed.isOpen ? nil : lastFailure.withLock { $0 } ?? "it waits for PostgreSQL and Redis"
    }

    /// Waits until it leads, or has seen that another relay does.
    package func waitUntilReady() async throws { await placed.wait() }

    package func shutdown() {
        isStopping.store(true, ordering: .relaxed)
        wake.signal()
    }

    package func run() async throws {
        // Beside its connections: a round costs no change of threads.
        try await withTaskExecutorPreference(loop) { try await takeTurns() }
    }

    private func takeTurns() async throws {
        let timer = loop.schedule(every: Self.pollInterval) { [wake] in wake.signal() }
        defer { timer.cancel() }
        var backoff = Backoff(first: .milliseconds(50), max: .seconds(2))
        while !isStopping.load(ordering: .relaxed) {
            do {
                try await lead {
                    backoff.reset()
                    outage.worked()
                }
            } catch {
                outage.failed(error)
                lastFailure.withLock { $0 = ErrorText.of(error) }
                if let error = error as? RedisError, Self.isFull(error) { try? await makeRoom(after: error) }
                try await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Its memory is used up, or the disk of its file is full.
    private static func isFull(_ error: RedisError) -> Bool {
        error.message.contains("OOM command") || isUnableToSave(error)
    }

    private static func isUnableToSave(_ error: RedisError) -> Bool { error.message.contains("MISCONF") }

    /// Redis takes nothing more: the events lie safe in PostgreSQL, and are late until there is room.
    private func makeRoom(after error: RedisError) async throws {
        isFull.set(1)
        full.failed(error)
        // A Redis that cannot save its file takes no commands that change anything; it tries by itself each second.
        if !Self.isUnableToSave(error) { try await trimmer.relieve() }
    }

    /// Waits for the leadership, then relays until the end or an error; the lock goes with the connection.
    private func lead(_ onProgress: () -> Void) async throws {
        let connection = try await PostgresConnection.connect(configuration, loop: loop, logger: logger)
        defer {
            leads.store(false, ordering: .relaxed)
            leading.set(0)
            stalled.set(0)
            passing.set(0)
            hub?.endFeed()
        }
        do {
            try await relay(on: connection, onProgress)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    private func relay(on connection: PostgresConnection, _ onProgress: () -> Void) async throws {
        var checked = ContinuousClock.now
        while !isStopping.load(ordering: .relaxed), try await !store.tryToLead(on: connection) {
            placed.open()
            if ContinuousClock.now - checked >= patience / 4 {
                if try await store.endSilentLeader(patience, on: connection) { logger.warn("relay.leader_silent") }
                checked = .now
            }
            await wake.wait()
        }
        guard !isStopping.load(ordering: .relaxed) else { return }
        leads.store(true, ordering: .relaxed)
        leading.set(1)
        var position = try await findPosition()
        var nextCheck = ContinuousClock.now + Self.pollInterval
        var nextLook = Backoff(first: .milliseconds(1), max: Self.pollInterval)
        placed.open()
        // Until a look finds less than it asked for, what is read may have been written long ago.
        var isBehind = true
        var watch = HorizonWatch(limit: transactionLimit)
        var age = LogAge(oldest: try await store.oldestTransaction(on: connection), at: .now)
        logger.info("relay.leading", ["cursor": .string(position.cursor.description)])
        while !isStopping.load(ordering: .relaxed) {
            let begun = ContinuousClock.now
            let found = try await store.newEvents(
                after: position.cursor, writtenSince: age.floor, passing: watch.passed, limit: Self.batch,
                on: connection)
            let hider = found.hiddenBy
            reads.record(.now - begun)
            age.looked(
                at: .now, time: found.time,
                isComplete: found.events.count < Self.batch && watch.stalled(at: .now) == .zero)
            if found.events.isEmpty {
                try await trimmer.trimIfDue()
                if ContinuousClock.now >= nextCheck {
                    // A stream that was lost while nothing happens is filled again for those who read it.
                    if try await !isStreamKept(position) {
                        position = try await findPosition()
                        isBehind = true
                    }
                    nextCheck = .now + Self.pollInterval
                    onProgress()
                }
            } else {
                nextLook.reset()
                // What was written long ago may be deleted by now: a stream that is filled again must not tell it.
                let isFull = found.events.count == Self.batch
                let events = isBehind || isFull ? try await store.current(found.events) : found.events
                hub?.feed(events, after: position.cursor)
                let isWritten = try await write(events, &position)
                isBehind = isFull || !isWritten
                onProgress()
                if !isWritten || events.count == Self.batch { continue }
            }
            if try await look(at: hider, &watch, on: connection) { continue }
            // What a transaction hides comes to light when it ends, of which nobody need tell.
            let timer = hider != nil ? loop.schedule(after: nextLook.next()) { [wake] in wake.signal() } : nil
            await wake.wait()
            timer?.cancel()
        }
    }

    /// Writes events to the stream and moves on behind them, or to where the stream ends in truth.
    ///
    /// - Returns: False when they are to be read again.
    private func write(_ events: [EventRecord], _ position: inout Position) async throws -> Bool {
        let begun = ContinuousClock.now
        do {
            let isWritten = try await publish(events, at: position)
            if isWritten, let last = events.last {
                writes.record(.now - begun)
                position = Position(cursor: last.cursor, top: last.cursor)
                published.add(events.count)
                hub?.streamed(events)
            } else {
                moved.add()
                logger.warn("relay.stream_moved", ["expected": .string(position.top.description)])
                position = try await findPosition()
            }
            full.worked()
            isFull.set(0)
            try await trimmer.trimIfDue(published: events.count)
            return isWritten
        } catch let error as RedisError where Self.isFull(error) {
            try await makeRoom(after: error)
            try await Task.sleep(for: Self.pauseWhenFull)
            return false
        }
    }
}
