import ChatModel
import Postgres

/// A change of one value that a bridge keeps.
package struct BridgeValueChange: Sendable {
    package enum Action: Sendable {
        case set(String)
        /// Only when there is no value yet.
        case create(String)
        /// To a whole number; to 0 when there is no value yet.
        case add(Int64)
        case remove
    }

    package var key: String
    package var action: Action
    /// When the value goes by itself, milliseconds since 1970; one that is there keeps its time for `create` and `add`.
    package var expiresAt: Int64?
    /// What came of it is kept under this key; when there is something already, nothing changes.
    package var mark: String?
    package var markExpiresAt: Int64?
    /// So many values may lie under keys that begin so; a new one is refused beyond.
    package var limit: (prefix: String, count: Int)?

    package init(key: String, action: Action) {
        self.key = key
        self.action = action
    }
}

/// What came of a change.
package struct BridgeValueOutcome: Sendable, Equatable {
    package enum Status: String, Sendable {
        case done
        /// The mark was there: `before` and `after` are those of the first time.
        case `repeat`
        /// There is no room for one more value.
        case full
        /// The value that was to be added to is no whole number.
        case noNumber = "no_number"
    }

    package let status: Status
    package let before: String?
    package let after: String?

    package init(status: Status, before: String?, after: String?) {
        self.status = status
        self.before = before
        self.after = after
    }
}

extension ChatStore {
    private static let isLive = "(expires_at IS NULL OR expires_at > to_timestamp($2::float8 / 1000))"

    /// What a bridge keeps under a key.
    ///
    /// - Parameter now: Milliseconds since 1970.
    package func bridgeValue(_ key: String, of bridge: String, now: Int64) async throws -> String? {
        try await pool.query(
            "SELECT value FROM bridge_values WHERE bridge = $1 AND key = $3 AND \(Self.isLive)", bridge, Double(now),
            key
        ).first?.decode(0, as: String.self)
    }

    /// What a bridge keeps under keys that begin so.
    package func bridgeValues(
        under prefix: String, of bridge: String, now: Int64, limit: Int
    ) async throws -> [String: String] {
        let rows = try await pool.query(
            """
            SELECT key, value FROM bridge_values
            WHERE bridge = $1 AND \(Self.isLive) AND key ~>=~ $3 AND key ~<~ $4 ORDER BY key USING ~<~ LIMIT $5
            """, bridge, Double(now), prefix, Self.end(of: prefix), limit)
        var values: [String: String] = [:]
        for row in rows { values[try row.decode(0, as: String.self)] = try row.decode(1, as: String.self) }
        return values
    }

    package func setBridgeValue(
        _ value: String, for key: String, of bridge: String, expiresAt: Int64? = nil
    ) async throws {
        try await pool.execute(
            """
            INSERT INTO bridge_values (bridge, key, value, expires_at)
            VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000))
            ON CONFLICT (bridge, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
            """, bridge, key, value, expiresAt.map { Double($0) })
    }

    /// Keeps those of the values whose keys have none.
    package func createBridgeValues(
        _ values: [(key: String, value: String)], of bridge: String, now: Int64
    ) async throws {
        // Always in the same order: two that create the same keys do not wait for each other.
        let values = values.sorted { $0.key < $1.key }
        try await pool.execute(
            """
            INSERT INTO bridge_values (bridge, key, value)
            SELECT $1, key, value FROM unnest($3::text[], $4::text[]) AS new (key, value)
            ON CONFLICT (bridge, key) DO UPDATE SET value = excluded.value, expires_at = NULL
            WHERE bridge_values.expires_at <= to_timestamp($2::float8 / 1000)
            """, bridge, Double(now), values.map(\.key), values.map(\.value))
    }

    package func deleteBridgeValue(_ key: String, of bridge: String) async throws {
        try await pool.execute("DELETE FROM bridge_values WHERE bridge = $1 AND key = $2", bridge, key)
    }

    package func deleteBridgeValues(under prefix: String, of bridge: String) async throws {
        try await pool.execute(
            "DELETE FROM bridge_values WHERE bridge = $1 AND key ~>=~ $2 AND key ~<~ $3", bridge, prefix,
            Self.end(of: prefix))
    }

