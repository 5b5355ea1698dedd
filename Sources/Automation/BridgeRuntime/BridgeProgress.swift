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
            switch try await fault(of: stored) {
            case nil: return stored
            case .trimmed?:
                worker.note(error: "events after \(stored) are not kept any more; the bridge goes on with the oldest")
                return stored
            case .otherLog?, .ahead?: break
            }
            let head = try await store.head()
            worker.note(error: "the log has not reached \(stored), where the bridge was; it goes on with what comes")
            try await store.setBridgeCursor(head, of: file.name)
            self.stored = head
            return head
        }
        var cursor =
            switch file.start {
            case .now: try await store.head()
            case .beginning: Cursor.beginning
            case .time(let time): try await store.cursor(before: time)
            case .cursor(let cursor): cursor
            }
        if case .cursor = file.start, try await fault(of: cursor) == .ahead {
            worker.note(
                error: "the log has not reached \(cursor), with which the file begins; it begins with what comes")
            cursor = try await store.head()
        }
        // Kept at once: "now" is the moment of the first start.
        try await store.setBridgeCursor(cursor, of: file.name)
        stored = cursor
        return cursor
    }

    private func fault(of cursor: Cursor) async throws -> CursorFault? {
        let fault = try await store.fault(of: cursor, epoch: nil, knownEnd: .beginning)
        if let fault {
            worker.logger.error(
                "bridge.gap", ["cursor": .string(cursor.description), "reason": .string("\(fault)")])
        }
        return fault
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
        guard try await store.setBridgeCursor(done, of: file.name, under: group.leaseNumber) else { throw LeaseLost() }
        stored = done
    }
}
