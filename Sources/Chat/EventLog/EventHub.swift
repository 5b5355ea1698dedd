package import ChatModel
package import ChatStore
package import EventLoop
import Synchronization
package import Telemetry

/// An event that the stream has delivered to this node, with the frame that its receivers share.
package final class PublishedEvent: Sendable {
    package let record: EventRecord
    private let encode: @Sendable ([UInt8]) -> SharedBytes
    private let encoded = Mutex<SharedBytes?>(nil)

    init(_ record: EventRecord, encode: @escaping @Sendable ([UInt8]) -> SharedBytes) {
        self.record = record
        self.encode = encode
    }

    /// The event as a WebSocket frame, encoded when it is first asked for.
    package var frame: SharedBytes {
        encoded.withLock { encoded in
            if let encoded { return encoded }
            let frame = encode(record.json(op: true))
            encoded = frame
            return frame
        }
    }
}

/// Spreads what happens to the receivers of this node, and remembers the newest part of it.
///
/// The ``EventTail`` hands it what it reads from the stream. While the relay that leads is in the same process, the hub
/// gets the events from it at once, and the tail rests.
package final class EventHub: Sendable {
    /// The newest events are kept in memory, bounded by number and by size.
    private static let recentCount = 4096
    private static let recentBytes = 16 << 20

    private struct Waiter {
        let continuation: CheckedContinuation<Cursor, Never>
        let interest: ReaderInterest
    }

    private struct State {
        var hasBegun = false
        /// Everything up to here was dispatched.
        var position = Cursor.beginning
        /// All events behind this cursor and up to `position` are in `recent`.
        var floor = Cursor.beginning
        var recent: [PublishedEvent] = []
        var recentSize = 0
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())
    /// Held while a batch is handed on: batches reach every loop in one order.
    private let dispatching = Mutex(())
    private let fed = Atomic<Bool>(false)
    private let readsDatabase = Atomic<Bool>(false)
    /// Wakes the tail when the relay feeds no more, or when something was committed while it reads PostgreSQL.
    let feedEnded = WakeSignal()
    private let dispatched: Counter
    private let wakeUps: Counter
    private let lag: Histogram
    let encode: @Sendable ([UInt8]) -> SharedBytes
    private let indices: [EventReceiverIndex]
    private let receivers = Atomic<Int>(0)
    private let taps = Mutex<[@Sendable ([EventRecord]) -> Void]>([])
    private let streamTaps = Mutex<[@Sendable ([EventRecord]) -> Void]>([])

    /// - Parameter encode: Makes a frame of an event's JSON.
    package init(
        group: EventLoopGroup, metrics: Metrics, encode: @escaping @Sendable ([UInt8]) -> SharedBytes
    ) {
        dispatched = metrics.counter("martlet_hub_events_total", "Events handed to this node's receivers.")
        wakeUps = metrics.counter("martlet_hub_wakeups_total", "Waiting readers (bots, polls) that an event woke.")
        lag = metrics.histogram(
            "martlet_event_delivery_seconds", "From the event's transaction to this node's receivers.")
        self.encode = encode
        self.indices = group.loops.map { EventReceiverIndex(loop: $0) }
    }

    package var position: Cursor { state.withLock { $0.position } }

    /// Calls `tap` with each batch, before anybody gets or can read it; it must not wait.
    package func addTap(_ tap: @escaping @Sendable ([EventRecord]) -> Void) { taps.withLock { $0.append(tap) } }

    /// Calls `tap` with events that can be read from the stream, maybe more than once; it must not wait.
    package func addStreamTap(_ tap: @escaping @Sendable ([EventRecord]) -> Void) {
        streamTaps.withLock { $0.append(tap) }
    }

    /// Where the hub begins; called once, before the first batch.
    func begin(at cursor: Cursor) {
        state.withLock {
            $0.hasBegun = true
            $0.position = cursor
            $0.floor = cursor
        }
    }

    /// Whether the relay of this process hands its events over.
    var isFed: Bool { fed.load(ordering: .acquiring) }

    /// Takes events from the relay, which follow `previous` in the log without a gap.
    ///
    /// What lies before ``position`` is passed over. When `previous` lies behind it, nothing is taken, and the tail has
    /// to catch up.
    func feed(_ records: [EventRecord], after previous: Cursor) {
        let isNext = dispatching.withLock { _ in
            let (hasBegun, position) = state.withLock { ($0.hasBegun, $0.position) }
            guard hasBegun, previous <= position else { return false }
            spread(records, after: position)
            return true
        }
        if isNext { fed.store(true, ordering: .releasing) } else { endFeed() }
    }

    /// Says that nothing more comes from the relay for now.
    func endFeed() {
        if fed.exchange(false, ordering: .acquiringAndReleasing) { feedEnded.signal() }
    }

    /// Has the tail told of commits, which it reads from PostgreSQL for now.
    func beginReadingDatabase() { readsDatabase.store(true, ordering: .releasing) }
    func endReadingDatabase() { readsDatabase.store(false, ordering: .releasing) }

    /// Says that a transaction with events was committed in this process.
    func committed() {
        if readsDatabase.load(ordering: .relaxed) { feedEnded.signal() }
    }

    /// Takes events from PostgreSQL, which follow on ``position`` or on something before it.
    func take(_ records: [EventRecord]) { dispatching.withLock { _ in spread(records, after: position) } }

    /// Takes events from the stream, which follow on ``position`` or on something before it.
    func dispatch(_ records: [EventRecord]) {
        take(records)
        streamed(records)
    }

    /// Says that events which the relay has handed over are in the stream now.
    func streamed(_ records: [EventRecord]) {
        guard !records.isEmpty else { return }
        for tap in streamTaps.withLock({ $0 }) { tap(records) }
    }

    private func spread(_ records: [EventRecord], after position: Cursor) {
        let records =
            records.first.map { $0.cursor > position } == true ? records : records.filter { $0.cursor > position }
        guard let last = records.last else { return }
        // Who is behind must not be told what was taken back since.
        let changes = TextChanges(records)
        let events = records.map { PublishedEvent(changes?.applied(to: $0) ?? $0, encode: encode) }
        // Before anybody can read the events: what they make wrong is forgotten by whoever remembers it.
        for tap in taps.withLock({ $0 }) { tap(records) }
        let (woken, passed) = state.withLock { state in
            let passed = state.position
            state.position = last.cursor
            if let changes { redact(&state, changes) }
            state.recent += events
            state.recentSize += records.reduce(0) { $0 + $1.data.utf8.count + 256 }
            let excess = max(0, state.recent.count - Self.recentCount)
            if excess > 0 || state.recentSize > Self.recentBytes { Self.trim(&state, excess) }
            // Whom none of it concerns waits on; with many bots that is nearly everybody.
            let concerned = state.waiters.filter { waiter in records.contains { waiter.value.interest.concerns($0) } }
            for id in concerned.keys { state.waiters.removeValue(forKey: id) }
            return (concerned.values.map(\.continuation), passed)
        }
        let now = Timestamp.nowMilliseconds()
        for record in records { lag.record(seconds: Double(max(0, now - record.at)) / 1000) }
        dispatched.add(records.count)
        if !woken.isEmpty { wakeUps.add(woken.count) }
        for waiter in woken { waiter.resume(returning: passed) }
        guard receivers.load(ordering: .relaxed) > 0 else { return }
        for index in indices { index.loop.execute { index.deliver(events) } }
    }

    private func redact(_ state: inout State, _ changes: TextChanges) {
        for index in state.recent.indices {
            guard let record = changes.applied(to: state.recent[index].record) else { continue }
            state.recentSize += record.data.utf8.count - state.recent[index].record.data.utf8.count
            state.recent[index] = PublishedEvent(record, encode: encode)
        }
    }

    /// Events that were read some time ago as they are to be told now, as far as memory reaches back to them.
    ///
    /// - Returns: The events, and the places of those that memory knows nothing of.
    func current(_ records: [EventRecord]) -> (records: [EventRecord], unknown: [Int]) {
        var records = records
        var unknown: [Int] = []
        state.withLock { state in
            for index in records.indices where records[index].tellsOfText {
                let place = Self.place(after: records[index].cursor, in: state.recent) - 1
                if place >= 0, state.recent[place].record.cursor == records[index].cursor {
                    records[index] = state.recent[place].record
                } else {
                    unknown.append(index)
                }
            }
        }
        return (records, unknown)
    }

    /// The first of `events` behind `cursor`.
    private static func place(after cursor: Cursor, in events: [PublishedEvent]) -> Int {
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle].record.cursor <= cursor { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func trim(_ state: inout State, _ excess: Int) {
        // A quarter more than needed goes at once, so that the array is not moved for each batch.
        var count = min(state.recent.count - 1, max(excess, state.recent.count / 4))
        count = max(count, 0)
        guard count > 0 else { return }
        state.floor = state.recent[count - 1].record.cursor
        state.recentSize -= state.recent[..<count].reduce(0) { $0 + $1.record.data.utf8.count + 256 }
        state.recent.removeFirst(count)
    }

    /// The dispatched events behind `cursor`; nil when memory does not reach back that far.
    package func recent(after cursor: Cursor) -> (events: ArraySlice<PublishedEvent>, position: Cursor)? {
        state.withLock { state in
            guard cursor >= state.floor else { return nil }
            return (state.recent[Self.place(after: cursor, in: state.recent)...], max(cursor, state.position))
        }
    }

    /// The event at `cursor`; nil when memory does not hold it.
    package func recent(at cursor: Cursor) -> EventRecord? {
        state.withLock { state in
            let place = Self.place(after: cursor, in: state.recent) - 1
            guard place >= 0, state.recent[place].record.cursor == cursor else { return nil }
            return state.recent[place].record
        }
    }

    /// Waits until something behind `cursor` was dispatched that concerns the reader, or the task is cancelled.
    ///
    /// - Returns: Up to where nothing concerned the reader.
    func wait(after cursor: Cursor, for interest: ReaderInterest) async -> Cursor {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.position > cursor || Task.isCancelled { return true }
                    state.waiters[id] = Waiter(continuation: continuation, interest: interest)
                    return false
                }
                if isReady { continuation.resume(returning: cursor) }
            }
        } onCancel: {
            let (waiter, passed) = state.withLock { ($0.waiters.removeValue(forKey: id), $0.position) }
            waiter?.continuation.resume(returning: passed)
        }
    }

    /// Waits like ``wait(after:for:)``, but not past `deadline`.
    func wait(
        after cursor: Cursor, for interest: ReaderInterest, until deadline: ContinuousClock.Instant
    ) async -> Cursor {
        await withTaskGroup(of: Cursor?.self) { group in
            group.addTask { await self.wait(after: cursor, for: interest) }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            // The time is over: the wait ends with how far it has come.
            if let first { return first }
            return await group.next().flatMap { $0 } ?? cursor
        }
    }

    /// Hands a frame that is not an event to a channel's members on this node.
    package func deliver(_ frame: SharedBytes, toMembersOf channel: ChannelID, except user: UserID?) {
        for index in indices { index.loop.execute { index.deliver(frame, toMembersOf: channel, except: user) } }
    }

    /// Hands a frame that is not an event to those on this node who watch a user.
    package func deliver(_ frame: SharedBytes, toWatchersOf user: UserID, in app: AppID) {
        for index in indices { index.loop.execute { index.deliver(frame, toWatchersOf: user, in: app) } }
    }

    // MARK: Receivers

    func index(of loop: EventLoop) -> EventReceiverIndex {
        guard let index = indices.first(where: { $0.loop === loop }) else {
            preconditionFailure("a receiver lives on a loop that the hub does not serve")
        }
        return index
    }

    func receiverAdded() { receivers.add(1, ordering: .relaxed) }
    func receiverRemoved() { receivers.subtract(1, ordering: .relaxed) }
}
