package import ChatModel
package import ChatStore

/// Reads one user's events in order, from any cursor, waiting at the end for what comes.
///
/// For readers that set their own pace: bots, long polls. It reads from memory what is recent and from PostgreSQL
/// what is older, and follows the user's membership as it goes. One task at a time may use it.
package final class EventReader {
    private let store: ChatStore
    private let hub: EventHub
    private let appID: AppID
    private let userID: UserID
    private let types: Set<EventType>?
    private var channels: Set<ChannelID>
    /// Everything up to here was returned or is not for this reader.
    package private(set) var cursor: Cursor

    private init(
        store: ChatStore, hub: EventHub, appID: AppID, userID: UserID, types: [EventType]?, channels: [ChannelID],
        cursor: Cursor
    ) {
        self.store = store
        self.hub = hub
        self.appID = appID
        self.userID = userID
        self.types = types.map { Set($0) }
        self.channels = Set(channels)
        self.cursor = cursor
    }

    /// - Parameters:
    ///   - cursor: Where to begin; nil for what happens from now on.
    ///   - types: Only these; nil for all.
    /// - Throws: ``EventGap`` when events after `cursor` are not kept any more.
    package static func open(
        store: ChatStore, hub: EventHub, user: UserID, app: AppID, after cursor: Cursor?, types: [EventType]?
    ) async throws -> EventReader {
        // Taken before the membership is read, so that no change of it is missed.
        let position = hub.position
        if let cursor, try await store.isTrimmed(cursor) { throw EventGap(cursor: cursor) }
        let channels = try await store.channelIDs(of: user, in: app)
        return EventReader(
            store: store, hub: hub, appID: app, userID: user, types: types, channels: channels,
            cursor: cursor ?? position)
    }

    /// The next events, at least one; waits for it.
    ///
    /// - Throws: `CancellationError`, or what the database throws.
    package func next(limit: Int) async throws -> [EventRecord] {
        while true {
            let events = try await available(limit: limit)
            if !events.isEmpty { return events }
            try Task.checkCancellation()
            await hub.wait(after: cursor)
            try Task.checkCancellation()
        }
    }

    /// The next events; waits for them at most for `duration`, and answers with none then.
    ///
    /// - Throws: `CancellationError`, or what the database throws.
    package func next(limit: Int, within duration: Duration) async throws -> [EventRecord] {
        let events = try await available(limit: limit)
        guard events.isEmpty, duration > .zero else { return events }
        let deadline = ContinuousClock.now + duration
        while ContinuousClock.now < deadline {
            await hub.wait(after: cursor, until: deadline)
            // A cancelled task waits for nothing: without this it would spin until the deadline.
            try Task.checkCancellation()
            let events = try await available(limit: limit)
            if !events.isEmpty { return events }
        }
        return []
    }

    /// The next events that are there already; empty at the end of the log.
    package func available(limit: Int) async throws -> [EventRecord] {
        while true {
            let (events, isEnd) = try await part(limit: limit)
            if isEnd || !events.isEmpty { return events }
            try Task.checkCancellation()
        }
    }

    /// Some of the next events, and whether the log ends behind them.
    private func part(limit: Int) async throws -> (events: [EventRecord], isEnd: Bool) {
        if let recent = hub.recent(after: cursor) {
            var events: [EventRecord] = []
            for event in recent.events {
                cursor = event.record.cursor
                if take(event.record) { events.append(event.record) }
                if events.count == limit { return (events, false) }
            }
            cursor = max(cursor, recent.position)
            return (events, true)
        }
        let position = hub.position
        // Member events are asked for as well: they change what the reader may see.
        let asked = types.map { Array($0.union([.memberAdded, .memberRemoved])) }
        let events = try await store.events(
            after: cursor, for: userID, channels: Array(channels), app: appID, types: asked, limit: limit)
        var taken: [EventRecord] = []
        for event in events {
            cursor = event.cursor
            let channelsBefore = channels.count
            if take(event) { taken.append(event) }
            // The rows behind this one were chosen for the old membership: ask again.
            if channels.count > channelsBefore { return (taken, false) }
        }
        let isEnd = events.count < limit
        if isEnd { cursor = max(cursor, position) }
        return (taken, isEnd)
    }

    /// Whether the event is for this reader; keeps the membership up to date.
    private func take(_ event: EventRecord) -> Bool {
        guard event.appID == appID else { return false }
        let isOwn = event.subjectID == userID.rawValue
        if let channel = event.channelID, isOwn, event.type == .memberAdded { channels.insert(channel) }
        defer {
            if let channel = event.channelID, isOwn, event.type == .memberRemoved { channels.remove(channel) }
        }
        if let audience = event.audienceID, audience != userID { return false }
        // The end of the own membership is always told, also when it was over already as the reader began.
        let isOwnEnd = isOwn && event.type == .memberRemoved
        if event.audienceID == nil, let channel = event.channelID, !channels.contains(channel), !isOwnEnd {
            return false
        }
        return types.map { $0.contains(event.type) } ?? true
    }
}

/// Events after a cursor are gone: the reader has to load the present state anew.
package struct EventGap: Error, CustomStringConvertible {
    package let cursor: Cursor
    package var description: String { "events after \(cursor) are not kept any more" }
}
