package import ChatModel
package import ChatStore

/// Reads one user's events in order, from any cursor, waiting at the end for what comes.
///
/// For readers that set their own pace: bots, long polls. It reads from memory what is recent and from PostgreSQL
/// what is older, and follows the user's membership as it goes. One task at a time may use it.
package final class EventReader {
    /// Throws when the reader's user would not be let in any more.
    ///
    /// - Parameter isFresh: Whether PostgreSQL has to be asked: what is read is not what this node has heard of last.
    package typealias Admission = (_ isFresh: Bool) async throws -> Void

    private let admit: Admission?
    private let store: ChatStore
    private let hub: EventHub
    private let types: Set<EventType>?
    private var viewer: EventViewer
    /// Everything up to here was returned or is not for this reader.
    package private(set) var cursor: Cursor

    private init(
        store: ChatStore, hub: EventHub, types: [EventType]?, viewer: EventViewer, cursor: Cursor, admit: Admission?
    ) {
        self.admit = admit
        self.store = store
        self.hub = hub
        self.types = types.map { Set($0) }
        self.viewer = viewer
        self.cursor = cursor
    }

    /// - Parameters:
    ///   - cursor: Where to begin; nil for what happens from now on.
    ///   - epoch: The name of the log that the reader was told beside `cursor`; nil from one that was told none.
    ///   - types: Only these; nil for all.
    ///   - isEverything: All events of the app, whoever they are for, while the user is an administrator.
    ///   - admit: Asked before anything is handed out that was read behind an event which may have ended the user's
    ///     account, log-in or token; what it throws ends the reading.
    /// - Throws: ``EventGap`` when not everything after `cursor` can be told.
    package static func open(
        store: ChatStore, hub: EventHub, user: UserID, app: AppID, after cursor: Cursor?, epoch: String? = nil,
        types: [EventType]?, isEverything: Bool = false, admit: Admission? = nil
    ) async throws -> EventReader {
        // Taken before the user's standing is read, so that no change of it is missed.
        let position = hub.position
        if let cursor, let fault = try await store.fault(of: cursor, epoch: epoch, knownEnd: position) {
            throw EventGap(cursor: cursor, fault: fault)
        }
        let viewer = try await EventViewer(
            store: store, user: user, app: app, position: position, isEverything: isEverything)
        // What ended before this place in the log is not read again.
        try await admit?(false)
        return EventReader(
            store: store, hub: hub, types: types, viewer: viewer, cursor: cursor ?? position, admit: admit)
    }

    /// The next events, at least one; waits for it.
    ///
    /// - Throws: `CancellationError`, or what the database throws.
    package func next(limit: Int) async throws -> [EventRecord] {
        while true {
            let events = try await part(limit: limit)
            if !events.isEmpty { return events.map(\.record) }
            try Task.checkCancellation()
            cursor = max(cursor, await hub.wait(after: cursor, for: interest))
            try Task.checkCancellation()
        }
    }

    /// The next events; waits for them at most for `duration`, and answers with none then.
    ///
    /// - Throws: `CancellationError`, or what the database throws.
    package func next(limit: Int, within duration: Duration) async throws -> [EventRecord] {
        try await events(limit: limit, within: duration).map(\.record)
    }

    /// The same, with the frames that all readers of an event share.
    package func events(limit: Int, within duration: Duration) async throws -> [PublishedEvent] {
        let events = try await part(limit: limit)
        guard events.isEmpty, duration > .zero else { return events }
        let deadline = ContinuousClock.now + duration
        while ContinuousClock.now < deadline {
            cursor = max(cursor, await hub.wait(after: cursor, for: interest, until: deadline))
            // A cancelled task waits for nothing: without this it would spin until the deadline.
            try Task.checkCancellation()
            let events = try await part(limit: limit)
            if !events.isEmpty { return events }
        }
        return []
    }

    /// The next events that are there already; empty at the end of the log.
    package func available(limit: Int) async throws -> [EventRecord] { try await part(limit: limit).map(\.record) }

    private var interest: ReaderInterest { ReaderInterest(viewer: viewer, types: types) }

    private func part(limit: Int) async throws -> [PublishedEvent] {
        while true {
            let (events, isEnd) = try await step(limit: limit)
            if isEnd || !events.isEmpty { return events }
            try Task.checkCancellation()
        }
    }

    /// Some of the next events, and whether the log ends behind them.
    private func step(limit: Int) async throws -> (events: [PublishedEvent], isEnd: Bool) {
        if let recent = hub.recent(after: cursor) {
            var events: [PublishedEvent] = []
            for event in recent.events {
                cursor = event.record.cursor
                if take(event.record) { events.append(event) }
                if viewer.mayEnd(by: event.record), let admit {
                    try await admit(true)
                    return (events, false)
                }
                if events.count == limit { return (events, false) }
            }
            cursor = max(cursor, recent.position)
            return (events, true)
        }
        let position = hub.position
        store.noteSettled(through: position)
        // What changes the reader's standing is asked for as well.
        let asked = types.map { Array($0.union(EventViewer.types).union(EventViewer.endings).union([.channelUpdated])) }
        let events = try await store.events(after: cursor, for: viewer, types: asked, limit: limit)
        var taken: [PublishedEvent] = []
        for event in events {
            cursor = event.cursor
            let before = viewer
            if take(event) { taken.append(PublishedEvent(event, encode: hub.encode)) }
            if viewer.mayEnd(by: event), let admit {
                try await admit(true)
                return (taken, false)
            }
            // The rows behind this one were chosen for the old standing: ask again.
            if viewer.seesMore(than: before) { return (taken, false) }
        }
        let isEnd = events.count < limit
        if isEnd { cursor = max(cursor, position) }
        return (taken, isEnd)
    }

    private func take(_ event: EventRecord) -> Bool {
        viewer.takes(event) && (types.map { $0.contains(event.type) } ?? true)
    }
}

/// Not everything after a cursor can be told: the reader has to load the present state anew.
package struct EventGap: Error, CustomStringConvertible {
    package let cursor: Cursor
    package let fault: CursorFault

    package var description: String {
        switch fault {
        case .trimmed: "events after \(cursor) are not kept any more"
        case .otherLog: "the log was replaced or put back to an older state since it gave \(cursor)"
        case .ahead: "the log has not reached \(cursor)"
        }
    }
}
