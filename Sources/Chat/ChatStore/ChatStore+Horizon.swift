package import ChatModel
package import Postgres
import Synchronization
import Telemetry

/// A transaction that was under way, anywhere in the cluster of databases, when it was asked.
package struct OpenTransaction: Sendable, Hashable {
    package let xid: UInt64
    /// Whether it may have written events, or may still.
    package let mayWriteEvents: Bool

    package init(xid: UInt64, mayWriteEvents: Bool) {
        self.xid = xid
        self.mayWriteEvents = mayWriteEvents
    }
}

/// Whose a transaction is that stands in the way.
package struct TransactionHolder: Sendable, Hashable {
    /// Nil for a prepared transaction, which no session has any more.
    package let processID: Int32?
    package let user: String
    package let database: String
    /// What the session calls itself; a prepared transaction's own name.
    package let application: String
    package let address: String
    /// `active`, `idle in transaction`, `prepared`.
    package let state: String
    package let milliseconds: Int64
    /// It is one of Martlet's own sessions.
    package let isOurs: Bool
}

/// Up to where the log is complete.
///
/// An event's place in the log is its transaction's id, which the transaction has long before its rows can be seen. So the
/// log can be read in order below the oldest transaction that is still open: but only those of events count, and the
/// cluster has others, in other databases too, which may stay open for hours. Which are which is seen by their locks:
///
/// - A statement has its lock on each table that it writes (`RowExclusiveLock`) before it begins, so before its
///   transaction can get its id from it, and keeps it to the end. A transaction that writes events in its first statement
///   thus holds a lock on `events` for as long as it has an id; where other statements come before, ``holdLog`` takes it.
///   Nodes of before changed a message first and told of it in a later statement: they hold one on `messages`.
/// - `pg_locks` shows each transaction that has an id, and its locks. What is shown as open, was open already when the
///   statement's snapshot was taken (before `pg_locks` was read), and holds neither lock, will never write an event.
///
/// A transaction that should get its id in another way before it writes events says ``holdLog`` first; and in none may
/// its first write of events lie in a savepoint, which gives its locks back when it is undone.
extension ChatStore {
    /// A statement that makes the transaction one that writes events, before it has an id.
    ///
    /// It finds nothing, and takes the lock of those who change rows; `LOCK TABLE` needs a `BEGIN` before it.
    static let holdLog = PostgresStatement("SELECT FROM ONLY events WHERE false FOR UPDATE")

    /// Everything of transactions below this id is committed and can be seen, or will never be there.
    ///
    /// The relay finds it, the stream shows it to other nodes; it helps readers where PostgreSQL's own idea of the oldest
    /// open transaction (`pg_snapshot_xmin`) is held up by one that has nothing to do with the log.
    package var settledBelow: UInt64 { settled.load(ordering: .acquiring) }

    /// - Parameter xid: Below it nothing of the log is open any more.
    package func noteSettled(below xid: UInt64) {
        _ = settled.max(xid, ordering: .acquiringAndReleasing)
    }

    /// The event at `cursor` was read from the log's settled part, here or by the relay of another node.
    package func noteSettled(through cursor: Cursor) {
        if cursor.transaction < .max { noteSettled(below: cursor.transaction + 1) }
    }

    /// What was known of the log was known of another one.
    package func forgetSettled() { settled.store(0, ordering: .releasing) }

    /// SQL that holds for rows among and before which none can appear any more.
    ///
    /// - Parameter parameter: The number of the parameter that has ``settledParameter``.
    static func isSettled(_ parameter: Int) -> String {
        "xid < greatest(pg_snapshot_xmin(pg_current_snapshot()), $\(parameter)::text::xid8)"
    }

    var settledParameter: String { String(settledBelow) }

    /// All transactions that were open when the statement began, oldest first.
    ///
    /// One that ended meanwhile is left out; so is one in the moment in which it gets its id.
    package func openTransactions(on connection: PostgresConnection) async throws -> [OpenTransaction] {
        try await Self.openTransactions(connection.query(Self.openTransactions))
    }

    private static func openTransactions(_ rows: [PostgresRow]) throws -> [OpenTransaction] {
        try rows.map { row in
            OpenTransaction(
                xid: UInt64(bitPattern: try row.decode(0, as: Int64.self)),
                mayWriteEvents: try row.decode(1, as: Bool.self))
        }
    }

