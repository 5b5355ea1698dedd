package import Postgres

/// The relay that leads holds an advisory lock, for as long as its session lasts.
extension ChatStore {
    /// - Returns: Whether this session has the lock now.
    package func tryToLead(on connection: PostgresConnection) async throws -> Bool {
        try await connection.query("SELECT pg_try_advisory_lock($1)", LockKey.relay).only().decode(0, as: Bool.self)
    }

    /// Ends the session that has the lock when it has neither asked for anything nor taken an answer for so long.
    ///
    /// A statement that takes long is no silence.
    ///
    /// - Returns: Whether there was one.
    package func endSilentLeader(_ patience: Duration, on connection: PostgresConnection) async throws -> Bool {
        let rows = try await connection.query(
            """
            SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                AND l.classid::bigint = ($1::bigint >> 32) & 4294967295 AND l.objid::bigint = $1 & 4294967295
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND (a.state = 'idle' OR a.wait_event_type = 'Client')
                AND a.state_change < clock_timestamp() - $2 * interval '1 millisecond'
            """, LockKey.relay, Int64(patience / .milliseconds(1)))
        return !rows.isEmpty
    }
}
