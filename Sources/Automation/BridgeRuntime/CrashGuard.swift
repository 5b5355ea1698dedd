import BridgeKit
import ChatModel
import ChatService
import ChatStore
import Telemetry

/// Keeps an event that ends the process from ending it for ever.
///
/// After an end that nobody asked for, what the log held by then may have been in hand. So a try of it is noted in
/// PostgreSQL before it begins, and the note goes when the try has ended, however it did. What was begun at two such
/// ends is tried alone in the whole process; after the third it becomes a dead letter. A process that was asked to stop
/// says so first, and what it has in hand then is not to blame. New events cost nothing.
///
/// Confined to the task of an ``EventPump``.
final class CrashGuard {
    /// After so many ends in a row an event is not tried any more.
    static let mostEnds = 3

    private let worker: BridgeWorker
    /// The end of the log when the run began, after an end that nobody asked for.
    private var boundary: Cursor?
    /// At how many ends an event was in hand; one where nothing else is known.
    private var ends: [Cursor: Int] = [:]
    private var hasSaidGoodbye = false

    private var store: ChatStore { worker.services.store }
    private var bridge: String { worker.file.name }

    init(_ worker: BridgeWorker) { self.worker = worker }

    /// Whether an event is known that was in hand at more ends than one: everything goes singly then.
    var isCautious: Bool { !ends.isEmpty && ends.values.contains { $0 > 1 } }

    func begin() async throws {
        let (isOrderly, suspects) = try await store.beginBridgeRun(bridge, process: worker.services.process)
        for suspect in suspects { ends[suspect.cursor] = suspect.ends }
        guard !isOrderly else { return }
        boundary = try await store.head()
        worker.logger.warn(
            "bridge.ended_suddenly", ["suspects": .int(suspects.count), "upTo": .string("\(boundary ?? .beginning)")])
    }

    /// Says that what is in hand from here on is not to blame for the end.
    func sayGoodbye() async {
        guard !hasSaidGoodbye else { return }
        hasSaidGoodbye = true
        // Without PostgreSQL the end looks like a sudden one, which has to happen three times to matter.
        try? await store.endBridgeRun(bridge, process: worker.services.process)
    }

    /// Those of the events that may have ended a process.
    func suspects(among cursors: [Cursor]) -> [BridgeSuspect] {
        guard boundary != nil || !ends.isEmpty else { return [] }
        return cursors.compactMap { cursor in
            if let ends = ends[cursor] { return BridgeSuspect(cursor: cursor, ends: ends) }
            guard let boundary, cursor <= boundary else { return nil }
            return BridgeSuspect(cursor: cursor, ends: 1)
        }
    }

    /// Whether an event is not even to be looked at any more.
    func isCondemned(_ cursor: Cursor) -> Bool { (ends[cursor] ?? 0) >= Self.mostEnds }

    /// A try of the event has ended.
    func ended(_ cursor: Cursor) { ends[cursor] = nil }

    /// Looks at events that were read: the file's conditions, too, may be what ends the process.
    ///
    /// - Parameter isTaken: Whether an event that was looked at waits to be tried; the others are behind the bridge.
    func looking(
        at cursors: [Cursor], isTaken: (Cursor) -> Bool, _ body: () async throws -> Void
    ) async throws {
        let suspects = suspects(among: cursors)
        guard !suspects.isEmpty else { return try await body() }
        try await store.beginBridgeTries(suspects, of: bridge, process: worker.services.process)
        do { try await body() } catch {
            try? await store.putDownBridgeEvents(suspects, of: bridge, process: worker.services.process)
            throw error
        }
        let taken = suspects.filter { isTaken($0.cursor) }
        let passed = suspects.map(\.cursor).filter { !isTaken($0) }
        try await store.putDownBridgeEvents(taken, of: bridge, process: worker.services.process)
        try await store.endBridgeTries(passed, of: bridge, process: worker.services.process)
        for cursor in passed { ends[cursor] = nil }
    }

    // MARK: Tries

    /// Hands events over as ``EventAttempt/perform`` does, with a note of those that are suspected.
    static func perform(
        _ events: [QueuedEvent], suspects: [BridgeSuspect], of worker: BridgeWorker, isProbe: Bool,
        before deadline: ContinuousClock.Instant
    ) async -> [EventAttempt] {
        @Sendable func tryThem(_ events: [QueuedEvent]) async -> [EventAttempt] {
            await worker.services.service.hookDeliveries.during(events.map(\.record)) {
                await EventAttempt.perform(
                    events, on: worker.bridge, of: worker.file, store: worker.services.store,
                    log: worker.services.log, timing: worker.services.timing, isProbe: isProbe, before: deadline)
            }
        }
        guard !suspects.isEmpty else { return await tryThem(events) }
        let condemned = Set(suspects.filter { $0.ends >= mostEnds }.map(\.cursor))
        var attempts: [EventAttempt] = []
        for event in events where condemned.contains(event.cursor) {
            attempts.append(await EventAttempt.condemned(event, after: mostEnds, of: worker))
        }
        let rest = events.filter { !condemned.contains($0.cursor) }
        let begun = suspects.filter { !condemned.contains($0.cursor) }
        if begun.contains(where: { $0.ends > 1 }) {
            attempts += await worker.services.turn.take { await noted(rest, begun, of: worker, tryThem) }
        } else if !rest.isEmpty {
            attempts += await noted(rest, begun, of: worker, tryThem)
        }
        return attempts
    }

    private static func noted(
        _ events: [QueuedEvent], _ suspects: [BridgeSuspect], of worker: BridgeWorker,
        _ body: @Sendable ([QueuedEvent]) async -> [EventAttempt]
    ) async -> [EventAttempt] {
        let store = worker.services.store
        do {
            try await store.beginBridgeTries(suspects, of: worker.file.name, process: worker.services.process)
        } catch {
            return events.map { EventAttempt.untouched($0, "its try could not be noted: \(error)") }
        }
        let attempts = await body(events)
        // What stays noted though it has ended counts only if the process ends during its next try, too.
        try? await store.endBridgeTries(
            suspects.map(\.cursor), of: worker.file.name, process: worker.services.process)
        return attempts
    }
}