    // Only locks that no writer of rows takes are left out: those of readers, and of VACUUM, ANALYZE and
    // CREATE INDEX CONCURRENTLY. One that is waited for counts as if it were held.
    private static let openTransactions = """
        WITH locks AS MATERIALIZED (
            SELECT locktype, database, relation, transactionid, virtualtransaction, mode, granted FROM pg_locks
        ), log AS (
            SELECT 'events'::regclass::oid AS relation UNION ALL SELECT 'messages'::regclass::oid
            UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = 'events'::regclass
        )
        SELECT o.xid::text::bigint AS number, EXISTS (
            SELECT FROM locks w JOIN log ON log.relation = w.relation
            WHERE w.virtualtransaction = h.virtualtransaction AND w.locktype = 'relation'
                AND w.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND w.mode NOT IN ('AccessShareLock', 'ShareUpdateExclusiveLock')) AS writes
        FROM pg_snapshot_xip(pg_current_snapshot()) AS o (xid)
        JOIN locks h ON h.locktype = 'transactionid' AND h.transactionid = o.xid::xid
            AND h.granted AND h.mode = 'ExclusiveLock'
        ORDER BY 1
        """

    /// When the oldest transaction began that is under way in this database, milliseconds since 1970; now when none is.
    package func oldestTransaction(on connection: PostgresConnection) async throws -> Int64 {
        try await connection.query(
            """
            SELECT (extract(epoch FROM least(now(), min(xact_start))) * 1000)::bigint FROM pg_stat_activity
            WHERE datname = current_database()
            """
        ).only().decode(0, as: Int64.self)
    }

    /// Finds out up to where the log is complete, and keeps it in mind.
    ///
    /// For readers that begin, or read without a relay that tells.
    package func findHorizon() async throws {
        let row = try await pool.query(
            """
            WITH open AS MATERIALIZED (\(Self.openTransactions))
            SELECT coalesce(
                (SELECT x FROM pg_snapshot_xip(now) AS x
                 WHERE NOT EXISTS (SELECT FROM open WHERE open.number = x::text::bigint AND NOT open.writes)
                 ORDER BY x LIMIT 1), pg_snapshot_xmax(now))::text::bigint
            FROM pg_current_snapshot() AS now
            """
        ).only()
        noteSettled(below: UInt64(bitPattern: try row.decode(0, as: Int64.self)))
    }

    /// Whose the transaction is; nil when it is over.
    package func holder(of xid: UInt64, on connection: PostgresConnection) async throws -> TransactionHolder? {
        try await connection.query(
            """
            SELECT h.pid, coalesce(a.usename, p.owner, '')::text, coalesce(a.datname, p.database, '')::text,
                coalesce(a.application_name, p.gid, ''), coalesce(host(a.client_addr), ''),
                coalesce(a.state, CASE WHEN p.gid IS NULL THEN '' ELSE 'prepared' END),
                coalesce(extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, p.prepared)) * 1000, 0)::bigint,
                coalesce(a.usename = current_user AND a.datname = current_database()
                    AND a.application_name = current_setting('application_name'), false)
            FROM pg_locks h LEFT JOIN pg_stat_activity a ON a.pid = h.pid
                LEFT JOIN pg_prepared_xacts p ON h.pid IS NULL AND p.transaction = h.transactionid
            WHERE h.locktype = 'transactionid' AND h.transactionid = $1::text::xid8::xid AND h.granted
                AND h.mode = 'ExclusiveLock'
            """, String(xid)
        ).first.map { row in
            TransactionHolder(
                processID: try row.decode(0, as: Int32?.self), user: try row.decode(1, as: String.self),
                database: try row.decode(2, as: String.self), application: try row.decode(3, as: String.self),
                address: try row.decode(4, as: String.self), state: try row.decode(5, as: String.self),
                milliseconds: try row.decode(6, as: Int64.self), isOurs: try row.decode(7, as: Bool.self))
        }
    }

    /// Ends the session that has the transaction, if it is still one of Martlet's own.
    ///
    /// - Returns: Whether there was one.
    package func endOwnTransaction(_ xid: UInt64, on connection: PostgresConnection) async throws -> Bool {
        let rows = try await connection.query(
            """
            SELECT pg_terminate_backend(a.pid) FROM pg_locks h JOIN pg_stat_activity a ON a.pid = h.pid
            WHERE h.locktype = 'transactionid' AND h.transactionid = $1::text::xid8::xid AND h.granted
                AND h.mode = 'ExclusiveLock' AND a.usename = current_user AND a.datname = current_database()
                AND a.application_name = current_setting('application_name')
            """, String(xid))
        return !rows.isEmpty
    }
}
