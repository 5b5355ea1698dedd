package import ChatModel
import Postgres

/// An event that a bridge may have had in hand when a process ended.
package struct BridgeSuspect: Sendable, Hashable {
    package let cursor: Cursor
    /// At how many ends in a row.
    package let ends: Int

    package init(cursor: Cursor, ends: Int) {
        self.cursor = cursor
        self.ends = ends
    }
}

// Who runs a bridge, and what it had in hand when it ended. Among the bridge's values: an event costs nothing here but
// after an end that nobody had asked for.
extension ChatStore {
    private static let runKey = "runtime.process"
    private static let handPrefix = "runtime.in_hand."
    /// Behind the number of ends while a try is under way, with the process that tries.
    private static let begun = " begun "
    /// Nobody needs to know longer.
    private static let kept = "now() + interval '30 days'"

    /// Notes that a process runs a bridge from now on, and counts one end more for what another had begun.
    ///
    /// - Returns: Whether the last end was an orderly one, or this same process ran it last; and what is suspected.
    package func beginBridgeRun(
        _ bridge: String, process: String
    ) async throws -> (isOrderly: Bool, suspects: [BridgeSuspect]) {
        let rows = try await pool.query(
            """
            WITH before AS (
                SELECT value FROM bridge_values WHERE bridge = $1 AND key = $3
            ), written AS (
                INSERT INTO bridge_values (bridge, key, value) VALUES ($1, $3, $2)
                ON CONFLICT (bridge, key) DO UPDATE SET value = excluded.value
            ), suspects AS (
                UPDATE bridge_values SET value = (
                    split_part(value, ' ', 1)::int
                    + CASE WHEN value LIKE '%' || $6::text || '%' AND (SELECT value FROM before) NOT IN ('', $2) THEN 1
                        ELSE 0 END)::text
                WHERE bridge = $1 AND key ~>=~ $4 AND key ~<~ $5
                RETURNING key, value
            )
            SELECT coalesce((SELECT value FROM before), ''), NULL, NULL
            UNION ALL SELECT '', key, value FROM suspects
            """, bridge, process, Self.runKey, Self.handPrefix, Self.end(of: Self.handPrefix), Self.begun)
        let before = try rows.first?.decode(0, as: String.self) ?? ""
        let suspects = try rows.dropFirst().compactMap { row -> BridgeSuspect? in
            let key = try row.decode(1, as: String.self)
            guard let cursor = Cursor(String(key.dropFirst(Self.handPrefix.count))) else { return nil }
            return BridgeSuspect(cursor: cursor, ends: Int(try row.decode(2, as: String.self)) ?? 1)
        }
        return (before.isEmpty || before == process, suspects)
    }

    /// Notes before they are tried which events a bridge has in hand; an end from here on counts against them.
    package func beginBridgeTries(_ suspects: [BridgeSuspect], of bridge: String, process: String) async throws {
        try await keepSuspects(suspects, of: bridge, suffix: Self.begun + process)
    }

    /// Notes that events are not in hand for the moment, though they are not done.
    package func putDownBridgeEvents(_ suspects: [BridgeSuspect], of bridge: String, process: String) async throws {
        let (new, old) = (suspects.filter { $0.ends < 2 }, suspects.filter { $0.ends >= 2 })
        try await endBridgeTries(new.map(\.cursor), of: bridge, process: process)
        try await keepSuspects(old, of: bridge, suffix: "")
    }

    /// Forgets events whose tries have ended, however they did; not those that another process tries by now.
    package func endBridgeTries(_ cursors: [Cursor], of bridge: String, process: String) async throws {
        guard !cursors.isEmpty else { return }
        try await pool.execute(
            """
            DELETE FROM bridge_values
            WHERE bridge = $1 AND key = ANY ($2) AND split_part(value, ' ', 3) IN ('', $3)
            """, bridge, cursors.map { Self.handPrefix + $0.description }, process)
    }

    /// Notes that a bridge was asked to stop: what it has in hand is not to blame for this end.
    package func endBridgeRun(_ bridge: String, process: String) async throws {
        try await pool.execute(
            """
            WITH ended AS (
                UPDATE bridge_values SET value = '' WHERE bridge = $1 AND key = $3 AND value = $2 RETURNING key
            )
            UPDATE bridge_values SET value = split_part(value, ' ', 1)
            WHERE bridge = $1 AND key ~>=~ $4 AND key ~<~ $5 AND EXISTS (SELECT FROM ended)
            """, bridge, process, Self.runKey, Self.handPrefix, Self.end(of: Self.handPrefix))
    }

    private func keepSuspects(_ suspects: [BridgeSuspect], of bridge: String, suffix: String) async throws {
        guard !suspects.isEmpty else { return }
        try await pool.execute(
            """
            INSERT INTO bridge_values (bridge, key, value, expires_at)
            SELECT $1, key, value, \(Self.kept) FROM unnest($2::text[], $3::text[]) AS hand (key, value)
            ON CONFLICT (bridge, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
            """, bridge, suspects.map { Self.handPrefix + $0.cursor.description },
            suspects.map { "\($0.ends)\(suffix)" })
    }
}
