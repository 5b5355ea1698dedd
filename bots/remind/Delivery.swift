import Foundation
import MartletBot

/// Says what is due.
enum Delivery {
    /// A reminder that cannot be delivered for good (the channel is gone) is dropped; any other failure is tried again.
    static func run(_ context: TimerContext) async throws {
        for reminder in try await context.reminders() where reminder.due <= context.now {
            do {
                // The mark stays the same when the bot dies before the state is written.
                try await context.post(
                    reminder.message(at: context.now), in: reminder.channel, threadRoot: reminder.thread,
                    nonce: "remind-\(reminder.number)-\(Int64(reminder.due.timeIntervalSince1970))")
            } catch let error as BotError where !error.isTransient {
                context.log("reminder \(reminder.number) was dropped: \(error)")
            }
            if let period = reminder.period {
                var next = reminder
                // What was missed while the bot was away is said once, not many times.
                let missed = max(0, (context.now.timeIntervalSince(reminder.due) / Double(period)).rounded(.down))
                next.due += (missed + 1) * Double(period)
                try await context.store.set(next.key, to: next)
            } else {
                try await context.store.remove(reminder.key)
            }
        }
    }
}