    /// Drops what has expired, at most 10,000 values.
    package func deleteExpiredBridgeValues(of bridge: String, now: Int64) async throws {
        try await pool.execute(
            """
            DELETE FROM bridge_values WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM bridge_values WHERE bridge = $1 AND expires_at <= to_timestamp($2::float8 / 1000)
                LIMIT 10000))
            """, bridge, Double(now))
    }

    /// Makes a change and keeps its mark, both or neither; changes of one bridge come one after another.
    package func changeBridgeValue(
        _ change: BridgeValueChange, of bridge: String, now: Int64
    ) async throws -> BridgeValueOutcome {
        let (action, value, amount): (String, String?, Int64?) =
            switch change.action {
            case .set(let value): ("set", value, nil)
            case .create(let value): ("create", value, nil)
            case .add(let amount): ("add", nil, amount)
            case .remove: ("remove", nil, nil)
            }
        let results = try await pool.withConnection { connection in
            try await connection.pipeline([
                // Two numbers: these locks are apart from those of the channels.
                PostgresStatement("SELECT pg_advisory_xact_lock(4, hashtext($1))", bridge),
                PostgresStatement(
                    Self.changeSQL, bridge, Double(now), change.key, action, value, amount,
                    change.expiresAt.map { Double($0) }, change.mark, change.markExpiresAt.map { Double($0) },
                    change.limit?.prefix ?? "", Self.end(of: change.limit?.prefix ?? ""),
                    change.limit.map { Int64($0.count) } ?? Int64.max),
            ])
        }
        let row = try results[1].rows.only()
        guard let status = BridgeValueOutcome.Status(rawValue: try row.decode(0, as: String.self)) else {
            preconditionFailure("the statement knows a status of its own")
        }
        return BridgeValueOutcome(
            status: status, before: try row.decode(1, as: String?.self), after: try row.decode(2, as: String?.self))
    }

    private static let changeSQL = """
        WITH note AS (
            SELECT value::json AS value FROM bridge_values WHERE bridge = $1 AND key = $8::text
        ), old AS (
            SELECT value, expires_at FROM bridge_values WHERE bridge = $1 AND key = $3 AND \(isLive)
        ), verdict AS (
            SELECT CASE
                WHEN EXISTS (SELECT FROM note) THEN 'repeat'
                WHEN $4 = 'add' AND EXISTS (SELECT FROM old WHERE value !~ '^-?[0-9]{1,18}$') THEN 'no_number'
                WHEN $4 <> 'remove' AND NOT EXISTS (SELECT FROM old) AND (
                    SELECT count(*) FROM bridge_values
                    WHERE bridge = $1 AND key ~>=~ $10 AND key ~<~ $11 AND \(isLive)) >= $12::bigint THEN 'full'
                ELSE 'done' END AS word
        ), new AS (
            SELECT CASE $4
                WHEN 'add' THEN (coalesce((SELECT value::bigint FROM old), 0) + $6::bigint)::text
                WHEN 'create' THEN coalesce((SELECT value FROM old), $5::text)
                ELSE $5::text END AS value
            FROM verdict WHERE word = 'done' AND $4 <> 'remove'
        ), written AS (
            INSERT INTO bridge_values (bridge, key, value, expires_at)
            SELECT $1, $3, value, CASE
                WHEN $4 <> 'set' AND EXISTS (SELECT FROM old) THEN (SELECT expires_at FROM old)
                ELSE to_timestamp($7::float8 / 1000) END
            FROM new
            ON CONFLICT (bridge, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
        ), removed AS (
            DELETE FROM bridge_values
            WHERE bridge = $1 AND key = $3 AND $4 = 'remove' AND (SELECT word FROM verdict) = 'done'
        ), noted AS (
            INSERT INTO bridge_values (bridge, key, value, expires_at)
            SELECT $1, $8::text, json_build_object(
                'before', (SELECT value FROM old), 'after', (SELECT value FROM new))::text,
                to_timestamp($9::float8 / 1000)
            FROM verdict WHERE word = 'done' AND $8::text IS NOT NULL
        )
        SELECT word,
            CASE word WHEN 'repeat' THEN (SELECT value->>'before' FROM note) ELSE (SELECT value FROM old) END,
            CASE word WHEN 'repeat' THEN (SELECT value->>'after' FROM note)
                WHEN 'done' THEN (SELECT value FROM new) ELSE (SELECT value FROM old) END
        FROM verdict
        """

    /// Behind every text that begins so, byte by byte.
    static func end(of prefix: String) -> String { prefix + "\u{10FFFF}" }
}
