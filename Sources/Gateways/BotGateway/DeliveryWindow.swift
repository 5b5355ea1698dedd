import ChatModel

/// Which events are on their way to a bot, and how far the bot has come.
struct DeliveryWindow {
    private let limit: Int
    /// Sent and not acknowledged, in order.
    private var inFlight: [Cursor] = []
    /// Everything up to here was acknowledged.
    private(set) var acknowledged: Cursor

    init(limit: Int, start: Cursor) {
        self.limit = limit
        acknowledged = start
    }

    /// How many events may be sent now.
    var room: Int { limit - inFlight.count }

    var isEmpty: Bool { inFlight.isEmpty }

    /// Whether the event still has to be sent.
    ///
    /// After a reconnect a bot may acknowledge what it got before and what has not been sent again yet.
    func wants(_ cursor: Cursor) -> Bool { cursor > acknowledged }

    mutating func sent(_ cursor: Cursor) { inFlight.append(cursor) }

    /// - Returns: Whether this is news.
    mutating func acknowledge(_ cursor: Cursor) -> Bool {
        guard cursor > acknowledged else { return false }
        acknowledged = cursor
        inFlight.removeFirst(inFlight.prefix { $0 <= cursor }.count)
        return true
    }
}
