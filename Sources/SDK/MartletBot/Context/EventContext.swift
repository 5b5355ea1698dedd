/// An event and what can be done about it.
public struct EventContext<Payload: Sendable>: BotContext {
    /// The event as it came.
    public let event: Event
    /// What it carries.
    public let payload: Payload
    /// The means of the running handler.
    public let scope: HandlerScope

    init(_ invocation: Invocation, payload: Payload) {
        event = invocation.event
        scope = invocation.scope
        self.payload = payload
    }

    /// Sends a message to the channel of the event.
    ///
    /// - Throws: ``BotError``; with the code `no_channel` when the event belongs to none.
    @discardableResult
    public func post(_ text: String, content: JSONValue? = nil, nonce: String? = nil) async throws -> Message {
        guard let channel = event.channelID else {
            throw BotError(.noChannel, "an event of the type \(event.type) belongs to no channel")
        }
        return try await post(text, in: channel, content: content, nonce: nonce)
    }
}

/// A message and what can be done about it.
public typealias MessageContext = EventContext<Message>

/// A message that is a command, as ``Command/run(_:)`` gets it.
public typealias CommandContext = EventContext<Message>

extension EventContext where Payload == Message {
    /// The message.
    public var message: Message { payload }

    /// Who wrote it.
    public var author: Author { payload.author }

    /// Answers where the message stands: in its thread when it belongs to one, else in the channel.
    ///
    /// - Throws: ``BotError``.
    @discardableResult
    public func reply(_ text: String, content: JSONValue? = nil, nonce: String? = nil) async throws -> Message {
        try await post(
            text, in: message.channelID, threadRoot: message.threadRootID, content: content, nonce: nonce)
    }

    /// Answers in the message's thread, and begins one when there is none.
    ///
    /// - Throws: ``BotError``.
    @discardableResult
    public func replyInThread(_ text: String, content: JSONValue? = nil, nonce: String? = nil) async throws -> Message {
        try await post(
            text, in: message.channelID, threadRoot: message.threadRootID ?? message.id, content: content,
            nonce: nonce)
    }

    /// Reacts to the message.
    ///
    /// - Throws: ``BotError``.
    public func react(_ emoji: String) async throws { try await react(emoji, to: message.id) }
}
