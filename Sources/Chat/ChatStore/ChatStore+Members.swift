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
        /// Messages up to this number are not for the user; 0 when all are.
        package let hiddenUpTo: Int64
        package let isAnnouncement: Bool
        /// Seconds from one message of the user to the next; 0 for none.
        package let slowMode: Int32
        package let layers: OverrideLayers
    }

    /// How `user` stands to `channel`; nil when one of them is unknown, of another app, or closed.
    package func access(of user: UserID, to channel: ChannelID, in app: AppID) async throws -> Access? {
        let rows = try await pool.query(
            """
            SELECT c.kind, c.is_archived, m.role, u.handle, u.name, u.kind, c.name,
                CASE WHEN c.history = 'all' THEN 0 ELSE coalesce(m.joined_seq, 9223372036854775807) END,
                c.is_announcement, c.slow_mode, \(OverrideLayers.sql(of: "u.id"))
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
                channelName: try row.decode(6, as: String.self), hiddenUpTo: try row.decode(7, as: Int64.self),
                isAnnouncement: try row.decode(8, as: Bool.self), slowMode: try row.decode(9, as: Int32.self),
                layers: try OverrideLayers(row, 10))
        }
    }

    /// Milliseconds until a member of a channel in slow mode may send again; nil when there is no wait.
    package func slowWait(of user: UserID, in channel: ChannelID, app: AppID) async throws -> Int64? {
        try await pool.query(
            """
            SELECT (extract(epoch FROM slow_until - clock_timestamp()) * 1000)::bigint FROM channel_members
            WHERE channel_id = $1 AND user_id = $2 AND app_id = $3 AND slow_until > clock_timestamp()
            """, channel.rawValue, user.rawValue, app.rawValue
        ).first?.decode(0, as: Int64.self)
    }

    /// By what right somebody becomes a member; the statement that adds asks for it once more.
    package enum Admission: String, Sendable {
        /// An administrator, or the server itself, adds.
        case server
        /// The actor is a member.
        case member
        /// The actor is an owner.
        case owner
        /// The channel is public: whoever comes adds themselves.
        case join
    }

    /// Adds all of `users` who are no members yet, and writes their events; or nobody.
    ///
    /// New members have read everything that was said before they came. That somebody became more than a member is
    /// audited.
    ///
    /// - Parameters:
    ///   - role: Of the new members.
    ///   - isRoleMeant: Whether who is a member already must have this role.
    ///   - groupLimit: Members of a group, at most.
    /// - Returns: Who was added; nil when nobody could be: somebody is unknown, closed or has another role, the channel
    ///   is archived, direct or full, or the actor may not any more.
    package func addMembers(
        _ users: [UserID], to channel: ChannelID, role: Membership.Role, isRoleMeant: Bool, by actor: AuditActor,
        admission: Admission, groupLimit: Int, in app: AppID
    ) async throws -> [Member]? {
        let parameter = role == .member ? nil : try Self.parameter(actor)
        let results = try await write([
            Self.lock(channel),
            PostgresStatement(
                """
                WITH wanted AS MATERIALIZED (
                    SELECT DISTINCT w.id, u.id AS known, m.role AS old FROM unnest($2::bigint[]) AS w (id)
                    LEFT JOIN users u ON u.id = w.id AND u.app_id = $3 AND u.is_active
                    LEFT JOIN channel_members m ON m.channel_id = $1 AND m.user_id = w.id
                ), open AS MATERIALIZED (
                    SELECT c.* FROM channels c
                    WHERE c.id = $1 AND c.app_id = $3 AND NOT c.is_archived AND c.kind <> 'direct'
                        AND NOT EXISTS (SELECT FROM wanted w WHERE w.known IS NULL OR $7 AND w.old <> $4)
                        AND (c.kind <> 'group' OR $9 >= (SELECT count(*) FROM channel_members WHERE channel_id = $1)
                            + (SELECT count(*) FROM wanted WHERE old IS NULL))
                        AND ($8 = 'server' OR $8 = 'join' AND c.kind = 'public' OR EXISTS (
                            SELECT FROM channel_members a WHERE a.channel_id = $1 AND a.user_id = $5
                                AND $8 <> 'join' AND ($8 = 'member' OR a.role = 'owner')))
                ), joined AS (
                    INSERT INTO channel_members (channel_id, user_id, app_id, role, read_seq, joined_seq)
                    SELECT c.id, w.id, c.app_id, $4, c.last_seq, c.last_seq FROM open c, wanted w WHERE w.old IS NULL
                    ON CONFLICT DO NOTHING RETURNING *
                ), emitted AS (
                    INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                    SELECT j.app_id, 'member.added', j.channel_id, $5, j.user_id, json_build_object(
                        'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind),
                        'role', j.role, 'read_seq', j.read_seq,
                        'hidden_up_to', CASE WHEN c.history = 'all' THEN 0 ELSE j.joined_seq END,
                        'joined_at', rfc3339(j.joined_at))
                    FROM joined j JOIN users u ON u.id = j.user_id JOIN channels c ON c.id = j.channel_id ORDER BY u.id
                ), \(Self.audited(
                    "'member.added'", "'user:' || user_id",
                    "json_build_object('channel_id', channel_id, 'role', role)", from: "joined", by: 6))
                SELECT u.id, u.handle, u.name, u.kind, m.role, rfc3339(m.joined_at), \(Self.receiptColumns)
                FROM open LEFT JOIN joined m ON true LEFT JOIN users u ON u.id = m.user_id ORDER BY u.id
                """, channel.rawValue, users.map(\.rawValue), app.rawValue, role.rawValue, actor.id?.rawValue,
                parameter,
                isRoleMeant, admission.rawValue, groupLimit),
        ])
        // A row without a member says that the channel was open, and that all are members already.
        guard !results[1].rows.isEmpty else { return nil }
        return try results[1].rows.filter { try $0.decode(0, as: Int64?.self) != nil }.map(Self.member)
    }

    /// Those of `users` who are not of the app or whose accounts are closed, in order.
    package func unknown(_ users: [UserID], in app: AppID) async throws -> [UserID] {
        try await pool.query(
            """
            SELECT DISTINCT w.id FROM unnest($1::bigint[]) AS w (id)
            WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = w.id AND u.app_id = $2 AND u.is_active) ORDER BY w.id
            """, users.map(\.rawValue), app.rawValue
        ).map { UserID(try $0.decode(0, as: Int64.self)) }
    }

    /// Those of `users` who are members of `channel`, with their roles, in order.
    package func roles(
        of users: [UserID], in channel: ChannelID, app: AppID
    ) async throws -> [(user: UserID, role: Membership.Role)] {
        try await pool.query(
            """
            SELECT user_id, role FROM channel_members
            WHERE channel_id = $1 AND user_id = ANY ($2) AND app_id = $3 ORDER BY user_id
            """, channel.rawValue, users.map(\.rawValue), app.rawValue
        ).map { row in
            (
                UserID(try row.decode(0, as: Int64.self)),
                Membership.Role(rawValue: try row.decode(1, as: String.self)) ?? .member
            )
        }
    }

    /// What became of a membership that was to be ended or changed.
    package enum MembershipChange: String, Sendable {
        case done
        /// It is as it should be already.
        case unchanged
        /// The user is no member.
        case unknown
        /// The channel would be left without an owner.
        case lastOwner
        /// The actor's role does not suffice any more.
        case refused
    }

    /// The member `$2` of channel `$1` in app `$3`, the rank of actor `$4`, and whether there is another owner.
    ///
    /// Read behind the channel's lock: nobody else changes a membership of the channel meanwhile.
    private static let standing = """
        old AS MATERIALIZED (
            SELECT m.*, array_position(ARRAY['member', 'moderator', 'owner'], m.role) AS rank,
                (SELECT array_position(ARRAY['member', 'moderator', 'owner'], a.role) FROM channel_members a
                    WHERE a.channel_id = $1 AND a.user_id = $4) AS actor_rank,
                m.role = 'owner' AND c.kind <> 'direct' AND NOT EXISTS (
                    SELECT FROM channel_members o JOIN users u ON u.id = o.user_id AND u.is_active
                    WHERE o.channel_id = $1 AND o.user_id <> $2 AND o.role = 'owner') AS is_last_owner
            FROM channel_members m JOIN channels c ON c.id = m.channel_id
            WHERE m.channel_id = $1 AND m.user_id = $2 AND m.app_id = $3
        )
        """

    /// Removes a member and writes the event; who is removed by somebody else is audited.
    ///
    /// The last owner stays as long as there are other people.
    ///
    /// - Parameter isAdministrator: The actor needs no role in the channel.
    package func removeMember(
        _ user: UserID, from channel: ChannelID, by actor: AuditActor, isAdministrator: Bool, in app: AppID
    ) async throws -> MembershipChange {
        let parameter = user == actor.id ? nil : try Self.parameter(actor)
        let results = try await write([
            Self.lock(channel),
            PostgresStatement(
                """
                WITH \(Self.standing), allowed AS MATERIALIZED (
                    SELECT old.*, is_last_owner AND EXISTS (
                            SELECT FROM channel_members p JOIN users u ON u.id = p.user_id AND u.is_active
                            WHERE p.channel_id = $1 AND p.user_id <> $2 AND u.kind = 'person') AS is_needed,
                        $6 OR $2 = $4 OR coalesce(actor_rank >= 2 AND actor_rank > rank, false) AS is_allowed
                    FROM old
                ), gone AS (
                    DELETE FROM channel_members m USING allowed a
                    WHERE m.channel_id = a.channel_id AND m.user_id = a.user_id AND a.is_allowed AND NOT a.is_needed
                    RETURNING m.*
                ), emitted AS (
                    INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                    SELECT g.app_id, 'member.removed', g.channel_id, $4, g.user_id, json_build_object(
                        'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind))
                    FROM gone g JOIN users u ON u.id = g.user_id
                ), \(Self.audited(
                    "'member.removed'", "'user:' || user_id", "json_build_object('channel_id', channel_id)",
                    from: "gone", by: 5))
                SELECT CASE WHEN NOT is_allowed THEN 'refused' WHEN is_needed THEN 'lastOwner' ELSE 'done' END
                FROM allowed
                """, channel.rawValue, user.rawValue, app.rawValue, actor.id?.rawValue, parameter, isAdministrator),
        ])
        return try Self.membershipChange(results[1].rows)
    }

    /// Gives a member another role and writes the event; that is audited.
    ///
    /// Owners change those below them, everybody may step down, and the last owner only after handing over.
    ///
    /// - Parameter isAdministrator: The actor needs no role in the channel.
    package func setRole(
        _ role: Membership.Role, of user: UserID, in channel: ChannelID, by actor: AuditActor, isAdministrator: Bool,
        app: AppID
    ) async throws -> MembershipChange {
        let results = try await write([
            Self.lock(channel),
            PostgresStatement(
                """
                WITH \(Self.standing), allowed AS MATERIALIZED (
                    SELECT old.*, is_last_owner AND $7 <> 'owner' AS is_needed,
                        $6 OR coalesce(actor_rank = 3 AND rank < 3, false)
                            OR $2 = $4 AND array_position(ARRAY['member', 'moderator', 'owner'], $7) <= rank AS is_allowed
                    FROM old
                ), changed AS (
                    UPDATE channel_members m SET role = $7 FROM allowed a
                    WHERE m.channel_id = a.channel_id AND m.user_id = a.user_id AND a.is_allowed AND NOT a.is_needed
                        AND m.role <> $7
                    RETURNING m.*, a.role AS old_role
                ), emitted AS (
                    INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                    SELECT m.app_id, 'member.updated', m.channel_id, $4, m.user_id, \(Self.memberUpdatedData)
                    FROM changed m JOIN users u ON u.id = m.user_id
                ), \(Self.audited(
                    "'member.role_changed'", "'user:' || user_id",
                    "json_build_object('channel_id', channel_id, 'from', old_role, 'to', role)", from: "changed", by: 5))
                SELECT CASE WHEN role = $7 THEN 'unchanged' WHEN NOT is_allowed THEN 'refused'
                    WHEN is_needed THEN 'lastOwner' ELSE 'done' END
                FROM allowed
                """, channel.rawValue, user.rawValue, app.rawValue, actor.id?.rawValue, try Self.parameter(actor),
                isAdministrator, role.rawValue),
        ])
        return try Self.membershipChange(results[1].rows)
    }

    /// The data of an event about the member `m`, who is the user `u`.
    static let memberUpdatedData = """
        json_build_object(
            'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind), 'role', m.role)
        """

    private static func membershipChange(_ rows: [PostgresRow]) throws -> MembershipChange {
        guard let row = rows.first else { return .unknown }
        return MembershipChange(rawValue: try row.decode(0, as: String.self)) ?? .refused
    }

    package func members(of channel: ChannelID, in app: AppID, after: UserID, limit: Int) async throws -> [Member] {
        try await pool.query(
            """
            SELECT u.id, u.handle, u.name, u.kind, m.role, rfc3339(m.joined_at), \(Self.receiptColumns)
            FROM channel_members m JOIN users u ON u.id = m.user_id
            WHERE m.channel_id = $1 AND m.app_id = $2 AND u.id > $3 ORDER BY u.id LIMIT $4
            """, channel.rawValue, app.rawValue, after.rawValue, limit
        ).map(Self.member)
    }

    /// Moves the read position forward, never back and never past the last message; writes the user's event.
    ///
    /// - Returns: How the user stands to the channel, and the receipt when the other members are to be told of it; nil when
    ///   the user is no member.
    package func markRead(
        _ channel: ChannelID, upTo seq: Int64, by user: UserID, in app: AppID
    ) async throws -> (membership: Membership, news: MemberReceipt?)? {
        let rows = try await write(
            """
            WITH moved AS (
                UPDATE channel_members m SET read_seq = least($3, c.last_seq), read_at = now(),
                    delivered_seq = greatest(m.delivered_seq, least($3, c.last_seq)),
                    delivered_at = CASE WHEN m.delivered_seq < least($3, c.last_seq) THEN now() ELSE m.delivered_at END
                FROM channels c
                WHERE m.channel_id = $1 AND m.user_id = $2 AND m.app_id = $4 AND c.id = m.channel_id
                    AND m.read_seq < least($3, c.last_seq)
                RETURNING m.*, c.last_seq - m.read_seq - \(Self.notUnread) AS unread, \(Self.mentionCount) AS mentions,
                    \(Self.isTold("m.channel_id")) AS is_told
            ), emitted AS (
                INSERT INTO events (app_id, type, channel_id, audience_id, actor_id, subject_id, data)
                SELECT app_id, 'read.updated', channel_id, user_id, user_id, user_id, json_build_object(
                    'channel_id', channel_id, 'read_seq', read_seq, 'unread_count', unread,
                    'mention_count', mentions)
                FROM moved
            )
            SELECT m.role, m.unread, m.mentions, m.is_told, \(Self.receiptColumns) FROM moved m
            UNION ALL
            SELECT m.role, c.last_seq - m.read_seq - \(Self.notUnread), \(Self.mentionCount), false, \(Self.receiptColumns)
            FROM channel_members m JOIN channels c ON c.id = m.channel_id
            WHERE m.channel_id = $1 AND m.user_id = $2 AND m.app_id = $4 AND NOT EXISTS (SELECT FROM moved)
            """, channel.rawValue, user.rawValue, seq, app.rawValue)
        return try rows.first.map { row in
            let receipt = try Self.receipt(row, from: 4)
            let membership = Membership(
                role: Membership.Role(rawValue: try row.decode(0, as: String.self)) ?? .member,
                readSeq: receipt.readSeq, unreadCount: max(0, try row.decode(1, as: Int64.self)),
                mentionCount: try row.decode(2, as: Int64.self))
            let isTold = try row.decode(3, as: Bool.self)
            return (membership, isTold ? MemberReceipt(app: app, channel: channel, user: user, receipt: receipt) : nil)
        }
    }

    private static func member(_ row: PostgresRow) throws -> Member {
        let receipt = try Self.receipt(row, from: 6)
        return Member(
            user: Author(
                id: UserID(try row.decode(0, as: Int64.self)), handle: try row.decode(1, as: String.self),
                name: try row.decode(2, as: String.self),
                kind: User.Kind(rawValue: try row.decode(3, as: String.self)) ?? .person),
            role: Membership.Role(rawValue: try row.decode(4, as: String.self)) ?? .member,
            readSeq: receipt.readSeq, readAt: receipt.readAt, deliveredSeq: receipt.deliveredSeq,
            deliveredAt: receipt.deliveredAt, joinedAt: try row.decode(5, as: String.self))
    }
}
