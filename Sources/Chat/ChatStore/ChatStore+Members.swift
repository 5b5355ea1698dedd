package import ChatModel
import Postgres

extension ChatStore {
    /// What decides whether somebody may do something in a channel.
    package struct Access: Sendable, Hashable {
        package let kind: Channel.Kind
        package let isArchived: Bool
        /// nil when the user is no member.
        package let role: Membership.Role?
        package let author: Author
        package let channelName: String
    }

    /// How `user` stands to `channel`; nil when one of them is unknown, of another app, or closed.
    package func access(of user: UserID, to channel: ChannelID, in app: AppID) async throws -> Access? {
        let rows = try await pool.query(
            """
            SELECT c.kind, c.is_archived, m.role, u.handle, u.name, u.kind, c.name
            FROM channels c JOIN users u ON u.id = $2 AND u.app_id = c.app_id AND u.is_active
            LEFT JOIN channel_members m ON m.channel_id = c.id AND m.user_id = u.id
            WHERE c.id = $1 AND c.app_id = $3
            """, channel.rawValue, user.rawValue, app.rawValue)
        return try rows.first.map { row in
            Access(
                kind: Channel.Kind(rawValue: try row.decode(0, as: String.self)) ?? .private,
                isArchived: try row.decode(1, as: Bool.self),
                role: try row.decode(2, as: String?.self).flatMap(Membership.Role.init(rawValue:)),
                author: Author(
                    id: user, handle: try row.decode(3, as: String.self), name: try row.decode(4, as: String.self),
                    kind: User.Kind(rawValue: try row.decode(5, as: String.self)) ?? .person),
                channelName: try row.decode(6, as: String.self))
        }
    }

    /// Adds those of `users` who are of the app and no members yet, and writes their events.
    ///
    /// New members have read everything that was said before they came. That somebody became more than a member is
    /// audited.
    ///
    /// - Returns: Who was added.
    package func addMembers(
        _ users: [UserID], to channel: ChannelID, role: Membership.Role, by actor: AuditActor, in app: AppID
    ) async throws -> [Member] {
        let parameter = role == .member ? nil : try Self.parameter(actor)
        let results = try await write([
            Self.lock(channel),
            PostgresStatement(
                """
                WITH joined AS (
                    INSERT INTO channel_members (channel_id, user_id, app_id, role, read_seq)
                    SELECT c.id, u.id, c.app_id, $4, c.last_seq
                    FROM channels c JOIN users u ON u.app_id = c.app_id AND u.is_active AND u.id = ANY ($2)
                    WHERE c.id = $1 AND c.app_id = $3
                    ON CONFLICT DO NOTHING RETURNING *
                ), emitted AS (
                    INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                    SELECT j.app_id, 'member.added', j.channel_id, $5, j.user_id, json_build_object(
                        'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind),
                        'role', j.role, 'read_seq', j.read_seq, 'joined_at', rfc3339(j.joined_at))
                    FROM joined j JOIN users u ON u.id = j.user_id ORDER BY u.id
                ), \(Self.audited(
                        "'member.added'", "'user:' || user_id",
                        "json_build_object('channel_id', channel_id, 'role', role)", from: "joined", by: 6))
                SELECT u.id, u.handle, u.name, u.kind, j.role, j.read_seq, rfc3339(j.joined_at)
                FROM joined j JOIN users u ON u.id = j.user_id ORDER BY u.id
                """, channel.rawValue, users.map(\.rawValue), app.rawValue, role.rawValue, actor.id?.rawValue,
                parameter),
        ])
        return try results[1].rows.map(Self.member)
    }

    /// Removes a member and writes the event; who is removed by somebody else is audited.
    ///
    /// - Returns: False when the user was no member.
    package func removeMember(
        _ user: UserID, from channel: ChannelID, by actor: AuditActor, in app: AppID
    ) async throws -> Bool {
        let parameter = user == actor.id ? nil : try Self.parameter(actor)
        let results = try await write([
            Self.lock(channel),
            PostgresStatement(
                """
                WITH gone AS (
                    DELETE FROM channel_members WHERE channel_id = $1 AND user_id = $2 AND app_id = $3 RETURNING *
                ), \(Self.audited(
                        "'member.removed'", "'user:' || user_id", "json_build_object('channel_id', channel_id)",
                        from: "gone", by: 5))
                INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                SELECT g.app_id, 'member.removed', g.channel_id, $4, g.user_id, json_build_object(
                    'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind))
                FROM gone g JOIN users u ON u.id = g.user_id
                """, channel.rawValue, user.rawValue, app.rawValue, actor.id?.rawValue, parameter),
        ])
        return results[1].affected > 0
    }

    package func members(of channel: ChannelID, in app: AppID, after: UserID, limit: Int) async throws -> [Member] {
        try await pool.query(
            """
            SELECT u.id, u.handle, u.name, u.kind, m.role, m.read_seq, rfc3339(m.joined_at)
            FROM channel_members m JOIN users u ON u.id = m.user_id
            WHERE m.channel_id = $1 AND m.app_id = $2 AND u.id > $3 ORDER BY u.id LIMIT $4
            """, channel.rawValue, app.rawValue, after.rawValue, limit
        ).map(Self.member)
    }

    /// Moves the read position forward, never back and never past the last message; writes the user's event.
    ///
    /// - Returns: The position and the count of unread messages; nil when the user is no member.
    package func markRead(
        _ channel: ChannelID, upTo seq: Int64, by user: UserID, in app: AppID
    ) async throws -> (readSeq: Int64, unreadCount: Int64)? {
        let rows = try await write(
            """
            WITH moved AS (
                UPDATE channel_members m SET read_seq = least($3, c.last_seq)
                FROM channels c
                WHERE m.channel_id = $1 AND m.user_id = $2 AND m.app_id = $4 AND c.id = m.channel_id
                    AND m.read_seq < least($3, c.last_seq)
                RETURNING m.channel_id, m.user_id, m.read_seq, m.app_id, c.last_seq - m.read_seq
                    - \(Self.ownMessages) AS unread
            ), emitted AS (
                INSERT INTO events (app_id, type, channel_id, audience_id, actor_id, subject_id, data)
                SELECT app_id, 'read.updated', channel_id, user_id, user_id, user_id, json_build_object(
                    'channel_id', channel_id, 'read_seq', read_seq, 'unread_count', unread)
                FROM moved
            )
            SELECT coalesce(moved.read_seq, m.read_seq), coalesce(moved.unread, c.last_seq - m.read_seq
                - \(Self.ownMessages))
            FROM channel_members m JOIN channels c ON c.id = m.channel_id LEFT JOIN moved ON true
            WHERE m.channel_id = $1 AND m.user_id = $2 AND m.app_id = $4
            """, channel.rawValue, user.rawValue, seq, app.rawValue)
        return try rows.first.map { row in
            let readSeq = try row.decode(0, as: Int64.self)
            return (readSeq, max(0, try row.decode(1, as: Int64.self)))
        }
    }

    private static func member(_ row: PostgresRow) throws -> Member {
        Member(
            user: Author(
                id: UserID(try row.decode(0, as: Int64.self)), handle: try row.decode(1, as: String.self),
                name: try row.decode(2, as: String.self),
                kind: User.Kind(rawValue: try row.decode(3, as: String.self)) ?? .person),
            role: Membership.Role(rawValue: try row.decode(4, as: String.self)) ?? .member,
            readSeq: try row.decode(5, as: Int64.self), joinedAt: try row.decode(6, as: String.self))
    }
}
