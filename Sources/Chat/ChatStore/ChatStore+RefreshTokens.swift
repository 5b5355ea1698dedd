package import ChatModel
import Postgres

extension ChatStore {
    /// What became of a refresh token that was shown.
    package enum RefreshOutcome: Sendable {
        case accepted(userID: UserID, appID: AppID, family: String)
        /// It was used before: either the user or a thief holds a copy. The whole family was ended.
        case reused(userID: UserID)
        case unknown
    }

    /// Begins a log-in.
    ///
    /// - Parameter stamp: The state of the account that the password was compared with; nil for a new account.
    /// - Returns: False when the account was closed, or has changed, meanwhile.
    @discardableResult
    package func insertRefreshToken(
        hash: [UInt8], family: String, user: UserID, app: AppID, lifetime: Duration, stamp: Int64? = nil
    ) async throws -> Bool {
        try await pool.execute(
            """
            INSERT INTO refresh_tokens (hash, app_id, user_id, family, expires_at)
            SELECT $1, app_id, id, $4, now() + make_interval(secs => $5) FROM users
            WHERE id = $3 AND app_id = $2 AND is_active
                AND ($6::bigint IS NULL OR (extract(epoch FROM tokens_valid_from) * 1000)::bigint = $6)
            FOR SHARE
            """, hash, app.rawValue, user.rawValue, family, Double(lifetime.components.seconds), stamp) > 0
    }

    /// Uses a refresh token up and stores its successor; of two calls with one token only one is accepted.
    ///
    /// Both in one statement: a token that is used a second time finds the whole family, the newest one included. The
    /// account is locked first: who closes it, or changes the password, finds the successor too.
    package func useRefreshToken(
        hash: [UInt8], successor: [UInt8], lifetime: Duration
    ) async throws -> RefreshOutcome {
        let used = try await pool.query(
            """
            WITH holder AS MATERIALIZED (
                SELECT u.id FROM refresh_tokens t JOIN users u ON u.id = t.user_id
                WHERE t.hash = $1 AND u.is_active FOR SHARE OF u
            ), used AS (
                UPDATE refresh_tokens r SET used_at = now() FROM holder
                WHERE r.hash = $1 AND r.user_id = holder.id AND r.used_at IS NULL AND r.expires_at > now() RETURNING r.*
            )
            INSERT INTO refresh_tokens (hash, app_id, user_id, family, expires_at)
            SELECT $2, app_id, user_id, family, now() + make_interval(secs => $3) FROM used
            RETURNING user_id, app_id, family
            """, hash, successor, Double(lifetime.components.seconds))
        if let row = used.first {
            return .accepted(
                userID: UserID(try row.decode(0, as: Int64.self)), appID: AppID(try row.decode(1, as: Int64.self)),
                family: try row.decode(2, as: String.self))
        }
        let ended = try await write(
            """
            WITH ended AS (
                DELETE FROM refresh_tokens WHERE family = (
                    SELECT family FROM refresh_tokens WHERE hash = $1 AND used_at IS NOT NULL)
                RETURNING app_id, user_id, family
            ), \(Self.sessionsEnded)
            SELECT user_id FROM ended LIMIT 1
            """, hash)
        return try ended.first.map { .reused(userID: UserID(try $0.decode(0, as: Int64.self))) } ?? .unknown
    }

    /// Ends one log-in, and writes the event by which the nodes forget it.
    package func endRefreshFamily(_ family: String, user: UserID) async throws {
        try await write(
            """
            WITH ended AS (
                DELETE FROM refresh_tokens WHERE family = $1 AND user_id = $2 RETURNING app_id, user_id, family
            ), \(Self.sessionsEnded)
            SELECT 1
            """, family, user.rawValue)
    }

    private static let sessionsEnded = """
        emitted AS (
            INSERT INTO events (app_id, type, audience_id, actor_id, subject_id, data)
            SELECT DISTINCT app_id, 'session.ended', user_id, user_id, user_id, jsonb_build_object('session', family)
            FROM ended
        )
        """

    /// Whether a log-in was neither ended nor forgotten.
    package func isOpen(_ family: String, user: UserID) async throws -> Bool {
        let rows = try await pool.query(
            "SELECT EXISTS (SELECT FROM refresh_tokens WHERE family = $1 AND user_id = $2)", family, user.rawValue)
        return try rows.only().decode(0, as: Bool.self)
    }

    /// Forgets tokens that expired; they are of no more use to find re-use with.
    package func deleteExpiredRefreshTokens() async throws {
        try await pool.execute("DELETE FROM refresh_tokens WHERE expires_at < now()")
    }
}
