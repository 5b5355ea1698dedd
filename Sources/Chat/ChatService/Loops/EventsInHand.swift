package import ChatModel
package import ChatStore
import Synchronization

/// Which events each bot was handed and has not settled: what it does meanwhile, it does because of one of them.
///
/// Kept when a connection ends, since the bot has still to do with them, until it begins anew.
package final class EventsInHand: Sendable {
    private struct Held {
        let cursor: Cursor
        let channel: ChannelID?
        let hops: Int
    }

    /// More than a connection has in flight, or a poll in a page.
    private static let maximum = 256
    private static let maximumBots = 10_000

    private let hands = Mutex<[UserID: [Held]]>([:])

    init() {}

    /// Forgets what a bot had in hand: it is handed what it has not settled once more.
    package func begin(_ bot: UserID) {
        hands.withLock { hands in
            if hands.count >= Self.maximumBots, hands[bot] == nil, let any = hands.keys.first {
                hands.removeValue(forKey: any)
            }
            hands[bot] = []
        }
    }

    package func take(_ record: EventRecord, _ bot: UserID) {
        hands.withLock { hands in
            guard let count = hands[bot]?.count, count < Self.maximum else { return }
            hands[bot]?.append(Held(cursor: record.cursor, channel: record.channelID, hops: record.hops))
        }
    }

    /// Notes what one poll handed out: what lies before its cursor is done.
    package func take(_ records: [EventRecord], after cursor: Cursor?, _ bot: UserID) {
        hands.withLock { hands in
            var held = hands[bot] ?? []
            if let cursor { held.removeAll { $0.cursor <= cursor } }
            for record in records.prefix(max(0, Self.maximum - held.count)) {
                held.append(Held(cursor: record.cursor, channel: record.channelID, hops: record.hops))
            }
            if hands[bot] == nil, hands.count >= Self.maximumBots, let any = hands.keys.first {
                hands.removeValue(forKey: any)
            }
            hands[bot] = held
        }
    }

    /// Takes everything up to `cursor` as done.
    package func settle(through cursor: Cursor, _ bot: UserID) {
        hands.withLock { hands in
            guard let held = hands[bot] else { return }
            let count = held.prefix { $0.cursor <= cursor }.count
            if count > 0 { hands[bot]?.removeFirst(count) }
        }
    }

    /// How many automations that has come through which a bot acts upon.
    ///
    /// A bot works in order: it is at the oldest event that it has not settled, of the channel where it acts when there
    /// is one.
    ///
    /// - Parameter named: The event that the bot names itself.
    /// - Returns: nil when it has nothing in hand.
    func hops(of bot: UserID, in channel: ChannelID, named: Cursor?) -> Int? {
        hands.withLock { hands in
            guard let held = hands[bot], !held.isEmpty else { return nil }
            if let named, let event = held.first(where: { $0.cursor == named }) { return event.hops }
            return (held.first { $0.channel == channel } ?? held[0]).hops
        }
    }
}
