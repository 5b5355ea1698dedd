package import ChatModel
package import ChatService
package import ChatStore
import EventLog
import Telemetry

/// One end of a stretch of the event log.
package enum ReplayBound: Sendable, Hashable {
    case beginning
    /// Milliseconds since 1970.
    case time(Int64)
    case cursor(Cursor)

    /// Reads `beginning`, a time (RFC 3339) or a cursor.
    package init?(_ text: String) {
        if text == "beginning" {
            self = .beginning
        } else if let cursor = Cursor(text) {
            self = .cursor(cursor)
        } else if let time = Timestamp.parse(text) {
            self = .time(time)
        } else {
            return nil
        }
    }
}

extension BridgeRuntime {
    /// Far more than anybody wants to send by accident, and few enough to be counted.
    private static let mostReplayed = 10_000_000
    private static let day: Int64 = 86_400_000

    /// Sends a bridge again what it has had before, while it goes on with what is new.
    ///
    /// - Parameters:
    ///   - after: It begins behind this cursor, or with this time.
    ///   - until: It ends with this cursor, or before this time; with what happened last when nil.
    ///   - isTrial: Only counts.
    /// - Throws: ``BridgeRuntimeError``.
    package func replay(
        _ bridge: String, after: ReplayBound, until: ReplayBound?, isTrial: Bool, by principal: Principal
    ) async throws -> BridgeStatus.Replay {
        guard let file = file(named: bridge), file.isEnabled else {
            throw BridgeRuntimeError(
                code: .unknownBridge, description: "There is no bridge of this name that is switched on.")
        }
        guard !file.selection.types.isEmpty else {
            throw BridgeRuntimeError(
                code: .followsNothing, description: "This bridge follows no events, so none can be sent again.")
        }
        let store = services.store
        let head = try await store.head()
        let start = try await self.start(after, head)
        let end = min(try await self.end(until) ?? head, head)
        guard start < end else {
            throw Self.invalid("The range is empty: it ends with \(end), and has to begin before.")
        }
        let app = if let name = file.app { try await services.service.app(named: name) } else { AppID?.none }
        let total = try await store.replayableCount(
            after: start, until: end, types: Array(file.selection.types), app: app, limit: Self.mostReplayed + 1)
        guard total <= Self.mostReplayed else {
            throw Self.invalid("The range has more than \(Self.mostReplayed) events; send it again in parts.")
        }
        guard !isTrial, total > 0 else {
            return BridgeStatus.Replay(
                state: BridgeReplay.State.done.rawValue, after: start, until: end, done: 0, total: total, deadLetters: 0
            )
        }
        let replay = try await store.insertReplay(
            of: bridge, after: start, until: end, total: total, by: principal.auditActor, in: principal.appID)
        guard let replay else {
            throw BridgeRuntimeError(
                code: .replayRunning, description: "The bridge is being sent events again already; cancel that first.")
        }
        wake(bridge)
        return BridgeStatus.Replay(replay)
    }

    /// Ends a replay; what is at the target already gets to its end.
    ///
    /// - Throws: ``BridgeRuntimeError``.
    package func cancelReplay(of bridge: String, by principal: Principal) async throws {
        let ended = try await services.store.cancelReplay(
            of: bridge, by: principal.auditActor, in: principal.appID)
        guard ended != nil else {
            throw BridgeRuntimeError(code: .noReplay, description: "This bridge is not being sent events again.")
        }
        wake(bridge)
    }

    /// Another node finds it within seconds.
    private func wake(_ bridge: String) {
        for worker in workers where worker.file.name == bridge { worker.lookForReplay() }
    }

    /// Past events as bridges get them, oldest first, with the channels that they name: to try a bridge on them.
    ///
    /// - Parameter after: Where they begin; nil for the newest ones.
    /// - Throws: ``BridgeRuntimeError``.
    package func pastEvents(
        in app: AppID, types: [EventType], after: ReplayBound?, limit: Int
    ) async throws -> (events: [EventRecord], channels: [Channel]) {
        let store = services.store
        if case .cursor(let cursor)? = after, try await cursor > store.head() {
            throw Self.invalid("The log has not reached \(cursor).")
        }
        let events =
            if let after {
                try await store.replayableEvents(
                    after: try await start(after, .last), until: .last, types: types, app: app, limit: limit)
            } else {
                try await store.newestEvents(in: app, types: types, limit: limit)
            }
        var channels: [Channel] = []
        for id in Set(events.compactMap(\.channelID)).sorted() {
            if let channel = try await services.service.channel(id, of: app) { channels.append(channel) }
        }
        return (events, channels)
    }

    private func start(_ bound: ReplayBound, _ head: Cursor) async throws -> Cursor {
        let store = services.store
        let trimmed = try await store.trimmedUpTo()
        switch bound {
        case .beginning: return trimmed ?? .beginning
        case .cursor(let cursor):
            guard cursor < head else { throw Self.invalid("Nothing has happened behind \(cursor) yet.") }
            if let trimmed, cursor < trimmed { throw try await gone() }
            return cursor
        case .time(let time):
            guard time <= services.timing.now() else { throw Self.invalid("The range begins in the future.") }
            let cursor = try await store.cursor(before: time)
            guard let trimmed, cursor < trimmed else { return cursor }
            // Days are dropped as a whole: of the day of the oldest event nothing is missing.
            guard let oldest = try await oldestTime(), time >= oldest / Self.day * Self.day else {
                throw try await gone()
            }
            return trimmed
        }
    }

    private func end(_ bound: ReplayBound?) async throws -> Cursor? {
        switch bound {
        case nil, .beginning?: nil
        case .cursor(let cursor)?: cursor
        case .time(let time)?: try await services.store.cursor(before: time)
        }
    }

    private func oldestTime() async throws -> Int64? {
        try await services.store.settledEvents(after: .beginning, limit: 1).first?.at
    }

    private func gone() async throws -> BridgeRuntimeError {
        let oldest = try await oldestTime().map { "; the oldest is of \(Timestamp.format(milliseconds: $0))" }
        return BridgeRuntimeError(
            code: .eventsGone,
            description: "Events from then are not kept any more\(oldest ?? ""). `beginning` means what is kept.")
    }

    private static func invalid(_ description: String) -> BridgeRuntimeError {
        BridgeRuntimeError(code: .invalidRange, description: description)
    }
}

extension Cursor {
    /// Behind every event.
    fileprivate static let last = Cursor(transaction: UInt64(Int64.max), row: UInt64(Int64.max))
}

extension BridgeStatus.Replay {
    init(_ replay: BridgeReplay) {
        self.init(
            state: replay.state.rawValue, after: replay.after, until: replay.until, done: replay.done,
            total: replay.total, deadLetters: replay.dead, startedAt: replay.startedAt, endedAt: replay.endedAt)
    }
}
