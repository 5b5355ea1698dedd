package import ChatModel
package import ChatStore
package import EventLoop
package import Redis
import Synchronization

/// What the rest of the server knows of the log: where it is, and how to read it.
///
/// It wakes the relay whenever the store has written.
package final class EventLog: Sendable {
    private let store: ChatStore
    package let hub: EventHub
    private let redis: RedisClient
    private let relay: EventRelay?
    private let isWaking = Atomic<Bool>(false)

    /// - Parameter relay: The relay of this process; nil when it runs elsewhere. The one that leads is woken
    ///   through Redis when it is not this one.
    package init(store: ChatStore, hub: EventHub, redis: RedisClient, relay: EventRelay?) {
        self.store = store
        self.hub = hub
        self.redis = redis
        self.relay = relay
        store.onCommit { [weak self] in self?.committed() }
    }

    // MARK: The log as a whole

    /// Names the log that cursors belong to; each start of the database gives it another name.
    package var epoch: String { store.epoch }

    /// Grows when the log gets another name; costs next to nothing to look at.
    package var epochGeneration: Int { store.logName.generation }

    /// Whether events after `cursor` are not kept any more.
    package func isTrimmed(_ cursor: Cursor) async throws -> Bool { try await store.isTrimmed(cursor) }

    /// Up to where events were dropped; nil when none ever were.
    package func trimmedUpTo() async throws -> Cursor? { try await store.trimmedUpTo() }

    /// The last event that was written before `time`, kept or not.
    ///
    /// - Parameter time: Milliseconds since 1970.
    package func cursor(before time: Int64) async throws -> Cursor { try await store.cursor(before: time) }

    /// What is wrong with a cursor that a reader shows; nil when it gets everything behind it.
    ///
    /// - Parameter epoch: The name of the log that the reader was told beside it; nil from one that was told none.
    package func gap(after cursor: Cursor, epoch: String?) async throws -> EventGap? {
        try await store.fault(of: cursor, epoch: epoch, knownEnd: hub.position)
            .map { EventGap(cursor: cursor, fault: $0) }
    }

    /// Events that were read some time ago as they are to be told now.
    ///
    /// Without what was deleted since, and with the present text of what was edited; the same ones in the same order.
    package func current(_ records: [EventRecord]) async throws -> [EventRecord] {
        guard records.contains(where: \.tellsOfText) else { return records }
        let (known, unknown) = hub.current(records)
        guard !unknown.isEmpty else { return known }
        var current = known
        for (index, record) in zip(unknown, try await store.current(unknown.map { known[$0] })) {
            current[index] = record
        }
        return current
    }

    package func reader(
        user: UserID, app: AppID, after cursor: Cursor?, epoch: String? = nil, types: [EventType]?,
        isEverything: Bool = false, admit: EventReader.Admission? = nil
    ) async throws -> EventReader {
        try await EventReader.open(
            store: store, hub: hub, user: user, app: app, after: cursor, epoch: epoch, types: types,
            isEverything: isEverything, admit: admit)
    }

    package func subscription(
        user: UserID, app: AppID, receiver: any EventReceiver, loop: EventLoop
    ) async throws -> (subscription: EventSubscription, position: Cursor) {
        try await EventSubscription.open(
            store: store, hub: hub, user: user, app: app, receiver: receiver, loop: loop)
    }

    /// Says that a transaction with events was committed, so that they need not wait for the relay's poll.
    private func committed() {
        hub.committed()
        if let relay {
            relay.committed()
            // When another node's relay leads, that one is to be woken.
            if relay.isLeading { return }
        }
        guard !isWaking.exchange(true, ordering: .relaxed) else { return }
        // Ends with the one answer; a wake-up that is lost is made good by the relay's poll.
        Task {
            _ = try? await redis.send(RedisCommand(["PUBLISH", EventStream.wakeChannel, ""]))
            isWaking.store(false, ordering: .relaxed)
        }
    }
}
