import BridgeKit
import ChatModel
import ChatStore

/// A stretch of the past that a bridge is sent again, beside what is new: in order within a channel, and no new event
/// waits for a past one.
///
/// A state machine without time and without I/O.
struct EventReplay {
    /// So many events are in memory, or a batch of them.
    private static let window = 64
    /// So many more may wait behind a channel that does not get on.
    private static let maximumParked = 10_000

    let id: Int64
    let total: Int
    let until: Cursor
    /// Those that are read and not done.
    var queue: LaneQueue
    /// How many of them are at their target now.
    var running = 0
    var dead: Int
    /// Everything up to here was read.
    private(set) var position: Cursor
    private(set) var isRead = false
    /// Everything up to here is done.
    private(set) var settledPosition: Cursor
    private(set) var settled: Int
    /// What was read and is not known to be settled, in order.
    private var unsettled: [Cursor] = []

    init(_ replay: BridgeReplay, isOrdered: Bool) {
        id = replay.id
        total = replay.total
        until = replay.until
        dead = replay.dead
        position = replay.position
        settledPosition = replay.position
        settled = replay.settled
        queue = LaneQueue(isOrdered: isOrdered)
    }

    /// How many events can be read now.
    func room(batch: Int) -> Int {
        guard !isRead, queue.parkedCount < Self.maximumParked, unsettled.count < Self.maximumParked else { return 0 }
        return max(0, max(Self.window, min(batch, 256)) - queue.loadedCount)
    }

    /// Whether nothing is left to do.
    var isOver: Bool { isRead && queue.isEmpty }
    /// How many events are done, whatever lies before them.
    var done: Int { settled + unsettled.count - queue.count }

    /// Takes in what was read.
    ///
    /// - Parameter event: Nil when it is not for the bridge.
    mutating func admit(_ record: EventRecord, _ event: BridgeEvent?) {
        position = record.cursor
        unsettled.append(record.cursor)
        if let event { queue.append(QueuedEvent(record: record, event: event, isFromStream: false, replay: id)) }
    }

    /// There is nothing more to read.
    mutating func end() { isRead = true }

    /// Moves the place where the replay would begin again behind everything that is done.
    mutating func settle() {
        let count = unsettled.prefix { !queue.contains($0) }.count
        guard count > 0 else { return }
        settledPosition = unsettled[count - 1]
        settled += count
        unsettled.removeFirst(count)
    }
}
