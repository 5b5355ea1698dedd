import BridgeKit
import ChatModel
import ChatStore

/// An event on its way through a bridge.
struct QueuedEvent: Sendable {
    var record: EventRecord
    var event: BridgeEvent
    /// Whether Redis waits for its acknowledgement; events that were read from PostgreSQL have none.
    let isFromStream: Bool
    /// Whether the bridge has put it off and its time has come; its channel does not wait for it.
    var isDeferred = false
    /// Whether the bridge may have put it off before this process read it.
    var mayBeDeferred = false
    /// The replay that it belongs to; nil for what is new.
    var replay: Int64?
    var attempts = 0

    var cursor: Cursor { record.cursor }
}

/// The events of one bridge that were read and are not done: in order within a lane, lanes side by side.
///
/// A lane that does not get on keeps a few events in memory and of the others only where they are, so that it leaves
/// room for the other lanes.
///
/// A state machine without time and without I/O.
struct LaneQueue {
    enum Key: Hashable {
        case channel(ChannelID)
        case app(AppID)
        /// A lane of its own, when order does not matter.
        case event(Cursor)
    }

    /// An event that has to be read again when its lane gets on.
    struct Parked: Hashable {
        let cursor: Cursor
        let isFromStream: Bool
    }

    private struct Lane {
        var waiting: [QueuedEvent] = []
        /// What comes behind those that wait.
        var parked: [Parked] = []
        var handled = 0
        var notBefore: ContinuousClock.Instant?
        /// Its last try failed: what comes behind may have to wait for long.
        var isStuck = false
    }

    /// So many events of a lane that is stuck are in memory.
    private static let laneLength = 32

    private let isOrdered: Bool
    private(set) var parkedCount = 0
    private var lanes: [Key: Lane] = [:]
    /// Lanes in the order in which they get their turn; one that is busy or waits is passed over.
    private var turn: [Key] = []
    private var cursors: Set<Cursor> = []
    /// Those of them that were put off: where the bridge is does not depend on them.
    private var deferred: Set<Cursor> = []

    init(isOrdered: Bool) { self.isOrdered = isOrdered }

    /// All that is not done.
    var count: Int { cursors.count }
    /// Those in memory.
    var loadedCount: Int { cursors.count - parkedCount }
    var isEmpty: Bool { cursors.isEmpty }
    var deferredCount: Int { deferred.count }
    /// Whether nothing is left beside what was put off.
    var isCaughtUp: Bool { cursors.count == deferred.count }
    /// How many channels have something that can be handed over.
    var laneCount: Int { lanes.values.count { !$0.waiting.isEmpty } }
    /// The first event that is not done; everything before it is, or was put off.
    var lowest: Cursor? { deferred.isEmpty ? cursors.min() : cursors.subtracting(deferred).min() }
    var isAnyWaiting: Bool { lanes.values.contains { $0.notBefore != nil } }

    /// When the first waiting lane may go on.
    var nextTime: ContinuousClock.Instant? { lanes.values.compactMap { $0.handled == 0 ? $0.notBefore : nil }.min() }

    func contains(_ cursor: Cursor) -> Bool { cursors.contains(cursor) }

    mutating func append(_ event: QueuedEvent) {
        guard cursors.insert(event.cursor).inserted else { return }
        if event.isDeferred { deferred.insert(event.cursor) }
        let key = key(of: event)
        if lanes[key] == nil { turn.append(key) }
        if let lane = lanes[key], !lane.parked.isEmpty || (lane.isStuck && lane.waiting.count >= Self.laneLength) {
            lanes[key]?.parked.append(Parked(cursor: event.cursor, isFromStream: event.isFromStream))
            parkedCount += 1
        } else {
            lanes[key, default: Lane()].waiting.append(event)
        }
    }

    /// What should be read again now, because its lane has got on.
    func wanted() -> [Parked] {
        guard parkedCount > 0 else { return [] }
        return lanes.values.filter { $0.waiting.count < Self.laneLength / 2 }
            .flatMap { $0.parked.prefix(Self.laneLength / 2) }
    }

    /// Puts an event back that was parked and has been read again.
    mutating func unpark(_ event: QueuedEvent) {
        let key = key(of: event)
        guard lanes[key]?.parked.first?.cursor == event.cursor else { return }
        lanes[key]?.parked.removeFirst()
        parkedCount -= 1
        lanes[key]?.waiting.append(event)
    }

