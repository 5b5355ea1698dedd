import ChatModel
import Foundation

/// Brings an event to the command or the handlers that want it.
struct Dispatcher: Sendable {
    private struct Target: Sendable {
        var reaction: EventReaction
        var middleware: [any Middleware]
    }

    private let parts: [BotPart]
    private let prefix: String
    private let options: BotOptions
    private let targets: [EventType: [Target]]
    private let hasCommands: Bool

    init(parts: [BotPart], prefix: String, options: BotOptions) {
        self.parts = parts
        self.prefix = prefix
        self.options = options
        targets = Dictionary(grouping: Self.targets(in: parts, inside: [])) { $0.reaction.type }
        hasCommands = CommandTree(parts).hasCommands
    }

    /// What the server has to send.
    var eventTypes: [EventType] {
        var types = Set(targets.keys)
        // Somebody has to be listened to, or the server might take the empty list for everything.
        if hasCommands || types.isEmpty { types.insert(.messageCreated) }
        return types.sorted { $0.description < $1.description }
    }

    var timers: [TimerPart] { Self.timers(in: parts) }

    /// Whether the bot may react to the event at all, by its author and its way here.
    func isAllowed(_ event: Event, for bot: Author) -> Bool {
        event.actorID != bot.id && event.hops < options.maxHops
    }

    /// Handles one event.
    ///
    /// - Throws: What a handler throws.
    func dispatch(_ event: Event, _ scope: HandlerScope) async throws -> Outcome {
        guard isAllowed(event, for: scope.bot) else { return .ignored }
        let invocation = Invocation(event: event, command: nil, scope: scope)
        if Self.carriesMessage(event.type) {
            let message = try EventKind.messageCreated.decode(event)
            guard isAllowed(message, for: scope.bot) else { return .ignored }
            if hasCommands, event.type == .messageCreated, message.kind == .text,
                let outcome = try await runCommand(EventContext(invocation, payload: message), invocation)
            {
                return outcome
            }
        }
        var outcome = Outcome.ignored
        for target in targets[event.type] ?? [] where try await target.reaction.matches(invocation) {
            outcome = try await Self.run(target.middleware, invocation) { invocation in
                try await target.reaction.handle(invocation)
                return .handled
            }
        }
        return outcome
    }

    private func isAllowed(_ message: Message, for bot: Author) -> Bool {
        guard message.author.id != bot.id, message.hops < options.maxHops else { return false }
        guard options.answersBots || message.author.kind != .bot else { return false }
        // RFC 2812 asks this of notices for the same reason as `hops`: two programs must not answer each other forever.
        return options.answersNotices || (message.kind != .notice && message.kind != .system)
    }

    private static func carriesMessage(_ type: EventType) -> Bool {
        type == .messageCreated || type == .messageUpdated || type == .messageDeleted
    }

    // MARK: Commands

    /// - Returns: nil when the message is not for this bot.
    private func runCommand(_ context: CommandContext, _ invocation: Invocation) async throws -> Outcome? {
        guard let line = CommandCall(context.message.text, prefix: prefix, handle: context.bot.handle) else {
            return nil
        }
        switch CommandTree(parts).find(line.text) {
        case .command(let type, let path, let middleware, let rest):
            var invocation = invocation
            invocation.command = path
            let outcome = try await Self.run(middleware, invocation) { _ in
                try await run(type, path: path, rest, context)
                return .handled
            }
            if case .denied(let reason) = outcome { try await context.reply("Sorry: \(reason).") }
            return outcome
        case .help(let words):
            try await context.reply(HelpText(parts: parts, prefix: prefix).answer(words))
        case .group(let path):
            try await context.reply(HelpText(parts: parts, prefix: prefix).list(below: path))
        case .unknown(let word, let path, let near):
            guard answersUnknown(near, isAddressed: line.isAddressed || !path.isEmpty) else { return nil }
            try await context.reply(HelpText(parts: parts, prefix: prefix).unknown(word, below: path, near: near))
        case .nothing:
            guard line.isAddressed, options.unknownCommands != .never, CommandTree(parts).hasHelp else { return nil }
            try await context.reply(HelpText(parts: parts, prefix: prefix).answer([]))
        }
        return .handled
    }

    /// A prefix alone may be meant for another bot.
    private func answersUnknown(_ near: [String], isAddressed: Bool) -> Bool {
        switch options.unknownCommands {
        case .never: false
        case .always: true
        case .nearMisses: isAddressed || !near.isEmpty
        }
    }

    private func run(_ type: any Command.Type, path: String, _ rest: Substring, _ context: CommandContext) async throws
    {
        do {
            try await CommandBinder.bind(type, rest, in: context).run(context)
        } catch let error as ArgumentError {
            try await context.reply("\(error)\nUsage: `\(CommandBinder.usage(of: type, as: prefix + path))`")
        }
    }

    // MARK: Parts

    private static func run(
        _ middleware: [any Middleware], _ invocation: Invocation,
        _ handler: @escaping @Sendable (Invocation) async throws -> Outcome
    ) async throws -> Outcome {
        var next: Middleware.Next = handler
        for layer in middleware.reversed() {
            next = { [next] invocation in try await layer.handle(invocation, next: next) }
        }
        return try await next(invocation)
    }

    private static func targets(in parts: [BotPart], inside outer: [any Middleware]) -> [Target] {
        let middleware = outer + CommandTree.middleware(of: parts)
        return parts.flatMap { part -> [Target] in
            switch part.kind {
            case .reaction(let reaction): [Target(reaction: reaction, middleware: middleware)]
            case .group(let group): targets(in: group.parts, inside: middleware)
            default: []
            }
        }
    }

    private static func timers(in parts: [BotPart]) -> [TimerPart] {
        parts.flatMap { part -> [TimerPart] in
            switch part.kind {
            case .timer(let timer): [timer]
            case .group(let group): timers(in: group.parts)
            default: []
            }
        }
    }
}
