import ChatModel
package import ChatStore
import Foundation
import Synchronization

/// Which messages bridges have in hand or had a moment ago, so that an incoming webhook is known that brings one round.
///
/// A program behind an outgoing webhook passes on no header that it does not know. What it posts is taken to come of the
/// last message of the channel when a bridge has that in hand and it began with somebody else's words or is repeated; or
/// when a bridge had it a moment ago, and both hold, or it is quoted with more around it. So an alert that comes by itself is not held up, as often as it may
/// come and however slow the one is who is told of it.
package final class HookDeliveries: Sendable {
    private struct Delivery {
        let record: EventRecord
        let author: User.Kind
        /// nil while it is in hand.
        var end: ContinuousClock.Instant?
        /// Bridges that have it in hand.
        var hands = 1
    }

    /// How long after a delivery its consequence is waited for.
    private static let grace = Duration.seconds(5)
    private static let maximumChannels = 1000
    /// Longer texts are not compared.
    private static let maximumBytes = 16 << 10
    /// So much of a text says whether it is repeated.
    private static let sample = 64

    /// The newest message that bridges have or had, in each channel.
    private let newest = Mutex<[ChannelID: Delivery]>([:])

    init() {}

    /// Runs `body`, which hands events to a bridge.
    package func during<Result>(_ records: [EventRecord], _ body: () async -> Result) async -> Result {
        for record in records { begin(record) }
        let result = await body()
        for record in records { end(record) }
        return result
    }

    private func begin(_ record: EventRecord) {
        guard record.type == .messageCreated, let channel = record.channelID,
            record.data.utf8.count <= Self.maximumBytes, let head = MessageHead(record.data)
        else { return }
        newest.withLock { newest in
            if let known = newest[channel] {
                guard known.record.cursor <= record.cursor else { return }
                if known.record.cursor == record.cursor {
                    newest[channel]?.hands += 1
                    newest[channel]?.end = nil
                    return
                }
            } else if newest.count >= Self.maximumChannels {
                newest = newest.filter { $0.value.end.map { .now - $0 <= Self.grace } ?? true }
                if newest.count >= Self.maximumChannels, let any = newest.keys.first { newest.removeValue(forKey: any) }
            }
            // What the system says is nobody's feed: that a chain has ended must not begin another.
            newest[channel] = Delivery(record: record, author: head.isSystem ? .bot : head.author)
        }
    }

    private func end(_ record: EventRecord) {
        guard let channel = record.channelID else { return }
        newest.withLock { newest in
            guard newest[channel]?.record.cursor == record.cursor else { return }
            newest[channel]?.hands -= 1
            if newest[channel]?.hands == 0 { newest[channel]?.end = .now }
        }
    }

    /// How many automations a post of a hook has come through when it comes of what a bridge was handed.
    ///
    /// - Parameter isLast: Whether nobody has spoken since that message of the hook.
    /// - Returns: nil when it comes by itself, as far as can be seen.
    func hops(
        of hook: UserID, in channel: ChannelID, text: String, isLast: (_ message: Int64) -> Bool
    ) -> Int? {
        guard let delivery = newest.withLock({ $0[channel] }), let actor = delivery.record.actorID,
            let message = delivery.record.subjectID
        else { return nil }
        let isHook = delivery.author == .hook
        guard !isHook || actor == hook && isLast(message) else { return nil }
        let repetition = Self.repetition(of: delivery.record, in: text)
        let hasCause = !isHook || delivery.record.hops > 1 || repetition == .quoted
        if let end = delivery.end {
            guard .now - end <= Self.grace, hasCause, repetition != nil else { return nil }
        } else {
            guard hasCause || repetition != nil else { return nil }
        }
        // The bridge is an automation, and so is the hook.
        return max(2, delivery.record.hops + 1)
    }

    private enum Repetition { case same, quoted }

    /// Whether a text has the words of a message in it, and others besides.
    private static func repetition(of record: EventRecord, in text: String) -> Repetition? {
        struct Message: Decodable { var text: String }
        guard let said = try? JSONDecoder().decode(Message.self, from: Data(record.data.utf8)) else { return nil }
        let words = said.text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !words.isEmpty, Data(text.utf8).range(of: Data(words.utf8.prefix(sample))) != nil else { return nil }
        return text.utf8.count > said.text.utf8.count ? .quoted : .same
    }
}
