/// Hands out events so that those of one channel are handled one after another and several channels side by side.
struct ChannelLanes<Item> {
    /// Events without a channel share one lane.
    typealias Lane = ChannelID?

    private let limit: Int
    /// Lanes with a worker, and what waits behind it.
    private var busy: [Lane: [Item]] = [:]
    /// Lanes without a worker, in the order in which they began to wait.
    private var idle: [(lane: Lane, items: [Item])] = []

    /// - Parameter limit: How many lanes may have a worker at a time.
    init(limit: Int) { self.limit = max(1, limit) }

    /// How many workers run.
    var workers: Int { busy.count }

    /// Adds an event.
    ///
    /// - Returns: Whether a worker has to be started for it; otherwise it waits.
    mutating func add(_ item: Item, to lane: Lane) -> Bool {
        if busy[lane] != nil {
            busy[lane]?.append(item)
            return false
        }
        if let index = idle.firstIndex(where: { $0.lane == lane }) {
            idle[index].items.append(item)
            return false
        }
        guard busy.count < limit else {
            idle.append((lane, [item]))
            return false
        }
        busy[lane] = []
        return true
    }

    /// A worker is done with an event of `lane`.
    ///
    /// A lane that has more goes behind those that wait for a worker.
    ///
    /// - Returns: What the worker does next, and in which lane; nil when it ends.
    mutating func finish(_ lane: Lane) -> (lane: Lane, item: Item)? {
        if let items = busy.removeValue(forKey: lane), !items.isEmpty { idle.append((lane, items)) }
        guard !idle.isEmpty else { return nil }
        var (next, items) = idle.removeFirst()
        let item = items.removeFirst()
        busy[next] = items
        return (next, item)
    }

    /// A worker ends; what waits is dropped.
    mutating func stop(_ lane: Lane) {
        busy[lane] = nil
        idle = []
    }

    /// Drops everything that waits.
    mutating func dropWaiting() {
        idle = []
        for lane in busy.keys { busy[lane] = [] }
    }
}
