package import ChatModel
import Postgres

/// An incoming webhook: a secret address that writes to a channel.
package struct StoredHook: Sendable {
    package let id: Int64
    package let appID: AppID
    package let channelID: ChannelID
    package let author: Author
    package let name: String
    package let isLocked: Bool
    package let createdAt: String
}

/// What the rules of moderation did with a message.
package struct ModerationFlag: Sendable, Codable {
    package var id: Int64
    package var channelID: ChannelID
    package var authorID: UserID
    /// `flag`, `mask` or `block`.
    package var action: String
    package var rules: [String]
    /// What was written, before anything was done to it.
    package var text: String
    package var createdAt: String

    enum CodingKeys: String, CodingKey {
        case id, action, rules, text
        case channelID = "channel_id"
        case authorID = "author_id"
        case createdAt = "created_at"
    }
}

extension ChatStore {
    private static let hookColumns = """
        h.id, h.app_id, h.channel_id, h.user_id, u.handle, u.name, h.name, h.is_locked, rfc3339(h.created_at)
        """

    /// The data of an event about the hook `h`, whose author is the user `u`.
    private static let hookEventData = """
        json_build_object(
            'id', h.id, 'name', h.name, 'channel_id', h.channel_id, 'is_locked', h.is_locked,
            'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind),
            'created_at', rfc3339(h.created_at))
        """

    private static let hookDetails = "json_build_object('name', name, 'channel_id', channel_id)"

    package func insertHook(
        name: String, secretHash: [UInt8], isLocked: Bool, channel: ChannelID, user: UserID, creator: AuditActor,
        in app: AppID
    ) async throws -> StoredHook {
        let rows = try await write(
            """
            WITH h AS (
                INSERT INTO hooks (app_id, channel_id, user_id, name, secret_hash, is_locked, creator_id)
                VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *
            ), emitted AS (
                INSERT INTO events (app_id, type, channel_id, audience_id, actor_id, subject_id, data)
                SELECT h.app_id, 'hook.created', h.channel_id, 0, $7, h.id, \(Self.hookEventData)
                FROM h JOIN users u ON u.id = h.user_id
            ), \(Self.audited("'hook.created'", "'hook:' || id", Self.hookDetails, from: "h", by: 8))
            SELECT \(Self.hookColumns) FROM h JOIN users u ON u.id = h.user_id
            """, app.rawValue, channel.rawValue, user.rawValue, name, secretHash, isLocked, creator.id?.rawValue,
            try Self.parameter(creator))
        return try Self.hook(try rows.only())
    }

    package func hook(secretHash: [UInt8]) async throws -> StoredHook? {
        try await pool.query(
            """
            SELECT \(Self.hookColumns) FROM hooks h JOIN users u ON u.id = h.user_id
            WHERE h.secret_hash = $1 AND h.revoked_at IS NULL
            """, secretHash
        ).first.map(Self.hook)
    }

    package func hooks(in app: AppID) async throws -> [StoredHook] {
        try await pool.query(
            """
            SELECT \(Self.hookColumns) FROM hooks h JOIN users u ON u.id = h.user_id
            WHERE h.app_id = $1 AND h.revoked_at IS NULL ORDER BY h.id LIMIT 1000
            """, app.rawValue
        ).map(Self.hook)
    }

    package func revokeHook(_ id: Int64, by actor: AuditActor, in app: AppID) async throws -> Bool {
        let rows = try await write(
            """
            WITH h AS (
                UPDATE hooks SET revoked_at = now() WHERE id = $1 AND app_id = $2 AND revoked_at IS NULL RETURNING *
            ), emitted AS (
                INSERT INTO events (app_id, type, channel_id, audience_id, actor_id, subject_id, data)
                SELECT h.app_id, 'hook.deleted', h.channel_id, 0, $3, h.id, \(Self.hookEventData)
                FROM h JOIN users u ON u.id = h.user_id
            ), \(Self.audited("'hook.deleted'", "'hook:' || id", Self.hookDetails, from: "h", by: 4))
            SELECT id FROM h
            """, id, app.rawValue, actor.id?.rawValue, try Self.parameter(actor))
        return !rows.isEmpty
    }

    private static func hook(_ row: PostgresRow) throws -> StoredHook {
        StoredHook(
            id: try row.decode(0, as: Int64.self), appID: AppID(try row.decode(1, as: Int64.self)),
            channelID: ChannelID(try row.decode(2, as: Int64.self)),
            author: Author(
                id: UserID(try row.decode(3, as: Int64.self)), handle: try row.decode(4, as: String.self),
                name: try row.decode(5, as: String.self), kind: .hook),
            name: try row.decode(6, as: String.self), isLocked: try row.decode(7, as: Bool.self),
            createdAt: try row.decode(8, as: String.self))
    }

    // MARK: Bots

    /// The data of an event about the user `u`, who is a bot.
    static let botEventData = """
        json_build_object(
            'id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind, 'role', u.role, 'is_active', u.is_active)
        """

