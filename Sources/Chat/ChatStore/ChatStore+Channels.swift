package import ChatModel
import Postgres
import Text

extension ChatStore {
    /// Columns of a channel `c` with the membership `m` of the asking user, which may be missing.
    ///
    /// - Parameter user: SQL for the asking user's id.
    private static func columns(for user: String) -> String {
        """
        c.id, c.kind, c.name, c.topic, c.last_seq, \(isArchived), rfc3339(c.created_at), m.role, m.read_seq, \
        \(notUnread), c.history, \(mentionCount), c.is_announcement, c.slow_mode, \(OverrideLayers.sql(of: user))
        """
    }

    /// The data of events about a channel.
    ///
    /// - Parameter isArchived: SQL for whether it is archived.
    static func eventData(isArchived: String = "is_archived") -> String {
        """
        json_build_object(
            'id', id, 'kind', kind, 'name', name, 'topic', topic, 'last_seq', last_seq,
            'is_archived', \(isArchived), 'history', history, 'is_announcement', is_announcement,
            'slow_mode', slow_mode, 'created_at', rfc3339(created_at))
        """
    }

    /// A direct channel is archived by each of its members for themselves, until something new is said in it.
    private static let isArchived =
        "(c.is_archived OR coalesce(c.kind = 'direct' AND m.hidden_seq >= c.last_seq, false))"

    /// Counts what behind the read position is not unread: what was deleted, and what the reader has written, that
    /// among the newest 200 messages; nobody's own words are unread, and nobody counts further.
    ///
    /// Moving the position with each message, or a row for each reader and message, would cost every send writes.
    static let notUnread = """
        (CASE WHEN c.last_seq > m.read_seq THEN
            (SELECT count(*) FROM messages o WHERE o.channel_id = c.id AND o.author_id = m.user_id
                AND o.deleted_at IS NULL AND o.seq > greatest(m.read_seq, c.last_seq - 200))
            + (SELECT count(*) FROM messages d WHERE d.channel_id = c.id AND d.deleted_at IS NOT NULL
                AND d.seq > m.read_seq)
        ELSE 0 END)
        """

    /// Counts the unread messages that mention the reader, and no further than a client would show.
    ///
    /// Few are unread, so that each is looked up: what was deleted is no mention any more.
    static let mentionCount = """
        (CASE WHEN c.last_seq > m.read_seq THEN
            (SELECT count(*) FROM (
                SELECT x.seq FROM message_mentions x JOIN messages d ON d.id = x.message_id AND d.deleted_at IS NULL
                WHERE x.channel_id = c.id AND x.user_id IN (m.user_id, 0) AND x.seq > m.read_seq
                    AND x.author_id <> m.user_id
                LIMIT \(mostMentionsCounted)) counted)
        ELSE 0 END)
        """

    static let mostMentionsCounted = 1000

    /// Makes a channel with its first members, and the events.
    ///
    /// - Parameter directKey: For a direct channel, the pair; when it exists already, that one is returned.
    /// - Throws: ``StoreError/taken(field:)`` when the name is in use, ``StoreError/unknownUsers(_:)`` when somebody of
    ///   `members` is not there or closed; nothing is made then.
    package func insertChannel(
        kind: Channel.Kind, name: String, topic: String, history: Channel.History = .all,
        isAnnouncement: Bool = false, slowMode: Int = 0, directKey: String?,
        creator: UserID, members: [UserID], in app: AppID
    ) async throws -> StoredChannel {
        do {
            let rows = try await write(
                """
                WITH made AS (
                    INSERT INTO channels (app_id, kind, name, topic, direct_key, creator_id, history, skeleton,
                        is_announcement, slow_mode)
                    SELECT $1, $2, $3, $4, $5, $6, $8, $9, $10, $11
                    WHERE NOT EXISTS (
                        SELECT FROM unnest($7::bigint[]) AS w (id) WHERE NOT EXISTS (
                            SELECT FROM users u WHERE u.id = w.id AND u.app_id = $1 AND u.is_active))
                    ON CONFLICT (app_id, direct_key) WHERE direct_key IS NOT NULL DO NOTHING RETURNING *
                ), joined AS (
                    INSERT INTO channel_members (channel_id, user_id, app_id, role)
                    SELECT made.id, u.id, made.app_id, CASE WHEN u.id = $6 THEN 'owner' ELSE 'member' END
                    FROM made, users u WHERE u.app_id = $1 AND (u.id = ANY ($7) OR u.id = $6)
                    RETURNING *
                ), emitted AS (
                    -- One statement for both: statements of one query run in no order, and the channel comes first.
                    INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                    SELECT app_id, type, channel_id, $6, subject_id, data FROM (
                        SELECT 0 AS place, app_id, 'channel.created' AS type,
                            CASE WHEN kind = 'public' THEN NULL ELSE id END AS channel_id, id AS subject_id,
                            \(Self.eventData()) AS data
                        FROM made
                        UNION ALL
                        SELECT 1, j.app_id, 'member.added', j.channel_id, j.user_id, json_build_object(
                            'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind),
                            'role', j.role, 'read_seq', 0, 'hidden_up_to', 0, 'joined_at', rfc3339(j.joined_at))
                        FROM joined j JOIN users u ON u.id = j.user_id
                    ) e ORDER BY place, subject_id
                )
                SELECT c.id, c.kind, c.name, c.topic, c.last_seq, c.is_archived, rfc3339(c.created_at),
                    m.role, m.read_seq, 0::bigint, c.history, 0::bigint, c.is_announcement, c.slow_mode,
                    \(OverrideLayers.sql(of: "$6"))
                FROM made c LEFT JOIN joined m ON m.channel_id = c.id AND m.user_id = $6
                """,
                app.rawValue, kind.rawValue, name, topic, directKey, creator.rawValue, members.map(\.rawValue),
                history.rawValue, name.isEmpty ? nil : NameRule.skeleton(of: name), isAnnouncement, Int32(slowMode))
            if let row = rows.first { return try Self.channel(row) }
            if let directKey, let existing = try await directChannel(directKey, of: creator, in: app) {
                return existing
            }
            throw StoreError.unknownUsers(try await unknown(members, in: app))
        } catch let error as PostgresError where error.isUniqueViolation {
            throw error.constraint == "channels_skeleton" ? StoreError.alike(field: "name") : .taken(field: "name")
        }
    }

