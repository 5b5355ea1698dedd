import ChatModel
import Text

/// What has to hold for an event to reach its handler; filters combine with `&&`, `||` and `!`.
public struct Filter<Payload: Sendable>: Sendable {
    let test: @Sendable (EventContext<Payload>) async throws -> Bool

    /// A filter of your own.
    ///
    /// - Parameter test: May ask the server; a throw is treated as one of the handler's.
    public init(_ test: @escaping @Sendable (EventContext<Payload>) async throws -> Bool) { self.test = test }

    /// Holds always.
    public static var any: Filter { Filter { _ in true } }

    /// The event happened in the channel with this name.
    public static func channel(_ name: String) -> Filter {
        Filter { context in
            guard let id = context.event.channelID else { return false }
            return try await context.channel(id: id)?.name == name
        }
    }

    /// Both hold; the second is asked only if the first does.
    public static func && (left: Filter, right: Filter) -> Filter {
        Filter { context in
            guard try await left.test(context) else { return false }
            return try await right.test(context)
        }
    }

    /// At least one holds; the second is asked only if the first does not.
    public static func || (left: Filter, right: Filter) -> Filter {
        Filter { context in
            if try await left.test(context) { return true }
            return try await right.test(context)
        }
    }

    /// It does not hold.
    public static prefix func ! (filter: Filter) -> Filter {
        Filter { context in try await !filter.test(context) }
    }
}

extension Filter where Payload == Message {
    /// The text contains these words, in any case of letters.
    public static func contains(_ text: String) -> Filter {
        let text = text.lowercased()
        return Filter { $0.message.text.lowercased().contains(text) }
    }

    /// The author has this handle.
    public static func from(_ handle: String) -> Filter { Filter { $0.message.author.handle == handle } }

    /// The text names the bot: `@handle`.
    public static var mentionsBot: Filter {
        Filter { context in Mention.names(context.bot.handle, in: context.message.text) }
    }

    /// The message belongs to a thread.
    public static var inThread: Filter { Filter { $0.message.threadRootID != nil } }
}

extension Filter where Payload == Reaction {
    /// The reaction is this emoji, given as such or by a short name: `👍`, `thumbsup`.
    public static func emoji(_ emoji: String) -> Filter {
        let form = Emoji.canonical(emoji) ?? emoji
        // Events of before may hold another form.
        return Filter { $0.payload.emoji == form || Emoji.canonical($0.payload.emoji) == form }
    }
}
