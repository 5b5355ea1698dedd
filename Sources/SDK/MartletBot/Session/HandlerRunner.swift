import Foundation
import Lifecycle
import Telemetry

/// Runs the handlers of one event until they succeed, or until it is clear that they do not.
final class HandlerRunner: Sendable {
    /// A failure that time may cure does not count against a handler, up to so many tries (about 12 minutes).
    private static let transientTries = 30

    private let dispatcher: Dispatcher
    private let options: BotOptions
    private let api: BotAPI
    private let clock: any BotClock
    private let store: StateStore
    private let logger: Logger
    private let onDeadLetter: @Sendable (DeadLetter) -> Void
    private let deadline: HandlerDeadline

    init(
        dispatcher: Dispatcher, options: BotOptions, api: BotAPI, clock: any BotClock, store: StateStore,
        logger: Logger, onDeadLetter: @escaping @Sendable (DeadLetter) -> Void
    ) {
        self.dispatcher = dispatcher
        self.options = options
        self.api = api
        self.clock = clock
        self.store = store
        self.logger = logger
        self.onDeadLetter = onDeadLetter
        deadline = HandlerDeadline(options.handlerDeadline)
    }

    /// Cancels handlers that take too long; ends when its task is cancelled.
    func watchDeadline() async { await deadline.watch() }

    /// Handles an event.
    ///
    /// - Returns: Whether the event may be acknowledged; false only when the task was cancelled.
    func handle(_ event: Event, for bot: Author) async -> Bool {
        guard !store.wasHandled(event.cursor) else { return true }
        var backoff = Backoff(first: .milliseconds(500), max: .seconds(30))
        var failures = 0
        var transientFailures = 0
        while true {
            let failure: any Error
            do {
                try await run(
                    nonceBase: "\(event.cursor)", hops: event.hops + 1, handled: event.cursor, for: bot
                ) { [dispatcher] scope in
                    _ = try await dispatcher.dispatch(event, scope)
                }
                return true
            } catch {
                failure = error
            }
            if Task.isCancelled { return false }
            let known = failure as? BotError
            if known?.isTransient == true { transientFailures += 1 } else { failures += 1 }
            let isLast =
                known?.isPermanent == true || failures >= options.handlerAttempts
                || transientFailures >= Self.transientTries
            if isLast {
                bury(DeadLetter(event: event, attempts: failures + transientFailures, error: failure))
                return true
            }
            logger.warn(
                "bot.handlerFailed",
                ["cursor": .string("\(event.cursor)"), "failures": .int(failures), "error": .error(failure)])
            guard (try? await clock.pause(for: backoff.next())) != nil else { return false }
        }
    }

    /// Runs a timer's handler once.
    func fire(_ timer: TimerPart, nonceBase: String, for bot: Author) async {
        do {
            try await run(nonceBase: nonceBase, hops: 1, handled: nil, for: bot) { scope in
                try await timer.handle(TimerContext(scope: scope))
            }
        } catch {
            if !Task.isCancelled { logger.error("bot.timerFailed", ["error": .error(error)]) }
        }
    }

    private func run(
        nonceBase: String, hops: Int, handled: Cursor?, for bot: Author,
        _ work: @escaping @Sendable (HandlerScope) async throws -> Void
    ) async throws {
        let scope = HandlerScope(
            bot: bot, api: api, clock: clock, logger: logger, transaction: StoreTransaction(store),
            nonceBase: nonceBase, hops: hops)
        do {
            try await deadline.limit { try await work(scope) }
            try await scope.transaction.commit(handled: handled)
        } catch {
            scope.transaction.abandon()
            throw error
        }
    }

    private func bury(_ letter: DeadLetter) {
        logger.error(
            "bot.deadLetter",
            [
                "cursor": .string("\(letter.event.cursor)"), "type": .string("\(letter.event.type)"),
                "attempts": .int(letter.attempts), "error": .error(letter.error),
            ])
        onDeadLetter(letter)
    }
}

/// An event that a bot gave up.
public struct DeadLetter: Sendable {
    /// The event.
    public let event: Event
    /// How often its handlers were run.
    public let attempts: Int
    /// What the last run threw.
    public let error: any Error
}
