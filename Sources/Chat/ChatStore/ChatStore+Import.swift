package import ChatModel
import Postgres

/// What another server held, with the ids that it had there in `import_ids`.
extension ChatStore {
    package enum ImportKind: String, Sendable { case user, channel, member, message }

    /// Whose the rows are, and who brings them in.
    package struct ImportScope: Sendable {
        package let app: AppID
        package let source: String
        package let actor: AuditActor

        package init(app: AppID, source: String, actor: AuditActor) {
            self.app = app
            self.source = source
            self.actor = actor
        }
    }

    /// The ids here of those ids there that were imported.
    package func imported(_ kind: ImportKind, _ ids: [String], _ scope: ImportScope) async throws -> [String: Int64] {
        guard !ids.isEmpty else { return [:] }
        let rows = try await pool.query(
            """
            SELECT source_id, id FROM import_ids
            WHERE app_id = $1 AND source = $2 AND kind = $3 AND source_id = ANY ($4)
            """, scope.app.rawValue, scope.source, kind.rawValue, ids)
        return try Dictionary(
            rows.map { (try $0.decode(0, as: String.self), try $0.decode(1, as: Int64.self)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The handles and addresses of those given that accounts have, in lower case, with the accounts.
    package func accounts(
        handles: [String], emails: [String], in app: AppID
    ) async throws -> (handles: [String: UserID], emails: [String: UserID]) {
        let rows = try await pool.query(
            """
            SELECT id, lower(handle), lower(email) FROM users WHERE app_id = $1
                AND lower(handle) = ANY (SELECT lower(unnest($2::text[])))
            UNION
            SELECT id, lower(handle), lower(email) FROM users WHERE app_id = $1 AND email IS NOT NULL
                AND lower(email) = ANY (SELECT lower(unnest($3::text[])))
            """, app.rawValue, handles, emails)
        var found: (handles: [String: UserID], emails: [String: UserID]) = ([:], [:])
        for row in rows {
            let id = UserID(try row.decode(0, as: Int64.self))
            found.handles[try row.decode(1, as: String.self)] = id
            if let email = try row.decode(2, as: String?.self) { found.emails[email] = id }
        }
        return found
    }

    /// The handles of accounts.
    package func handles(of users: [UserID], in app: AppID) async throws -> [UserID: String] {
        let rows = try await pool.query(
            "SELECT id, handle FROM users WHERE app_id = $1 AND id = ANY ($2)", app.rawValue, users.map(\.rawValue))
        return try Dictionary(
            rows.map { (UserID(try $0.decode(0, as: Int64.self)), try $0.decode(1, as: String.self)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Notes that people there are accounts that exist here.
    package func importKnown(_ people: [(sourceID: String, user: UserID)], _ scope: ImportScope) async throws {
        guard !people.isEmpty else { return }
        _ = try await pool.query(
            """
            INSERT INTO import_ids (app_id, source, kind, source_id, id)
            SELECT $1, $2, 'user', i.source_id, u.id FROM unnest($3::text[], $4::bigint[]) AS i (source_id, user_id)
            JOIN users u ON u.id = i.user_id AND u.app_id = $1 ON CONFLICT DO NOTHING
            """, scope.app.rawValue, scope.source, people.map(\.sourceID), people.map(\.user.rawValue))
    }

    /// Makes accounts without passwords, those whose handle or address is in use left out.
    ///
    /// - Parameter people: Different in their handles, and in their addresses.
    package func importPeople(
        _ people: [(sourceID: String, new: NewUser, isActive: Bool)], _ scope: ImportScope
    ) async throws -> Int {
        let rows = try await write(
            """
            WITH input AS MATERIALIZED (
                SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[])
                    AS i (source_id, handle, name, email, kind, role, is_active)
                WHERE NOT EXISTS (
                    SELECT FROM import_ids k WHERE k.app_id = $1 AND k.source = $2 AND k.kind = 'user'
                        AND k.source_id = i.source_id)
            ), made AS (
                INSERT INTO users (app_id, kind, handle, name, email, role, is_active)
                SELECT $1, kind, handle, name, email, role, is_active FROM input ON CONFLICT DO NOTHING RETURNING *
            ), mapped AS (
                INSERT INTO import_ids (app_id, source, kind, source_id, id)
                SELECT $1, $2, 'user', i.source_id, m.id FROM made m JOIN input i ON i.handle = m.handle
            ), emitted AS (
                INSERT INTO events (app_id, type, actor_id, subject_id, data)
                SELECT app_id, 'user.created', $10, id, json_build_object(
                    'id', id, 'handle', handle, 'name', name, 'kind', kind, 'role', role) FROM made ORDER BY id
            ), \(Self.audited(
                "'user.imported'", "'app:' || app_id", "json_build_object('count', count, 'source', $2::text)",
                from: "(SELECT app_id, count(*) AS count FROM made GROUP BY app_id) m", by: 11))
            SELECT count(*) FROM made
            """, scope.app.rawValue, scope.source, people.map(\.sourceID), people.map(\.new.handle),
            people.map(\.new.name), people.map(\.new.email), people.map(\.new.kind.rawValue),
            people.map(\.new.role.rawValue), people.map { $0.isActive }, scope.actor.id?.rawValue,
            try Self.parameter(scope.actor))
        return Int(try rows.only().decode(0, as: Int64.self))
    }

    /// A channel as it is to be made.
    package struct ImportedChannel: Sendable {
        package var sourceID: String
        package var kind: Channel.Kind
        package var name: String
        package var topic: String
        package var isArchived: Bool
        /// Milliseconds since 1970.
        package var createdAt: Int64
        /// For a direct channel, the pair.
        package var directKey: String?

        package init(
            sourceID: String, kind: Channel.Kind, name: String, topic: String, isArchived: Bool, createdAt: Int64,
            directKey: String?
        ) {
            self.sourceID = sourceID
            self.kind = kind
            self.name = name
            self.topic = topic
            self.isArchived = isArchived
            self.createdAt = createdAt
            self.directKey = directKey
        }
    }

    /// What became of a channel that was to be imported.
    package enum ChannelImport: Sendable { case created, existing, nameTaken }

    /// Makes a channel without members, or takes the public one of this name, or the pair's direct one.
    package func importChannel(_ channel: ImportedChannel, _ scope: ImportScope) async throws -> ChannelImport {
        let rows = try await write(
            """
            WITH known AS MATERIALIZED (
                SELECT id FROM import_ids
                WHERE app_id = $1 AND source = $2 AND kind = 'channel' AND source_id = $3
            ), same AS MATERIALIZED (
                SELECT id FROM channels WHERE app_id = $1 AND NOT EXISTS (SELECT FROM known)
                    AND ($4 = 'public' AND kind = 'public' AND lower(name) = lower($5) AND name <> ''
                        OR $4 = 'direct' AND direct_key = $9)
                ORDER BY id LIMIT 1
            ), made AS (
                INSERT INTO channels (app_id, kind, name, topic, is_archived, created_at, direct_key, creator_id)
                SELECT $1, $4, $5, $6, $7, $8, $9, $10
                WHERE NOT EXISTS (SELECT FROM known) AND NOT EXISTS (SELECT FROM same)
                ON CONFLICT DO NOTHING RETURNING *
            ), mapped AS (
                INSERT INTO import_ids (app_id, source, kind, source_id, id)
                SELECT $1, $2, 'channel', $3, id FROM (SELECT id FROM made UNION ALL SELECT id FROM same) m
                ON CONFLICT DO NOTHING
            ), emitted AS (
                INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                SELECT app_id, 'channel.created', CASE WHEN kind = 'public' THEN NULL ELSE id END, $10, id,
                    \(Self.eventData())
                FROM made
            ), \(Self.audited(
                "'channel.imported'", "'channel:' || id", "json_build_object('name', name, 'source', $2::text)",
                from: "made", by: 11))
            SELECT CASE WHEN EXISTS (SELECT FROM made) THEN 'created'
                WHEN EXISTS (SELECT FROM known) OR EXISTS (SELECT FROM same) THEN 'existing' ELSE 'taken' END
            """, scope.app.rawValue, scope.source, channel.sourceID, channel.kind.rawValue, channel.name,
            channel.topic, channel.isArchived, PostgresTimestamp(milliseconds: channel.createdAt), channel.directKey,
            scope.actor.id?.rawValue, try Self.parameter(scope.actor))
        return switch try rows.only().decode(0, as: String.self) {
        case "created": .created
        case "existing": .existing
        default: .nameTaken
        }
    }

    /// A membership that is to be made.
    package struct ImportedMember: Sendable {
        /// Names it among the source's.
        package var sourceID: String
        package var channel: ChannelID
        package var user: UserID
        package var role: Membership.Role

        package init(sourceID: String, channel: ChannelID, user: UserID, role: Membership.Role) {
            self.sourceID = sourceID
            self.channel = channel
            self.user = user
            self.role = role
        }
    }

    /// Makes memberships, once: who left since, or was taken out, stays outside.
    ///
    /// New members have read everything that stands in the channel.
    package func importMembers(_ members: [ImportedMember], _ scope: ImportScope) async throws -> Int {
        let results = try await write([
            Self.lock(Array(Set(members.map(\.channel)))),
            PostgresStatement(
                """
                WITH input AS MATERIALIZED (
                    SELECT * FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::text[])
                        AS i (source_id, channel_id, user_id, role)
                    WHERE NOT EXISTS (
                        SELECT FROM import_ids k WHERE k.app_id = $1 AND k.source = $2 AND k.kind = 'member'
                            AND k.source_id = i.source_id)
                ), joined AS (
                    INSERT INTO channel_members (channel_id, user_id, app_id, role, read_seq, joined_seq)
                    SELECT c.id, u.id, c.app_id, i.role, c.last_seq, c.last_seq FROM input i
                    JOIN channels c ON c.id = i.channel_id AND c.app_id = $1
                    JOIN users u ON u.id = i.user_id AND u.app_id = $1
                    WHERE c.kind <> 'direct' OR u.id::text = ANY (string_to_array(c.direct_key, ':'))
                    ON CONFLICT DO NOTHING RETURNING *
                ), mapped AS (
                    INSERT INTO import_ids (app_id, source, kind, source_id, id)
                    SELECT $1, $2, 'member', source_id, user_id FROM input ON CONFLICT DO NOTHING
                ), emitted AS (
                    INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                    SELECT j.app_id, 'member.added', j.channel_id, $7, j.user_id, json_build_object(
                        'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind),
                        'role', j.role, 'read_seq', j.read_seq,
                        'hidden_up_to', CASE WHEN c.history = 'all' THEN 0 ELSE j.joined_seq END,
                        'joined_at', rfc3339(j.joined_at))
                    FROM joined j JOIN users u ON u.id = j.user_id JOIN channels c ON c.id = j.channel_id
                    ORDER BY j.channel_id, u.id
                ), \(Self.audited(
                    "'member.imported'", "'channel:' || channel_id",
                    "json_build_object('count', count, 'source', $2::text)",
                    from: "(SELECT app_id, channel_id, count(*) AS count FROM joined GROUP BY 1, 2) m", by: 8))
                SELECT count(*) FROM joined
                """, scope.app.rawValue, scope.source, members.map(\.sourceID), members.map(\.channel.rawValue),
                members.map(\.user.rawValue), members.map(\.role.rawValue), scope.actor.id?.rawValue,
                try Self.parameter(scope.actor)),
        ])
        return Int(try results[1].rows.only().decode(0, as: Int64.self))
    }
}