    /// A parked event is not to be found any more.
    mutating func drop(_ parked: Parked) {
        guard cursors.remove(parked.cursor) != nil else { return }
        for key in lanes.keys {
            guard let index = lanes[key]?.parked.firstIndex(of: parked) else { continue }
            lanes[key]?.parked.remove(at: index)
            parkedCount -= 1
            clear(key)
            return
        }
    }

    /// Takes up to `limit` events of lanes whose turn it is: the heads, or more of each lane when they go together.
    mutating func take(limit: Int, perLane: Int, now: ContinuousClock.Instant) -> [QueuedEvent] {
        var taken: [QueuedEvent] = []
        var passed: [Key] = []
        for key in turn {
            guard taken.count < limit else { break }
            guard var lane = lanes[key], lane.handled == 0, lane.notBefore.map({ $0 <= now }) ?? true,
                !lane.waiting.isEmpty
            else { continue }
            let count = min(perLane, lane.waiting.count, limit - taken.count)
            taken += lane.waiting[..<count]
            lane.waiting.removeFirst(count)
            lane.handled = count
            lane.notBefore = nil
            lanes[key] = lane
            passed.append(key)
        }
        // Those that had their turn go behind the others.
        if !passed.isEmpty {
            let served = Set(passed)
            turn = turn.filter { !served.contains($0) } + passed
        }
        return taken
    }

    /// Takes the head of a lane that is not busy, whether it waits or not: the oldest behind `cursor`, or the oldest.
    ///
    /// So one event after another is taken in turn, and none that cannot succeed stands for all of them.
    mutating func takeOldest(after cursor: Cursor?) -> QueuedEvent? {
        let free = lanes.filter { $0.value.handled == 0 && !$0.value.waiting.isEmpty }
        let heads = free.map { (key: $0.key, cursor: $0.value.waiting[0].cursor) }.sorted { $0.cursor < $1.cursor }
        guard let key = (heads.first { head in cursor.map { head.cursor > $0 } ?? true } ?? heads.first)?.key else {
            return nil
        }
        lanes[key]?.notBefore = nil
        lanes[key]?.handled = 1
        return lanes[key]?.waiting.removeFirst()
    }

    /// The event is done with.
    mutating func finish(_ event: QueuedEvent) {
        cursors.remove(event.cursor)
        deferred.remove(event.cursor)
        settle(event, putBack: nil, notBefore: nil)
    }

    /// The event goes back to the head of its lane, which waits until `time`.
    mutating func putBack(_ event: QueuedEvent, notBefore time: ContinuousClock.Instant?) {
        settle(event, putBack: event, notBefore: time)
    }

    private mutating func settle(
        _ event: QueuedEvent, putBack: QueuedEvent?, notBefore: ContinuousClock.Instant?
    ) {
        let key = key(of: event)
        guard var lane = lanes[key] else { return }
        lane.handled = max(0, lane.handled - 1)
        lane.isStuck = putBack != nil
        if let putBack {
            // Several of a batch may come back, in any order.
            let index = lane.waiting.firstIndex { $0.cursor > putBack.cursor } ?? lane.waiting.count
            lane.waiting.insert(putBack, at: index)
            if let notBefore { lane.notBefore = max(lane.notBefore ?? notBefore, notBefore) }
            let excess = lane.waiting.dropFirst(Self.laneLength)
            lane.parked.insert(
                contentsOf: excess.map { Parked(cursor: $0.cursor, isFromStream: $0.isFromStream) }, at: 0)
            parkedCount += excess.count
            lane.waiting.removeLast(excess.count)
        }
        lanes[key] = lane
        clear(key)
    }

    /// Forgets a lane in which nothing is left.
    private mutating func clear(_ key: Key) {
        guard let lane = lanes[key], lane.waiting.isEmpty, lane.parked.isEmpty, lane.handled == 0 else { return }
        lanes[key] = nil
        turn.removeAll { $0 == key }
    }

    private func key(of event: QueuedEvent) -> Key {
        guard isOrdered, !event.isDeferred else { return .event(event.cursor) }
        return event.record.channelID.map { .channel($0) } ?? .app(event.record.appID)
    }
}
