package import ChatModel
import Postgres

/// Rights that one at a time has: the connection of a bot, the run of a bridge.
///
/// Each taking has a number, and a later one the higher number: they come from a sequence of PostgreSQL, which never goes
/// back, whatever becomes of Redis. Whoever acts under a right shows its number, and a lower one than was seen is refused.
extension ChatStore {
    /// Takes a right from whoever has it.
    ///
    /// - Parameter holder: For who looks into the table.
    package func claimLease(_ name: String, holder: String) async throws -> Int64 {
        // Of two at once one waits for the other's row, and takes its number behind that.
        try await pool.query(
            """
            INSERT INTO leases (name, number, holder, expires_at, lasts)
            VALUES ($1, nextval('lease_numbers'), $2, 'infinity', '100 years')
            ON CONFLICT (name) DO UPDATE SET number = nextval('lease_numbers'), holder = excluded.holder,
                expires_at = excluded.expires_at, lasts = excluded.lasts
            RETURNING number
            """, name, holder
        ).only().decode(0, as: Int64.self)
    }

    /// Takes a right that nobody has, or that has run out, for a time.
    ///
    /// - Returns: Its number; nil while another has it.
    package func acquireLease(_ name: String, holder: String, for time: Duration) async throws -> Int64? {
        // Whoever waits asks often: that must not write anything.
        try await pool.query(
            """
            WITH taken AS (
                UPDATE leases SET number = nextval('lease_numbers'), holder = $2,
                    expires_at = now() + $3 * interval '1 millisecond', lasts = $3 * interval '1 millisecond'
                WHERE name = $1 AND (expires_at <= now() OR holder = $2
                    OR expires_at > now() + lasts + interval '1 second' AND expires_at < 'infinity')
                RETURNING number
            ), made AS (
                INSERT INTO leases (name, number, holder, expires_at, lasts)
                SELECT $1, nextval('lease_numbers'), $2, now() + $3 * interval '1 millisecond',
                    $3 * interval '1 millisecond'
                WHERE NOT EXISTS (SELECT FROM leases WHERE name = $1)
                ON CONFLICT (name) DO NOTHING RETURNING number
            )
            SELECT number FROM taken UNION ALL SELECT number FROM made
            """, name, holder, Int64(time / .milliseconds(1))
        ).first?.decode(0, as: Int64.self)
    }

    /// Prolongs a right.
    ///
    /// - Returns: False when it has run out, whether another has it by now or not.
    package func renewLease(_ name: String, number: Int64, for time: Duration) async throws -> Bool {
        try await pool.execute(
            """
            UPDATE leases SET expires_at = now() + $3 * interval '1 millisecond'
            WHERE name = $1 AND number = $2 AND expires_at > now()
            """, name, number, Int64(time / .milliseconds(1))) > 0
    }

    /// Gives a right back before its time.
    package func releaseLease(_ name: String, number: Int64) async throws {
        try await pool.execute(
            "UPDATE leases SET expires_at = '-infinity' WHERE name = $1 AND number = $2", name, number)
    }

    /// The number of the last taking; nil when there was none.
    package func leaseNumber(_ name: String) async throws -> Int64? {
        try await pool.query("SELECT number FROM leases WHERE name = $1", name).first?.decode(0, as: Int64.self)
    }

    // MARK: Names

    /// The right to run a bridge.
    package static func bridgeLease(_ bridge: String) -> String { "bridge:\(bridge)" }
    /// The right of a bot's one connection.
    package static func botLease(_ bot: UserID) -> String { "bot:\(bot)" }
}
