package import ChatModel
import Postgres
import Text

/// An incoming webhook: a secret address that writes to a channel.
package struct StoredHook: Sendable {
    package let id: Int64
    package let appID: AppID
    package let channelID: ChannelID
    package let author: Author
    package let name: String
    package let isLocked: Bool
    package let createdAt: String
    /// Who answers for it: who made it, or took it over.
    package let maker: Maker

    /// How the maker stands now.
    package struct Maker: Sendable {
        package let id: UserID
        package let isActive: Bool
        package let appRole: User.Role
        /// Nil when it is no member of the hook's channel any more.
        package let channelRole: Membership.Role?
        package let channelKind: Channel.Kind
    }
}

extension ChatStore {
    private static let hookColumns = """
        h.id, h.app_id, h.channel_id, h.user_id, u.handle, u.name, h.name, h.is_locked, rfc3339(h.created_at), \
        k.id, k.is_active, k.role, km.role, kc.kind
        """

    /// The maker of the hook `h`.
    private static let hookMaker = """
        JOIN users k ON k.id = h.creator_id JOIN channels kc ON kc.id = h.channel_id
        LEFT JOIN channel_members km ON km.channel_id = h.channel_id AND km.user_id = h.creator_id
        """

    /// The data of an event about the hook `h`, whose author is the user `u`.
    private static let hookEventData = """
        json_build_object(
            'id', h.id, 'name', h.name, 'channel_id', h.channel_id, 'is_locked', h.is_locked,
            'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind),
            'created_at', rfc3339(h.created_at))
        """

    private static let hookDetails = "json_build_object('name', name, 'channel_id', channel_id)"

    /// Makes a hook, and the user that it writes as, in a channel that is open; writes the events.
    ///
    /// - Parameters:
    ///   - handle: Of the user.
    ///   - isAdministrator: The creator need not be a member.
    ///   - limit: Hooks of one channel, at most.
    ///   - groupLimit: Members of a group, at most.
    /// - Returns: Nil when the channel is archived, direct or full, or the creator may not any more.
    package func insertHook(
        name: String, handle: String, secretHash: [UInt8], isLocked: Bool, channel: ChannelID, creator: AuditActor,
        isAdministrator: Bool, limit: Int, groupLimit: Int, in app: AppID
    ) async throws -> StoredHook? {
        let results = try await write([
            Self.lock(channel),
            PostgresStatement(
                """
                WITH open AS MATERIALIZED (
                    SELECT c.* FROM channels c
                    WHERE c.id = $2 AND c.app_id = $1 AND NOT c.is_archived AND c.kind <> 'direct'
                        AND (SELECT count(*) FROM hooks WHERE channel_id = $2 AND revoked_at IS NULL) < $9
                        AND (c.kind <> 'group' OR (SELECT count(*) FROM channel_members WHERE channel_id = $2) < $10)
                        AND ($8 OR EXISTS (SELECT FROM channel_members WHERE channel_id = $2 AND user_id = $6))
                ), u AS (
                    INSERT INTO users (app_id, kind, handle, name, role)
                    SELECT app_id, 'hook', $11, $3, 'guest' FROM open RETURNING *
                ), joined AS (
                    INSERT INTO channel_members (channel_id, user_id, app_id, role, read_seq)
                    SELECT c.id, u.id, c.app_id, 'member', c.last_seq FROM open c, u RETURNING *
                ), h AS (
                    INSERT INTO hooks (app_id, channel_id, user_id, name, secret_hash, is_locked, creator_id)
                    SELECT c.app_id, c.id, u.id, $3, $4, $5, $6 FROM open c, u RETURNING *
                ), emitted AS (
                    INSERT INTO events (app_id, type, channel_id, audience_id, actor_id, subject_id, data)
                    SELECT app_id, type, channel_id, audience_id, $6, id, data FROM (
                        SELECT 0 AS place, app_id, 'user.created' AS type, NULL::bigint AS channel_id,
                            NULL::bigint AS audience_id, id, json_build_object(
                                'id', id, 'handle', handle, 'name', name, 'kind', kind, 'role', role) AS data
                        FROM u
                        UNION ALL
                        SELECT 1, j.app_id, 'member.added', j.channel_id, NULL, u.id, json_build_object(
                            'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind),
                            'role', j.role, 'read_seq', j.read_seq, 'joined_at', rfc3339(j.joined_at))
                        FROM joined j, u
                        UNION ALL
                        SELECT 2, h.app_id, 'hook.created', h.channel_id, 0, h.id, \(Self.hookEventData) FROM h, u
                    ) e ORDER BY place
                ), \(Self.audited("'hook.created'", "'hook:' || id", Self.hookDetails, from: "h", by: 7))
                SELECT \(Self.hookColumns) FROM h JOIN u ON u.id = h.user_id \(Self.hookMaker)
                """, app.rawValue, channel.rawValue, name, secretHash, isLocked, creator.id?.rawValue,
                try Self.parameter(creator), isAdministrator, limit, groupLimit, handle),
        ])
        return try results[1].rows.first.map(Self.hook)
    }

