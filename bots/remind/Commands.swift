import Foundation
import MartletBot

/// Stores a reminder.
struct Remind: Command {
    static let name = "remind"
    static let summary = "Remind somebody later"
    static let details = "`!remind me 2h tea`, `!remind @bob 1d --every 1d water the plants`"

    @Argument var who: Recipient
    @Argument var after: Duration
    @Option var every: Duration?
    @Rest var text: String

    func run(_ context: CommandContext) async throws {
        guard text.count <= Reminder.textLength else {
            throw ArgumentError("has more than \(Reminder.textLength) characters", argument: "text")
        }
        if let every, every < .seconds(60) {
            throw ArgumentError("is at least 1m", argument: "every")
        }
        let all = try await context.reminders()
        guard all.count < Reminder.limit, all.count(where: { $0.from == context.author.id }) < Reminder.limitEach
        else {
            try await context.reply("That are too many reminders; `!reminders` lists yours, `!forget` removes one.")
            return
        }
        let recipient =
            switch who {
            case .me: context.author.handle
            case .user(let user): user.handle
            }
        let number = try await context.store.update("last", default: 0) { last in
            last += 1
            return last
        }
        let reminder = Reminder(
            number: number, channel: context.message.channelID, thread: context.message.threadRootID,
            from: context.author.id, fromHandle: context.author.handle, toHandle: recipient,
            due: context.now + Double(after.components.seconds), period: every?.components.seconds, text: text)
        try await context.store.set(reminder.key, to: reminder)
        let repeats = every.map { ", then every \(Reminder.written(seconds: $0.components.seconds))" } ?? ""
        try await context.reply(
            "#\(number): I shall remind @\(recipient) in \(Reminder.written(seconds: after.components.seconds))\(repeats)."
        )
    }
}

/// Lists one's reminders.
struct List: Command {
    static let name = "reminders"
    static let summary = "List the reminders that you made"

    func run(_ context: CommandContext) async throws {
        // What was asked for in a private channel is not told in another one.
        let mine = try await context.reminders().filter {
            $0.from == context.author.id && $0.channel == context.message.channelID
        }
        guard !mine.isEmpty else {
            try await context.reply("There are no reminders of yours in this channel.")
            return
        }
        let lines = mine.sorted { $0.due < $1.due }.map { reminder in
            let left = Reminder.written(seconds: Int64(reminder.due.timeIntervalSince(context.now).rounded(.up)))
            return "- #\(reminder.number) in \(left), @\(reminder.toHandle): \(reminder.text.prefix(100))"
        }
        try await context.reply(lines.joined(separator: "\n"))
    }
}

/// Removes a reminder.
struct Forget: Command {
    static let name = "forget"
    static let summary = "Remove a reminder that you made or that is for you"

    @Argument var number: Int

    func run(_ context: CommandContext) async throws {
        let key = Reminder.key(number)
        guard let reminder = try await context.store.get(key, as: Reminder.self),
            reminder.from == context.author.id || reminder.toHandle == context.author.handle
        else { throw ArgumentError("there is no such reminder of yours", argument: "number") }
        try await context.store.remove(key)
        try await context.reply("#\(number) is forgotten.")
    }
}

extension BotContext {
    /// Every reminder, in the order of their numbers.
    func reminders() async throws -> [Reminder] {
        var all: [Reminder] = []
        for key in try await store.keys(withPrefix: Reminder.prefix) {
            if let reminder = try await store.get(key, as: Reminder.self) { all.append(reminder) }
        }
        return all
    }
}
