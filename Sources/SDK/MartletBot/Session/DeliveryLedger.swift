/// Knows which events are under way and how far they are done without a hole.
///
/// Events come in cursor order and are finished in any order. What may be acknowledged is the largest cursor below
/// which nothing is open.
struct DeliveryLedger {
    private struct Entry {
        var cursor: Cursor
        var isDone: Bool
    }

    /// Counts the logs that cursors came from; an event of an older one is finished without effect.
    private(set) var generation = 0
    private(set) var epoch: String?
    private(set) var acknowledged = Cursor.beginning
    /// So many finished events are acknowledged at once while others are under way; an idle bot tells at once.
    var together = 1
    private var untold = 0
    /// In cursor order; the first is never done.
    private var open: [Entry] = []

    var openCount: Int { open.count }

    /// Where to go on; nil when only the server knows.
    var resumeCursor: Cursor? { epoch == nil ? nil : acknowledged }

    /// A connection is ready: events after `cursor` follow.
    ///
    /// - Parameter isOther: Whether the log is another one than before, so that what is under way has lost its meaning.
    mutating func begin(epoch: String, cursor: Cursor, isOther: Bool) {
        let isFirst = self.epoch == nil
        self.epoch = epoch
        guard isFirst || isOther else { return acknowledged = max(acknowledged, cursor) }
        generation += 1
        acknowledged = cursor
        untold = 0
        open = []
    }

    /// The log goes on under another name.
    mutating func rename(_ epoch: String) { self.epoch = epoch }

    /// An event arrived.
    ///
    /// - Returns: Whether it has to be handled; false for one that is under way or done.
    mutating func receive(_ cursor: Cursor) -> Bool {
        guard cursor > acknowledged, cursor > open.last?.cursor ?? .beginning else { return false }
        open.append(Entry(cursor: cursor, isDone: false))
        return true
    }

    /// An event is done.
    ///
    /// - Returns: The cursor to acknowledge; nil when something before it is open, or when it can wait for others.
    mutating func finish(_ cursor: Cursor, generation: Int) -> Cursor? {
        guard generation == self.generation, let index = open.firstIndex(where: { $0.cursor == cursor }) else {
            return nil
        }
        open[index].isDone = true
        let done = open.prefix { $0.isDone }
        guard let last = done.last?.cursor else { return nil }
        open.removeFirst(done.count)
        acknowledged = max(acknowledged, last)
        untold += done.count
        return open.isEmpty || untold >= together ? tell() : nil
    }

    /// - Returns: What is done and not acknowledged yet; nil when there is nothing.
    mutating func tell() -> Cursor? {
        guard untold > 0 else { return nil }
        untold = 0
        return acknowledged
    }
}
