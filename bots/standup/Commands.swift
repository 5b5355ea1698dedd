import Foundation
import MartletBot

/// Begins a stand-up in the channel.
struct Start: Command {
    static let name = "start"
    static let summary = "Begin a stand-up in this channel"
    static let details = "With --open 2h it closes by itself after two hours and posts the summary."

    @Option var open: Duration?
    @Rest var question = "What did you do, what is next, what blocks you?"

    func run(_ context: CommandContext) async throws {
        let key = Standup.key(context.message.channelID)
        guard try await context.store.get(key, as: Standup.self) == nil else {
            try await context.reply("A stand-up is open already; `!standup close` ends it.")
            return
        }
        let announcement = try await context.post("Stand-up! \(question)\nAnswer here or in a thread below this.")
        let standup = Standup(
            channel: context.message.channelID, announcement: announcement.id, startedBy: context.author.handle,
            closesAt: open.map { context.now + Double($0.components.seconds) })
        try await context.store.set(key, to: standup)
    }
}

/// Shows the summary so far.
struct Report: Command {
    static let name = "report"
    static let summary = "Show the summary so far"

    func run(_ context: CommandContext) async throws {
        guard let standup = try await context.openStandup() else { return }
        try await context.reply(standup.report(members: try await context.members(of: standup.channel)))
    }
}

/// Ends the stand-up with its summary.
struct Close: Command {
    static let name = "close"
    static let summary = "Post the summary and end the stand-up"

    func run(_ context: CommandContext) async throws {
        guard let standup = try await context.openStandup() else { return }
        try await context.post(standup.report(members: try await context.members(of: standup.channel)))
        try await context.store.remove(Standup.key(standup.channel))
    }
}

/// Ends the stand-up without a summary.
struct Cancel: Command {
    static let name = "cancel"
    static let summary = "End the stand-up without a summary"

    func run(_ context: CommandContext) async throws {
        guard let standup = try await context.openStandup() else { return }
        try await context.store.remove(Standup.key(standup.channel))
        try await context.reply("The stand-up is cancelled.")
    }
}

extension EventContext where Payload == Message {
    /// The stand-up of this channel; when there is none, says so.
    func openStandup() async throws -> Standup? {
        if let standup = try await store.get(Standup.key(message.channelID), as: Standup.self) { return standup }
        try await reply("No stand-up is open here; `!standup start` begins one.")
        return nil
    }
}
