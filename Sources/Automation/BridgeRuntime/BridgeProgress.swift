import ChatModel
import ChatStore
import Redis
import Telemetry

/// Keeps how far a bridge has got: what is done in its group in Redis, and its cursor in PostgreSQL.
///
/// Confined to the task of an ``EventPump``.
final class BridgeProgress {
    private let worker: BridgeWorker
    private let group: StreamGroup
    private let term: LeaseTerm
    private var stored: Cursor?

    private var file: BridgeFile { worker.file }
    private var store: ChatStore { worker.services.store }

    init(_ worker: BridgeWorker, _ group: StreamGroup, _ term: LeaseTerm) {
        self.worker = worker
        self.group = group
        self.term = term
    }

    /// Where a bridge without a group begins.
    func start() async throws -> Cursor {
        if let stored = try await store.bridgeCursors()[file.name] {
            if try await store.isTrimmed(stored) {
                worker.logger.error("bridge.gap", ["cursor": .string(stored.description)])
                worker.note(error: "events after \(stored) are not kept any more; the bridge goes on with the oldest")
            }
            return stored
        }
        let cursor =
            switch file.start {
            case .now: try await store.head()
            case .beginning: Cursor.beginning
            case .time(let time): try await store.cursor(before: time)
            case .cursor(let cursor): cursor
            }
        // Kept at once: "now" is the moment of the first start.
        try await store.setBridgeCursor(cursor, of: file.name)
        stored = cursor
        return cursor
    }

    /// Tells the group what is done.
    func acknowledge() async throws {
        let cursors = worker.unacknowledged
        guard !cursors.isEmpty else { return }
        do {
            guard try await group.acknowledge(cursors) else { throw LeaseLost() }
        } catch let error as RedisError where error.code == .reply {
            // The stream or the group is gone; so is what there was to acknowledge.
        }
        worker.acknowledged(cursors.count)
    }

    /// Keeps that everything up to a cursor is done.
    func store(_ done: Cursor) async throws {
        guard done != stored else { return }
        // A node that was stopped would set back what its heir has stored.
        try term.check()
        try await store.setBridgeCursor(done, of: file.name)
        stored = done
    }
}