    package func insertBot(
        _ user: UserID, tokenHash: [UInt8], creator: AuditActor, in app: AppID
    ) async throws {
        try await changeBot(
            """
            INSERT INTO bots (user_id, app_id, token_hash, creator_id)
            SELECT id, app_id, $3, $4 FROM users WHERE id = $1 AND app_id = $2 RETURNING *
            """, "bot.created", user, tokenHash, creator, app)
    }

    /// Replaces the token; the old one ends at once.
    package func replaceBotToken(
        _ user: UserID, tokenHash: [UInt8], by actor: AuditActor, in app: AppID
    ) async throws -> Bool {
        try await changeBot(
            "UPDATE bots SET token_hash = $3 WHERE user_id = $1 AND app_id = $2 RETURNING *",
            "bot.token_rotated", user, tokenHash, actor, app)
    }

    /// - Returns: Whether there is such a bot.
    @discardableResult
    private func changeBot(
        _ change: String, _ type: String, _ user: UserID, _ tokenHash: [UInt8], _ actor: AuditActor, _ app: AppID
    ) async throws -> Bool {
        let rows = try await write(
            """
            WITH b AS (\(change)), u AS (
                SELECT u.* FROM users u JOIN b ON b.user_id = u.id
            ), emitted AS (
                INSERT INTO events (app_id, type, audience_id, actor_id, subject_id, data)
                SELECT app_id, '\(type)', 0, $4, id, \(Self.botEventData) FROM u
            ), \(Self.audited("'\(type)'", "'bot:' || id", "json_build_object('handle', handle)", from: "u", by: 5))
            SELECT user_id FROM b
            """, user.rawValue, app.rawValue, tokenHash, actor.id?.rawValue, try Self.parameter(actor))
        return !rows.isEmpty
    }

    package func bot(tokenHash: [UInt8]) async throws -> StoredUser? {
        try await pool.query(
            """
            SELECT u.id, u.kind, u.handle, u.name, u.email, u.role, u.is_active, rfc3339(u.created_at), u.app_id,
                NULL::text, (extract(epoch FROM u.tokens_valid_from) * 1000)::bigint
            FROM bots b JOIN users u ON u.id = b.user_id AND u.app_id = b.app_id AND u.is_active
            WHERE b.token_hash = $1
            """, tokenHash
        ).first.map(Self.storedUser)
    }

    package func bots(in app: AppID) async throws -> [User] {
        try await pool.query(
            """
            SELECT u.id, u.kind, u.handle, u.name, u.email, u.role, u.is_active, rfc3339(u.created_at), u.app_id,
                NULL::text, (extract(epoch FROM u.tokens_valid_from) * 1000)::bigint
            FROM bots b JOIN users u ON u.id = b.user_id AND u.is_active
            WHERE b.app_id = $1 ORDER BY u.id LIMIT 1000
            """, app.rawValue
        ).map { try Self.storedUser($0).user }
    }

    package func botCursor(_ user: UserID, in app: AppID) async throws -> Cursor? {
        try await pool.query(
            "SELECT cursor FROM bots WHERE user_id = $1 AND app_id = $2", user.rawValue, app.rawValue
        ).first?.decode(0, as: String?.self).flatMap { Cursor($0) }
    }

    package func setBotCursor(_ cursor: Cursor, of user: UserID, in app: AppID) async throws {
        try await pool.execute(
            "UPDATE bots SET cursor = $2 WHERE user_id = $1 AND app_id = $3", user.rawValue, cursor.description,
            app.rawValue)
    }

    // MARK: Moderation

    package func insertFlag(
        app: AppID, channel: ChannelID, author: UserID, action: String, rules: [String], text: String
    ) async throws {
        try await write(
            """
            WITH flagged AS (
                INSERT INTO moderation_flags (app_id, channel_id, author_id, action, rules, text)
                VALUES ($1, $2, $3, $4, $5, $6) RETURNING *
            )
            INSERT INTO events (app_id, type, audience_id, actor_id, subject_id, data)
            SELECT app_id, 'moderation.acted', 0, author_id, id, json_build_object(
                'id', id, 'channel_id', channel_id, 'author_id', author_id, 'action', action, 'rules', rules)
            FROM flagged
            """, app.rawValue, channel.rawValue, author.rawValue, action, rules, text)
    }

    /// What rules did, oldest first.
    package func flags(in app: AppID, after id: Int64, limit: Int) async throws -> [ModerationFlag] {
        try await pool.query(
            """
            SELECT id, channel_id, author_id, action, rules, text, rfc3339(created_at) FROM moderation_flags
            WHERE app_id = $1 AND id > $2 ORDER BY id LIMIT $3
            """, app.rawValue, id, limit
        ).map { row in
            ModerationFlag(
                id: try row.decode(0, as: Int64.self), channelID: ChannelID(try row.decode(1, as: Int64.self)),
                authorID: UserID(try row.decode(2, as: Int64.self)), action: try row.decode(3, as: String.self),
                rules: try row.decode(4, as: [String].self), text: try row.decode(5, as: String.self),
                createdAt: try row.decode(6, as: String.self))
        }
    }
}
