import BridgeKit
import ChatModel
import ChatStore

/// An event on its way through a bridge.
struct QueuedEvent: Sendable {
    let record: EventRecord
    let event: BridgeEvent
    /// Whether Redis waits for its acknowledgement; events that were read from PostgreSQL have none.
    let isFromStream: Bool
    var attempts = 0

    var cursor: Cursor { record.cursor }
}

/// The events of one bridge that were read and are not done: in order within a lane, lanes side by side.
///
/// A state machine without time and without I/O.
struct LaneQueue {
    enum Key: Hashable {
        case channel(ChannelID)
        case app(AppID)
        /// A lane of its own, when order does not matter.
        case event(Cursor)
    }

    private struct Lane {
        var waiting: [QueuedEvent] = []
        var handled = 0
        var notBefore: ContinuousClock.Instant?
    }

    private let isOrdered: Bool
    private var lanes: [Key: Lane] = [:]
    /// Lanes in the order in which they get their turn; one that is busy or waits is passed over.
    private var turn: [Key] = []
    private var cursors: Set<Cursor> = []

    init(isOrdered: Bool) { self.isOrdered = isOrdered }

    var count: Int { cursors.count }
    var isEmpty: Bool { cursors.isEmpty }
    /// The first event that is not done; everything before it is.
    var lowest: Cursor? { cursors.min() }
    var isAnyWaiting: Bool { lanes.values.contains { $0.notBefore != nil } }

    /// When the first waiting lane may go on.
    var nextTime: ContinuousClock.Instant? { lanes.values.compactMap { $0.handled == 0 ? $0.notBefore : nil }.min() }

    func contains(_ cursor: Cursor) -> Bool { cursors.contains(cursor) }

    mutating func append(_ event: QueuedEvent) {
        guard cursors.insert(event.cursor).inserted else { return }
        let key = key(of: event)
        if lanes[key] == nil { turn.append(key) }
        lanes[key, default: Lane()].waiting.append(event)
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

    /// Takes the oldest event whose lane is not busy, whether it waits or not.
    mutating func takeOldest() -> QueuedEvent? {
        let free = lanes.filter { $0.value.handled == 0 && !$0.value.waiting.isEmpty }
        guard let key = free.min(by: { $0.value.waiting[0].cursor < $1.value.waiting[0].cursor })?.key else {
            return nil
        }
        lanes[key]?.notBefore = nil
        lanes[key]?.handled = 1
        return lanes[key]?.waiting.removeFirst()
    }

    /// The event is done with.
    mutating func finish(_ event: QueuedEvent) {
        cursors.remove(event.cursor)
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
        if let putBack {
            // Several of a batch may come back, in any order.
            let index = lane.waiting.firstIndex { $0.cursor > putBack.cursor } ?? lane.waiting.count
            lane.waiting.insert(putBack, at: index)
            if let notBefore { lane.notBefore = max(lane.notBefore ?? notBefore, notBefore) }
        }
        if lane.waiting.isEmpty, lane.handled == 0 {
            lanes[key] = nil
            turn.removeAll { $0 == key }
        } else {
            lanes[key] = lane
        }
    }

    private func key(of event: QueuedEvent) -> Key {
        guard isOrdered else { return .event(event.cursor) }
        return event.record.channelID.map { .channel($0) } ?? .app(event.record.appID)
    }
}
