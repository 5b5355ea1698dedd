public import Foundation
import Telemetry

/// What every handler can do: write, react, look up and remember.
///
/// Every effect carries a number that is the same when the handler runs again for the same event, so that the server
/// recognises a repeat. The numbers count the posts of one run: a handler should post in the same order each time, or
/// give its posts a `nonce` of their own.
public protocol BotContext: Directory {
    /// The means of the running handler; for the methods of this protocol.
    var scope: HandlerScope { get }
}

extension BotContext {
    /// The bot itself.
    public var bot: Author { scope.bot }

    /// The time; under test, the test's.
    public var now: Date { scope.clock.now() }

    /// What the bot remembers.
    public var store: BotStore { BotStore(scope.transaction) }

    /// Sends a message.
    ///
    /// - Parameters:
    ///   - text: Markdown.
    ///   - channel: Where; the bot has to be a member.
    ///   - threadRoot: The message whose thread it joins; nil for the channel itself.
    ///   - content: Attachments and blocks in Slack's shape.
    ///   - nonce: Marks the message: sending the same mark again returns the first message. Counted when left out.
    /// - Returns: The message as the server stored it.
    /// - Throws: ``BotError``.
    @discardableResult
    public func post(
        _ text: String, in channel: ChannelID, threadRoot: MessageID? = nil, content: JSONValue? = nil,
        nonce: String? = nil
    ) async throws -> Message {
        try await scope.api.post(
            text, in: channel, threadRoot: threadRoot, content: content, nonce: nonce ?? scope.nextNonce(),
            hops: scope.hops)
    }

    /// Puts a reaction under a message; putting it twice is the same as once.
    ///
    /// - Throws: ``BotError``.
    public func react(_ emoji: String, to message: MessageID) async throws {
        try await scope.api.react(emoji, to: message)
    }

    /// Takes the bot's reaction back.
    ///
    /// - Throws: ``BotError``.
    public func unreact(_ emoji: String, from message: MessageID) async throws {
        try await scope.api.unreact(emoji, from: message)
    }

    /// Changes the text of one of the bot's messages.
    ///
    /// - Returns: The message as it is now.
    /// - Throws: ``BotError``.
    @discardableResult
    public func edit(_ message: MessageID, to text: String) async throws -> Message {
        try await scope.api.edit(message, to: text)
    }

    /// Deletes a message; one that is gone already is not an error.
    ///
    /// - Throws: ``BotError`` with the code `forbidden` when it is another's and the bot may not.
    public func delete(_ message: MessageID) async throws { try await scope.api.delete(message) }

    /// The message with this number; nil when there is none that the bot can see.
    ///
    /// - Throws: ``BotError``.
    public func message(id: MessageID) async throws -> Message? { try await scope.api.message(id: id) }

    /// The user with this number; kept for a minute.
    ///
    /// - Throws: ``BotError``.
    public func user(id: UserID) async throws -> User? { try await scope.api.user(id: id) }

    /// The channel with this number, kept for a minute; nil when there is none that the bot can see.
    ///
    /// - Throws: ``BotError``.
    public func channel(id: ChannelID) async throws -> Channel? { try await scope.api.channel(id: id) }

    /// The user with this handle, without `@`.
    ///
    /// - Throws: ``BotError``.
    public func user(handle: String) async throws -> UserRef? {
        try await scope.api.user(handle: handle).map { UserRef(id: $0.id, handle: $0.handle, name: $0.name) }
    }

    /// The channel with this name, without `#`.
    ///
    /// - Throws: ``BotError``.
    public func channel(name: String) async throws -> ChannelRef? {
        try await scope.api.channel(name: name).map { ChannelRef(id: $0.id, name: $0.name) }
    }

    /// Everybody in a channel, at most 10,000.
    ///
    /// - Throws: ``BotError``.
    public func members(of channel: ChannelID) async throws -> [Member] { try await scope.api.members(of: channel) }

    /// What somebody may do in a channel; nil for somebody who is no member.
    ///
    /// - Throws: ``BotError``.
    public func role(of user: UserID, in channel: ChannelID) async throws -> Membership.Role? {
        try await members(of: channel).first { $0.user.id == user }?.role
    }

    /// Writes a line to the bot's log.
    public func log(_ text: String) { scope.logger.info("bot.note", ["text": .string(text)]) }
}
