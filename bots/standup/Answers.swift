import MartletBot

/// Takes what people write while a stand-up is open.
enum Answers {
    /// A message in the channel, or in the thread below the announcement, is an answer.
    static func add(_ context: MessageContext) async throws {
        guard context.author.kind == .person else { return }
        let key = Standup.key(context.message.channelID)
        guard var standup = try await context.store.get(key, as: Standup.self) else { return }
        guard context.message.threadRootID == nil || context.message.threadRootID == standup.announcement else {
            return
        }
        let isTaken = standup.add(context.message)
        try await context.store.set(key, to: standup)
        try await context.react(isTaken ? "✅" : "🈵")
    }

    /// An answer was edited or, with nil, deleted.
    static func change(_ context: MessageContext, to text: String?) async throws {
        let key = Standup.key(context.message.channelID)
        guard var standup = try await context.store.get(key, as: Standup.self) else { return }
        guard standup.change(context.message.id, to: text) else { return }
        try await context.store.set(key, to: standup)
    }
}

/// Closes stand-ups whose time is over.
enum Deadlines {
    static func check(_ context: TimerContext) async throws {
        for key in try await context.store.keys(withPrefix: "standup/") {
            guard let standup = try await context.store.get(key, as: Standup.self), let closesAt = standup.closesAt,
                closesAt <= context.now
            else { continue }
            // Should the bot die between the post and the removal, the next try is recognised by this mark.
            let report = standup.report(members: try await context.members(of: standup.channel))
            try await context.post(report, in: standup.channel, nonce: "standup-\(standup.announcement)")
            try await context.store.remove(key)
        }
    }
}
