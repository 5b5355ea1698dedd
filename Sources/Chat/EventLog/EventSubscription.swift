package import ChatModel
package import ChatStore
package import EventLoop

/// Pushes one user's events to a receiver: first what it missed, then what happens, without a gap or a repeat.
package final class EventSubscription: @unchecked Sendable {
    private static let page = 500

    private let store: ChatStore
    private let hub: EventHub
    package let loop: EventLoop
    // Touched on the loop only.
    private let entry: EventReceiverIndex.Entry
    private var isAttached = false
    private var isClosed = false

    private init(store: ChatStore, hub: EventHub, loop: EventLoop, entry: EventReceiverIndex.Entry) {
        self.store = store
        self.hub = hub
        self.loop = loop
        self.entry = entry
    }

    /// Prepares a subscription; nothing is delivered before ``run(after:)``.
    ///
    /// - Returns: The subscription and the place from which a new reader starts.
    package static func open(
        store: ChatStore, hub: EventHub, user: UserID, app: AppID, receiver: any EventReceiver, loop: EventLoop
    ) async throws -> (subscription: EventSubscription, position: Cursor) {
        // Taken before the user's standing is read, so that no change of it is missed.
        let position = hub.position
        let viewer = try await EventViewer(store: store, user: user, app: app, position: position)
        let entry = EventReceiverIndex.Entry(viewer: viewer, receiver: receiver)
        return (EventSubscription(store: store, hub: hub, loop: loop, entry: entry), position)
    }

    /// Delivers everything behind `cursor` and then goes live; returns when it is live or closed.
    ///
    /// Runs on the loop.
    ///
    /// - Throws: ``EventGap`` when events after `cursor` are not kept any more, or what the database throws.
    package func run(after cursor: Cursor) async throws {
        if try await store.isTrimmed(cursor) { throw EventGap(cursor: cursor, fault: .trimmed) }
        var cursor = cursor
        while !isClosed {
            while entry.receiver.isCongested, !isClosed {
                // The receiver takes its history slower than it is read; the limit on unsent bytes ends a dead one.
                try await Task.sleep(for: .milliseconds(20))
            }
            if attach(after: &cursor) { return }
            if entry.receiver.isCongested { continue }
            let position = hub.position
            store.noteSettled(through: position)
            let records = try await store.events(
                after: cursor, for: entry.viewer, types: nil, limit: Self.page)
            var isComplete = records.count < Self.page
            for record in records where !isClosed {
                if entry.receiver.isCongested {
                    isComplete = false
                    break
                }
                cursor = record.cursor
                let before = entry.viewer
                deliver(PublishedEvent(record, encode: hub.encode))
                if entry.viewer.seesMore(than: before) {
                    // The rows behind this one were chosen for the old standing: ask again.
                    isComplete = false
                    break
                }
            }
            if isComplete { cursor = max(cursor, position) }
        }
    }

    /// Has the receiver told when these users come and go, in place of those before; called on the loop.
    package func watch(_ users: Set<UserID>) {
        loop.preconditionInLoop()
        if !isClosed { hub.index(of: loop).watch(users, entry) }
    }

    /// Ends the deliveries; called on the loop.
    package func close() {
        loop.preconditionInLoop()
        guard !isClosed else { return }
        isClosed = true
        hub.index(of: loop).watch([], entry)
        guard isAttached else { return }
        hub.index(of: loop).remove(entry)
        hub.receiverRemoved()
    }

    /// Delivers what the hub's memory holds behind `cursor` and goes live, when it reaches back that far.
    ///
    /// - Returns: False when it does not, or when the receiver could not take it all; `cursor` is moved on then.
    private func attach(after cursor: inout Cursor) -> Bool {
        loop.preconditionInLoop()
        // Counted first: the hub must not think that nobody listens between the look into its memory and the end.
        hub.receiverAdded()
        guard let recent = hub.recent(after: cursor) else {
            hub.receiverRemoved()
            return false
        }
        for event in recent.events {
            guard !entry.receiver.isCongested, !isClosed else {
                hub.receiverRemoved()
                return false
            }
            deliver(event)
            cursor = event.record.cursor
        }
        guard !isClosed else {
            hub.receiverRemoved()
            return false
        }
        // Batches that are in memory may still be on their way to this loop; they are told apart by the cursor.
        entry.cursor = recent.position
        hub.index(of: loop).add(entry)
        isAttached = true
        return true
    }

    private func deliver(_ event: PublishedEvent) {
        if entry.viewer.takes(event.record) { entry.receiver.receive(event, frame: event.frame) }
        if entry.viewer.mayEnd(by: event.record) { entry.receiver.mayHaveEnded() }
    }
}
