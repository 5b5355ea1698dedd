package import ChatModel
import Postgres

/// A stretch of the past that a bridge is sent again.
package struct BridgeReplay: Sendable {
    package enum State: String, Sendable {
        case running, done, cancelled
    }

    package let id: Int64
    package let bridge: String
    package let state: State
    /// It begins behind this.
    package let after: Cursor
    /// It ends with this.
    package let until: Cursor
    /// Everything up to here is done with.
    package let position: Cursor
    /// How many events those are.
    package let settled: Int
    /// The same with those behind that are done already.
    package let done: Int
    package let dead: Int
    package let total: Int
    package let startedAt: String
    package let endedAt: String?
}

extension ChatStore {
    private static let replayColumns = """
        id, bridge, state, begins_after, ends_with, position, settled, done, dead, total, rfc3339(started_at), \
        rfc3339(ended_at)
        """

    /// Events behind one cursor and up to another that may be for a bridge, in order.
    ///
    /// - Parameter app: Nil for all.
    package func replayableEvents(
        after cursor: Cursor, until end: Cursor, types: [EventType], app: AppID?, limit: Int
    ) async throws -> [EventRecord] {
        try await pool.withConnection { connection in
            try await self.events(
                after: cursor, until: end, types: types, app: app, limit: limit, on: connection)
        }
    }

    /// The newest events of some types of one app, oldest first.
    package func newestEvents(in app: AppID, types: [EventType], limit: Int) async throws -> [EventRecord] {
        try await findHorizon()
        return try await pool.withConnection { connection in
            try await self.newestEvents(in: app, types: types, limit: limit, on: connection)
        }
    }

    /// How many events lie behind one cursor and up to another that may be for a bridge; counted up to `limit`.
    package func replayableCount(
        after cursor: Cursor, until end: Cursor, types: [EventType], app: AppID?, limit: Int
    ) async throws -> Int {
        let rows = try await pool.query(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM events WHERE (xid, id) > ($1::text::xid8, $2) AND (xid, id) <= ($3::text::xid8, $4)
                    AND type = ANY ($5) AND ($6::bigint IS NULL OR app_id = $6) LIMIT $7) AS found
            """, String(cursor.transaction), Int64(clamping: cursor.row), String(end.transaction),
            Int64(clamping: end.row), types.map(\.description), app?.rawValue, limit)
        return Int(try rows.only().decode(0, as: Int64.self))
    }

    private static let replayDetails =
        "json_build_object('after', begins_after, 'until', ends_with, 'done', done, 'total', total)"

    /// Notes that a bridge is to be sent a stretch of the past, and who wants it.
    ///
    /// - Parameter app: Whose audit log; that of who does it.
    /// - Returns: Nil while another one runs.
    package func insertReplay(
        of bridge: String, after: Cursor, until: Cursor, total: Int, by actor: AuditActor, in app: AppID
    ) async throws -> BridgeReplay? {
        try await pool.query(
            """
            WITH made AS (
                INSERT INTO bridge_replays (bridge, begins_after, ends_with, position, total) VALUES ($1, $2, $3, $2, $4)
                ON CONFLICT (bridge) DO UPDATE SET
                    id = DEFAULT, state = 'running', begins_after = excluded.begins_after, ends_with = excluded.ends_with,
                    position = excluded.position, settled = 0, done = 0, dead = 0, total = excluded.total,
                    started_at = now(), ended_at = NULL
                WHERE bridge_replays.state <> 'running'
                RETURNING *, $5::bigint AS app_id
            ), \(Self.audited(
                "'bridge.replay_started'", "'bridge:' || bridge", Self.replayDetails, from: "made", by: 6))
            SELECT \(Self.replayColumns) FROM made
            """, bridge, after.description, until.description, Int64(total), app.rawValue, try Self.parameter(actor)
        ).first.map(Self.replay)
    }

    /// The last replay of each bridge.
    package func replays() async throws -> [String: BridgeReplay] {
        let rows = try await pool.query("SELECT \(Self.replayColumns) FROM bridge_replays").map(Self.replay)
        return Dictionary(rows.map { ($0.bridge, $0) }) { $1 }
    }

    /// The replay of a bridge that runs; nil when none does.
    package func runningReplay(of bridge: String) async throws -> BridgeReplay? {
        try await pool.query(
            "SELECT \(Self.replayColumns) FROM bridge_replays WHERE bridge = $1 AND state = 'running'", bridge
        ).first.map(Self.replay)
    }

    /// Keeps how far a replay is; one that is further already stays there.
    ///
    /// - Returns: False when it was cancelled.
    package func advanceReplay(
        _ id: Int64, of bridge: String, to position: Cursor, settled: Int, done: Int, dead: Int
    ) async throws -> Bool {
        let rows = try await pool.query(
            """
            UPDATE bridge_replays SET
                position = CASE WHEN settled <= $4 THEN $3 ELSE position END, settled = greatest(settled, $4),
                done = greatest(done, $5), dead = greatest(dead, $6)
            WHERE bridge = $1 AND id = $2 AND state = 'running' RETURNING id
            """, bridge, id, position.description, Int64(settled), Int64(done), Int64(dead))
        return !rows.isEmpty
    }

    /// Ends a replay that has come to its end.
    ///
    /// - Returns: Nil when there was none to end.
    package func endReplay(_ id: Int64, of bridge: String) async throws -> BridgeReplay? {
        try await pool.query(
            """
            UPDATE bridge_replays SET state = 'done', ended_at = now()
            WHERE bridge = $1 AND id = $2 AND state = 'running'
            RETURNING \(Self.replayColumns)
            """, bridge, id
        ).first.map(Self.replay)
    }

    /// Ends the replay of a bridge that runs, whichever it is.
    ///
    /// - Parameter app: Whose audit log; that of who does it.
    /// - Returns: Nil when there was none to end.
    package func cancelReplay(
        of bridge: String, by actor: AuditActor, in app: AppID
    ) async throws -> BridgeReplay? {
        try await pool.query(
            """
            WITH ended AS (
                UPDATE bridge_replays SET state = 'cancelled', ended_at = now()
                WHERE bridge = $1 AND state = 'running' RETURNING *, $2::bigint AS app_id
            ), \(Self.audited(
                "'bridge.replay_cancelled'", "'bridge:' || bridge", Self.replayDetails, from: "ended", by: 3))
            SELECT \(Self.replayColumns) FROM ended
            """, bridge, app.rawValue, try Self.parameter(actor)
        ).first.map(Self.replay)
    }

    private static func replay(_ row: PostgresRow) throws -> BridgeReplay {
        func cursor(_ column: Int) throws -> Cursor { Cursor(try row.decode(column, as: String.self)) ?? .beginning }
        func count(_ column: Int) throws -> Int { Int(try row.decode(column, as: Int64.self)) }
        return BridgeReplay(
            id: try row.decode(0, as: Int64.self), bridge: try row.decode(1, as: String.self),
            state: BridgeReplay.State(rawValue: try row.decode(2, as: String.self)) ?? .cancelled,
            after: try cursor(3), until: try cursor(4), position: try cursor(5), settled: try count(6),
            done: try count(7), dead: try count(8), total: try count(9), startedAt: try row.decode(10, as: String.self),
            endedAt: try row.decode(11, as: String?.self))
    }
}