    /// The direct channel of a pair, which who asks for it wants to see again.
    private func directChannel(_ key: String, of user: UserID, in app: AppID) async throws -> StoredChannel? {
        let rows = try await pool.query(
            """
            WITH shown AS (
                UPDATE channel_members m SET hidden_seq = NULL FROM channels c
                WHERE c.app_id = $1 AND c.direct_key = $2 AND m.channel_id = c.id AND m.user_id = $3
                    AND m.hidden_seq IS NOT NULL
            )
            SELECT \(Self.columns(for: "$3")) FROM channels c
            LEFT JOIN (SELECT channel_id, user_id, role, read_seq, NULL::bigint AS hidden_seq FROM channel_members) m
                ON m.channel_id = c.id AND m.user_id = $3
            WHERE c.app_id = $1 AND c.direct_key = $2
            """, app.rawValue, key, user.rawValue)
        return try rows.first.map(Self.channel)
    }

    /// Archives a direct channel for one of its members, or takes that back, and writes the event for that member.
    package func hideChannel(_ id: ChannelID, isHidden: Bool, for user: UserID, in app: AppID) async throws {
        try await write(
            """
            WITH changed AS (
                UPDATE channel_members m SET hidden_seq = CASE WHEN $4 THEN c.last_seq END FROM channels c
                WHERE m.channel_id = $1 AND m.user_id = $2 AND m.app_id = $3 AND c.id = m.channel_id AND c.kind = 'direct'
                    AND $4 <> coalesce(m.hidden_seq >= c.last_seq, false)
                RETURNING m.user_id, c.*
            )
            INSERT INTO events (app_id, type, channel_id, audience_id, actor_id, subject_id, data)
            SELECT app_id, 'channel.updated', id, user_id, user_id, id, \(Self.eventData(isArchived: "$4::boolean"))
            FROM changed
            """, id.rawValue, user.rawValue, app.rawValue, isHidden)
    }

    package func channel(_ id: ChannelID, for user: UserID, in app: AppID) async throws -> StoredChannel? {
        try await pool.query(
            """
            SELECT \(Self.columns(for: "$3")) FROM channels c
            LEFT JOIN channel_members m ON m.channel_id = c.id AND m.user_id = $3
            WHERE c.id = $1 AND c.app_id = $2
            """, id.rawValue, app.rawValue, user.rawValue
        ).first.map(Self.channel)
    }

    package func channel(named name: String, for user: UserID, in app: AppID) async throws -> StoredChannel? {
        try await pool.query(
            """
            SELECT \(Self.columns(for: "$3")) FROM channels c
            LEFT JOIN channel_members m ON m.channel_id = c.id AND m.user_id = $3
            WHERE lower(c.name) = lower($1) AND c.name <> '' AND c.app_id = $2
            """, NameRule.lookup(name), app.rawValue, user.rawValue
        ).first.map(Self.channel)
    }

    /// The channels that `user` is a member of, ordered by id.
    package func joinedChannels(
        of user: UserID, in app: AppID, after: ChannelID, limit: Int
    ) async throws -> [StoredChannel] {
        try await pool.query(
            """
            SELECT \(Self.columns(for: "$1")) FROM channel_members m JOIN channels c ON c.id = m.channel_id
            WHERE m.user_id = $1 AND c.app_id = $2 AND m.channel_id > $4 ORDER BY c.id LIMIT $3
            """, user.rawValue, app.rawValue, limit, after.rawValue
        ).map(Self.channel)
    }

    /// The public channels of the app, ordered by id.
    package func publicChannels(
        for user: UserID, in app: AppID, after: ChannelID, limit: Int
    ) async throws -> [StoredChannel] {
        try await pool.query(
            """
            SELECT \(Self.columns(for: "$2")) FROM channels c
            LEFT JOIN channel_members m ON m.channel_id = c.id AND m.user_id = $2
            WHERE c.app_id = $1 AND c.kind = 'public' AND NOT c.is_archived AND c.id > $3 ORDER BY c.id LIMIT $4
            """, app.rawValue, user.rawValue, after.rawValue, limit
        ).map(Self.channel)
    }

