/// Runs a handler for each event of a kind.
///
/// Handlers of one event run one after another in the order of their declaration. A message that was one of the bot's
/// commands does not reach them.
///
/// ```swift
/// On(.message, where: .contains("ping")) { context in try await context.reply("pong") }
/// On(.memberAdded) { context in try await context.post("Welcome, \(context.payload.user.name)!") }
/// ```
public struct On: BotElement {
    private let reaction: EventReaction

    /// Registers a handler.
    ///
    /// - Parameters:
    ///   - kind: What has to happen.
    ///   - filter: What else has to hold; everything when left out.
    ///   - handle: Called for each such event. When it throws, the event is tried again from its first handler;
    ///     replies that were sent and state that was stored are not repeated.
    public init<Payload: Sendable>(
        _ kind: EventKind<Payload>, where filter: Filter<Payload> = .any,
        _ handle: @escaping @Sendable (EventContext<Payload>) async throws -> Void
    ) {
        reaction = EventReaction(
            type: kind.type,
            matches: { invocation in
                try await filter.test(EventContext(invocation, payload: try kind.decode(invocation.event)))
            },
            handle: { invocation in
                try await handle(EventContext(invocation, payload: try kind.decode(invocation.event)))
            })
    }

    /// Itself.
    public var parts: [BotPart] { BotPart.list(.reaction(reaction)) }
}

extension BotPart {
    static func list(_ kind: Kind) -> [BotPart] { [BotPart(kind: kind)] }
}
