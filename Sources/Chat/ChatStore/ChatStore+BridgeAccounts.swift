package import ChatModel
import Postgres

/// Which account a bridge writes as; by the bridge's name, not by a handle that somebody may have had before.
extension ChatStore {
    package func bridgeAccount(of bridge: String, in app: AppID) async throws -> User? {
        try await pool.query(
            """
            SELECT \(Self.accountColumns) FROM bridge_accounts a JOIN users u ON u.id = a.user_id
            WHERE a.bridge = $1 AND a.app_id = $2
            """, bridge, app.rawValue
        ).first.map { try Self.storedUser($0).user }
    }

    /// Takes an account that a bridge of an earlier version made: a bot that nobody has a token for.
    ///
    /// - Returns: Nil when there is no user of this handle, or somebody else may act as it.
    package func adoptBridgeAccount(handle: String, of bridge: String, in app: AppID) async throws -> User? {
        try await pool.query(
            """
            WITH adopted AS (
                INSERT INTO bridge_accounts (bridge, app_id, user_id)
                SELECT $1, u.app_id, u.id FROM users u
                WHERE u.app_id = $2 AND lower(u.handle) = lower($3) AND u.kind = 'bot'
                    AND NOT EXISTS (SELECT FROM bots b WHERE b.user_id = u.id)
                ON CONFLICT DO NOTHING RETURNING user_id
            )
            SELECT \(Self.accountColumns) FROM adopted a JOIN users u ON u.id = a.user_id
            """, bridge, app.rawValue, handle
        ).first.map { try Self.storedUser($0).user }
    }

    /// Makes the account of a bridge, and writes its event.
    ///
    /// - Throws: ``StoreError/taken(field:)`` when the handle is in use, or the bridge has an account.
    package func insertBridgeAccount(
        handle: String, name: String, of bridge: String, in app: AppID
    ) async throws -> User {
        do {
            let rows = try await write(
                """
                WITH u AS (
                    INSERT INTO users (app_id, kind, handle, name, role) VALUES ($2, 'bot', $3, $4, 'member') RETURNING *
                ), kept AS (
                    INSERT INTO bridge_accounts (bridge, app_id, user_id) SELECT $1, app_id, id FROM u
                ), emitted AS (
                    INSERT INTO events (app_id, type, actor_id, subject_id, data)
                    SELECT app_id, 'user.created', id, id, json_build_object(
                        'id', id, 'handle', handle, 'name', name, 'kind', kind, 'role', role)
                    FROM u
                )
                SELECT \(Self.accountColumns) FROM u
                """, bridge, app.rawValue, handle, name)
            return try Self.storedUser(try rows.only()).user
        } catch let error as PostgresError where error.isUniqueViolation {
            throw StoreError.taken(field: "handle")
        }
    }

    private static let accountColumns = """
        u.id, u.kind, u.handle, u.name, u.email, u.role, u.is_active, rfc3339(u.created_at), u.app_id, NULL::text, \
        (extract(epoch FROM u.tokens_valid_from) * 1000)::bigint
        """
}