    /// How many hooks write to a channel.
    package func hookCount(of channel: ChannelID, in app: AppID) async throws -> Int {
        let rows = try await pool.query(
            "SELECT count(*) FROM hooks WHERE channel_id = $1 AND app_id = $2 AND revoked_at IS NULL", channel.rawValue,
            app.rawValue)
        return Int(try rows.only().decode(0, as: Int64.self))
    }

    package func hook(secretHash: [UInt8]) async throws -> StoredHook? {
        try await pool.query(
            """
            SELECT \(Self.hookColumns) FROM hooks h JOIN users u ON u.id = h.user_id \(Self.hookMaker)
            WHERE h.secret_hash = $1 AND h.revoked_at IS NULL
            """, secretHash
        ).first.map(Self.hook)
    }

    package func hooks(in app: AppID, after id: Int64, limit: Int) async throws -> [StoredHook] {
        try await pool.query(
            """
            SELECT \(Self.hookColumns) FROM hooks h JOIN users u ON u.id = h.user_id \(Self.hookMaker)
            WHERE h.app_id = $1 AND h.revoked_at IS NULL AND h.id > $2 ORDER BY h.id LIMIT $3
            """, app.rawValue, id, limit
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

    /// Makes somebody else answer for a hook, and writes the event; that is audited.
    ///
    /// - Returns: Nil when there is no such hook.
    package func setHookMaker(
        _ maker: UserID, of id: Int64, by actor: AuditActor, in app: AppID
    ) async throws -> StoredHook? {
        try await write(
            """
            WITH old AS (
                SELECT id, creator_id FROM hooks WHERE id = $1 AND app_id = $2 AND revoked_at IS NULL FOR UPDATE
            ), h AS (
                UPDATE hooks SET creator_id = $3 FROM old WHERE hooks.id = old.id
                RETURNING hooks.*, old.creator_id AS old_creator_id
            ), emitted AS (
                INSERT INTO events (app_id, type, channel_id, audience_id, actor_id, subject_id, data)
                SELECT h.app_id, 'hook.updated', h.channel_id, 0, $4, h.id, \(Self.hookEventData)
                FROM h JOIN users u ON u.id = h.user_id
            ), \(Self.audited(
                "'hook.taken_over'", "'hook:' || id",
                "json_build_object('name', name, 'channel_id', channel_id, 'from', old_creator_id, 'to', creator_id)",
                from: "h", by: 5))
            SELECT \(Self.hookColumns) FROM h JOIN users u ON u.id = h.user_id \(Self.hookMaker)
            """, id, app.rawValue, maker.rawValue, actor.id?.rawValue, try Self.parameter(actor)
        ).first.map(Self.hook)
    }

    private static func hook(_ row: PostgresRow) throws -> StoredHook {
        StoredHook(
            id: try row.decode(0, as: Int64.self), appID: AppID(try row.decode(1, as: Int64.self)),
            channelID: ChannelID(try row.decode(2, as: Int64.self)),
            author: Author(
                id: UserID(try row.decode(3, as: Int64.self)), handle: try row.decode(4, as: String.self),
                name: try row.decode(5, as: String.self), kind: .hook),
            name: try row.decode(6, as: String.self), isLocked: try row.decode(7, as: Bool.self),
            createdAt: try row.decode(8, as: String.self),
            maker: StoredHook.Maker(
                id: UserID(try row.decode(9, as: Int64.self)), isActive: try row.decode(10, as: Bool.self),
                appRole: User.Role(rawValue: try row.decode(11, as: String.self)) ?? .guest,
                channelRole: try row.decode(12, as: String?.self).flatMap(Membership.Role.init(rawValue:)),
                channelKind: Channel.Kind(rawValue: try row.decode(13, as: String.self)) ?? .private))
    }

    // MARK: Bots

    /// The data of an event about the user `u`, who is a bot.
    static let botEventData = """
        json_build_object(
            'id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind, 'role', u.role, 'is_active', u.is_active)
        """

    /// Makes a bot and its account, and writes the events.
    ///
    /// - Parameter limit: Bots of the app that are not closed, at most.
    /// - Returns: Nil when there are as many already.
    /// - Throws: ``StoreError/taken(field:)`` when the handle is in use.
    package func insertBot(
        handle: String, name: String, tokenHash: [UInt8], creator: AuditActor, limit: Int, in app: AppID
    ) async throws -> User? {
        do {
            let results = try await write([
                // Those who make bots at the same time wait for one another: each counts what is there.
                Self.auditLock(app),
                PostgresStatement(
                    """
                    WITH u AS (
                        INSERT INTO users (app_id, kind, handle, name, role, skeleton)
                        SELECT $1, 'bot', $2, $3, 'member', $8 WHERE $6 > (
                            SELECT count(*) FROM bots b JOIN users o ON o.id = b.user_id
                            WHERE b.app_id = $1 AND o.is_active)
                        RETURNING *
                    ), b AS (
                        INSERT INTO bots (user_id, app_id, token_hash, creator_id) SELECT id, app_id, $4, $5 FROM u
                    ), emitted AS (
                        INSERT INTO events (app_id, type, audience_id, actor_id, subject_id, data)
                        SELECT app_id, type, audience_id, $5, id, data FROM (
                            SELECT 0 AS place, app_id, 'user.created' AS type, NULL::bigint AS audience_id, id,
                                json_build_object('id', id, 'handle', handle, 'name', name, 'kind', kind, 'role', role)
                                    AS data
                            FROM u
                            UNION ALL
                            SELECT 1, app_id, 'bot.created', 0, id, \(Self.botEventData) FROM u
                        ) e ORDER BY place
                    ), \(Self.audited(
                        "'bot.created'", "'bot:' || id", "json_build_object('handle', handle)", from: "u", by: 7))
                    SELECT u.id, u.kind, u.handle, u.name, u.email, u.role, u.is_active, rfc3339(u.created_at),
                        u.app_id, NULL::text, (extract(epoch FROM u.tokens_valid_from) * 1000)::bigint
                    FROM u
                    """, app.rawValue, handle, name, tokenHash, creator.id?.rawValue, limit,
                    try Self.parameter(creator), NameRule.skeleton(of: handle)),
            ])
            return try results[1].rows.first.map { try Self.storedUser($0).user }
        } catch let error as PostgresError where error.isUniqueViolation {
            throw error.constraint == "users_skeleton" ? StoreError.alike(field: "handle") : .taken(field: "handle")
        }
    }

    /// Replaces the token; the old one ends at once.
    package func replaceBotToken(
        _ user: UserID, tokenHash: [UInt8], by actor: AuditActor, in app: AppID
    ) async throws -> Bool {
        let rows = try await write(
            """
            WITH b AS (
                UPDATE bots SET token_hash = $3 WHERE user_id = $1 AND app_id = $2 RETURNING *
            ), u AS (
                SELECT u.* FROM users u JOIN b ON b.user_id = u.id
            ), emitted AS (
                INSERT INTO events (app_id, type, audience_id, actor_id, subject_id, data)
                SELECT app_id, 'bot.token_rotated', 0, $4, id, \(Self.botEventData) FROM u
            ), \(Self.audited(
                "'bot.token_rotated'", "'bot:' || id", "json_build_object('handle', handle)", from: "u", by: 5))
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

    package func bots(in app: AppID, after id: UserID, limit: Int) async throws -> [User] {
        try await pool.query(
            """
            SELECT u.id, u.kind, u.handle, u.name, u.email, u.role, u.is_active, rfc3339(u.created_at), u.app_id,
                NULL::text, (extract(epoch FROM u.tokens_valid_from) * 1000)::bigint
            FROM bots b JOIN users u ON u.id = b.user_id AND u.is_active
            WHERE b.app_id = $1 AND u.id > $2 ORDER BY u.id LIMIT $3
            """, app.rawValue, id.rawValue, limit
        ).map { try Self.storedUser($0).user }
    }

    package func botCursor(_ user: UserID, in app: AppID) async throws -> Cursor? {
        try await pool.query(
            "SELECT cursor FROM bots WHERE user_id = $1 AND app_id = $2", user.rawValue, app.rawValue
        ).first?.decode(0, as: String?.self).flatMap { Cursor($0) }
    }

    /// Keeps how far a bot has got; does nothing when a newer connection than `claim` has taken its place.
    package func setBotCursor(_ cursor: Cursor, of user: UserID, claim: Int64? = nil, in app: AppID) async throws {
        try await pool.execute(
            """
            UPDATE bots SET cursor = $2 WHERE user_id = $1 AND app_id = $3
                AND NOT EXISTS (SELECT FROM leases WHERE name = $4 AND number > $5)
            """, user.rawValue, cursor.description, app.rawValue, Self.botLease(user), claim ?? .max)
    }
}