    /// The ids of the channels that `user` is a member of, for deliveries.
    package func channelIDs(of user: UserID, in app: AppID) async throws -> [ChannelID] {
        try await pool.query(
            "SELECT channel_id FROM channel_members WHERE user_id = $1 AND app_id = $2", user.rawValue, app.rawValue
        ).map { ChannelID(try $0.decode(0, as: Int64.self)) }
    }

    /// Changes what is not nil, and writes the event.
    package func updateChannel(
        _ id: ChannelID, in app: AppID, by actor: AuditActor, name: String?, topic: String?, isArchived: Bool?,
        history: Channel.History? = nil, isAnnouncement: Bool? = nil, slowMode: Int? = nil
    ) async throws -> StoredChannel? {
        do {
            let parameter = try Self.parameter(actor)
            let results = try await write([
                Self.lock(id),
                PostgresStatement(
                    """
                    WITH old AS (
                        SELECT id, name, is_archived, history, is_announcement, slow_mode FROM channels
                        WHERE id = $1 AND app_id = $2
                    ), changed AS (
                        UPDATE channels SET name = coalesce($4, name), skeleton = coalesce($9, skeleton), topic = coalesce($5, topic),
                            is_archived = coalesce($6, is_archived), history = coalesce($8, history),
                            is_announcement = coalesce($10, is_announcement), slow_mode = coalesce($11, slow_mode)
                        WHERE id = $1 AND app_id = $2 RETURNING *
                    ), emitted AS (
                        INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                        SELECT app_id, 'channel.updated', id, $3, id, \(Self.eventData())
                        FROM changed
                    ), \(Self.audited("action", "'channel:' || id", "details", from: Self.channelChanges, by: 7))
                    SELECT \(Self.columns(for: "$3")) FROM changed c
                    LEFT JOIN channel_members m ON m.channel_id = c.id AND m.user_id = $3
                    """, id.rawValue, app.rawValue, actor.id?.rawValue, name, topic, isArchived, parameter,
                    history?.rawValue, name.flatMap { $0.isEmpty ? nil : NameRule.skeleton(of: $0) }, isAnnouncement,
                    slowMode.map { Int32($0) }),
            ])
            return try results[1].rows.first.map(Self.channel)
        } catch let error as PostgresError where error.isUniqueViolation {
            throw error.constraint == "channels_skeleton" ? StoreError.alike(field: "name") : .taken(field: "name")
        }
    }

    /// What a change of a channel means to the audit log; a new topic means nothing.
    private static let channelChanges = """
        (
            SELECT c.app_id, c.id, n.action, n.details FROM changed c JOIN old o ON o.id = c.id CROSS JOIN LATERAL (VALUES
                ('channel.archived', c.is_archived AND NOT o.is_archived, json_build_object('name', c.name)),
                ('channel.reopened', o.is_archived AND NOT c.is_archived, json_build_object('name', c.name)),
                ('channel.renamed', c.name <> o.name, json_build_object('from', o.name, 'to', c.name)),
                ('channel.history_changed', c.history <> o.history, json_build_object('from', o.history, 'to', c.history)),
                ('channel.announcement_changed', c.is_announcement <> o.is_announcement,
                    json_build_object('to', c.is_announcement)),
                ('channel.slow_mode_changed', c.slow_mode <> o.slow_mode,
                    json_build_object('from', o.slow_mode, 'to', c.slow_mode))
            ) AS n (action, applies, details) WHERE n.applies
        ) c
        """

    private static func channel(_ row: PostgresRow) throws -> StoredChannel {
        let lastSeq = try row.decode(4, as: Int64.self)
        var membership: Membership?
        if let role = try row.decode(7, as: String?.self) {
            let readSeq = try row.decode(8, as: Int64.self)
            membership = Membership(
                role: Membership.Role(rawValue: role) ?? .member, readSeq: readSeq,
                unreadCount: max(0, lastSeq - readSeq - (try row.decode(9, as: Int64.self))),
                mentionCount: try row.decode(11, as: Int64.self))
        }
        let channel = Channel(
            id: ChannelID(try row.decode(0, as: Int64.self)),
            kind: Channel.Kind(rawValue: try row.decode(1, as: String.self)) ?? .private,
            name: try row.decode(2, as: String.self), topic: try row.decode(3, as: String.self), lastSeq: lastSeq,
            isArchived: try row.decode(5, as: Bool.self), createdAt: try row.decode(6, as: String.self),
            history: Channel.History(rawValue: try row.decode(10, as: String.self)) ?? .sinceJoined,
            isAnnouncement: try row.decode(12, as: Bool.self), slowMode: Int(try row.decode(13, as: Int32.self)),
            membership: membership)
        return StoredChannel(channel: channel, layers: try OverrideLayers(row, 14))
    }
}
