package import ChatModel
import Postgres
import Text

/// A user together with what only the server may know.
package struct StoredUser: Sendable {
    package let user: User
    package let appID: AppID
    package let passwordHash: String?
    /// Names the state of the account that access tokens belong to: tokens of another state are not good any more.
    package let tokenStamp: Int64
}

/// What is needed to make a user.
package struct NewUser: Sendable {
    package var kind: User.Kind
    package var handle: String
    package var name: String
    package var email: String?
    package var passwordHash: String?
    package var role: User.Role

    package init(
        kind: User.Kind = .person, handle: String, name: String, email: String? = nil, passwordHash: String? = nil,
        role: User.Role = .member
    ) {
        self.kind = kind
        self.handle = handle
        self.name = name
        self.email = email
        self.passwordHash = passwordHash
        self.role = role
    }
}

extension ChatStore {
    private static let columns = """
        id, kind, handle, name, email, role, is_active, rfc3339(created_at), app_id, password_hash, \
        (extract(epoch FROM tokens_valid_from) * 1000)::bigint
        """

    private static let createdData = """
        json_build_object('id', id, 'handle', handle, 'name', name, 'kind', kind, 'role', role)
        """

    /// Makes a user and its event.
    ///
    /// - Parameter actor: The administrator who does it, when it is one.
    /// - Throws: ``StoreError/taken(field:)`` when the handle or the address is in use.
    package func insertUser(_ new: NewUser, in app: AppID, by actor: AuditActor? = nil) async throws -> User {
        do {
            let rows = try await write(
                """
                WITH made AS (
                    INSERT INTO users (app_id, kind, handle, name, email, password_hash, role, skeleton)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $10) RETURNING *
                ), emitted AS (
                    INSERT INTO events (app_id, type, actor_id, subject_id, data)
                    SELECT app_id, 'user.created', coalesce($8, id), id, \(Self.createdData) FROM made
                ), \(Self.audited(
                    "'user.created'", "'user:' || id", "json_build_object('handle', handle, 'role', role)",
                    from: "made", by: 9))
                SELECT \(Self.columns) FROM made
                """,
                app.rawValue, new.kind.rawValue, new.handle, new.name, new.email, new.passwordHash, new.role.rawValue,
                actor?.id?.rawValue, try Self.parameter(actor), NameRule.skeleton(of: new.handle))
            return try Self.storedUser(try rows.only()).user
        } catch let error as PostgresError where error.isUniqueViolation {
            if error.constraint == "users_skeleton" { throw StoreError.alike(field: "handle") }
            throw StoreError.taken(field: error.constraint == "users_email" ? "email" : "handle")
        }
    }

    /// Makes the people of `handles` that are not there yet, and answers with all of them.
    package func ensurePeople(
        _ people: [(handle: String, name: String)], in app: AppID, by actor: AuditActor
    ) async throws -> [(id: UserID, handle: String)] {
        let handles = people.map(\.handle)
        try await write(
            """
            WITH made AS (
                INSERT INTO users (app_id, kind, handle, name, role)
                SELECT $1, 'person', handle, name, 'member' FROM unnest($2::text[], $3::text[]) AS p (handle, name)
                ON CONFLICT (app_id, lower(handle)) DO NOTHING RETURNING *
            ), \(Self.audited(
                "'user.imported'", "'app:' || app_id", "json_build_object('count', count)",
                from: "(SELECT app_id, count(*) AS count FROM made GROUP BY app_id) m", by: 5))
            INSERT INTO events (app_id, type, actor_id, subject_id, data)
            SELECT app_id, 'user.created', $4, id, \(Self.createdData) FROM made ORDER BY id
            """, app.rawValue, handles, people.map(\.name), actor.id?.rawValue, try Self.parameter(actor))
        let rows = try await pool.query(
            "SELECT id, handle FROM users WHERE app_id = $1 AND lower(handle) = ANY (SELECT lower(unnest($2::text[])))",
            app.rawValue, handles)
        return try rows.map { (UserID(try $0.decode(0, as: Int64.self)), try $0.decode(1, as: String.self)) }
    }

    package func user(_ id: UserID, in app: AppID) async throws -> StoredUser? {
        try await pool.query(
            "SELECT \(Self.columns) FROM users WHERE id = $1 AND app_id = $2", id.rawValue, app.rawValue
        ).first.map(Self.storedUser)
    }

    package func user(handle: String, in app: AppID) async throws -> StoredUser? {
        try await pool.query(
            "SELECT \(Self.columns) FROM users WHERE lower(handle) = lower($1) AND app_id = $2",
            NameRule.lookup(handle),
            app.rawValue
        ).first.map(Self.storedUser)
    }

    /// The user with the first of these handles that there is.
    package func user(handles: [String], in app: AppID) async throws -> StoredUser? {
        guard handles.count > 1 else { return try await user(handle: handles.first ?? "", in: app) }
        return try await pool.query(
            """
            SELECT \(Self.columns) FROM users
            WHERE lower(handle) = ANY (SELECT lower(h) FROM unnest($1::text[]) h) AND app_id = $2
            ORDER BY char_length(handle) DESC LIMIT 1
            """, handles.map { NameRule.lookup($0) }, app.rawValue
        ).first.map(Self.storedUser)
    }

    /// The administrator of the first start while it is one, else the one who was made first; nil when there is none.
    package func firstAdministrator(in app: AppID) async throws -> StoredUser? {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM users
            WHERE app_id = $1 AND kind = 'person' AND role = 'admin' AND is_active
            ORDER BY lower(handle) = 'admin' DESC, id LIMIT 1
            """, app.rawValue
        ).first.map(Self.storedUser)
    }

    package func user(email: String, in app: AppID) async throws -> StoredUser? {
        try await pool.query(
            "SELECT \(Self.columns) FROM users WHERE lower(email) = lower($1) AND app_id = $2", email, app.rawValue
        ).first.map(Self.storedUser)
    }

    /// Users whose handle or name begins with `prefix`, ordered by id.
    package func users(
        prefix: String, after: UserID, limit: Int, in app: AppID
    ) async throws -> [User] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM users
            WHERE app_id = $1 AND id > $2
                AND ($3 = '' OR starts_with(lower(handle), lower($3)) OR starts_with(lower(name), lower($3)))
            ORDER BY id LIMIT $4
            """, app.rawValue, after.rawValue, NameRule.lookup(prefix), limit
        ).map { try Self.storedUser($0).user }
    }

    /// What becomes of a change of an account.
    package enum UserChange: Sendable {
        case changed(User)
        /// There is no such user.
        case unknown
        /// Nobody would be left who may do everything; nothing was changed.
        case lastAdministrator
        /// These channels, at most ten of them, would be left without an owner; nothing was changed.
        case lastOwner([String])
        /// Who was to get the channels is not there, or closed; nothing was changed.
        case unknownHeir
    }

    /// Puts a stronger hash of the same password in the place of an old one; nothing when the password was changed since.
    package func renewPasswordHash(of id: UserID, in app: AppID, from old: String, to new: String) async throws {
        _ = try await pool.query(
            "UPDATE users SET password_hash = $4 WHERE id = $1 AND app_id = $2 AND password_hash = $3",
            id.rawValue, app.rawValue, old, new)
    }

    /// Changes what is not nil, and writes the event.
    ///
    /// Closing an account, a new role and a new password end the access tokens that were issued before; closing and a
    /// new password end the log-ins too, but for `session`, in which the password was changed. Whoever is the last owner
    /// of channels with other people in them is closed only when `heir` gets those.
    ///
    /// - Parameter heir: Becomes an owner of the channels that would be left without one.
    package func updateUser(
        _ id: UserID, in app: AppID, by actor: AuditActor, name: String?, email: String?, role: User.Role?,
        isActive: Bool?, passwordHash: String?, session: String? = nil, heir: UserID? = nil
    ) async throws -> UserChange {
        let change = PostgresStatement(
            """
            WITH old AS (
                SELECT * FROM users WHERE id = $1 AND app_id = $2
            ), heir AS MATERIALIZED (
                SELECT * FROM users WHERE id = $11 AND app_id = $2 AND is_active AND id <> $1
            ), orphaned AS MATERIALIZED (
                SELECT c.* FROM channel_members m JOIN channels c ON c.id = m.channel_id AND c.kind <> 'direct'
                WHERE $6 = false AND m.user_id = $1 AND m.app_id = $2 AND m.role = 'owner'
                    AND NOT EXISTS (
                        SELECT FROM channel_members o JOIN users u ON u.id = o.user_id AND u.is_active
                        WHERE o.channel_id = m.channel_id AND o.user_id <> $1 AND o.role = 'owner')
                    AND EXISTS (
                        SELECT FROM channel_members o JOIN users u ON u.id = o.user_id AND u.is_active
                        WHERE o.channel_id = m.channel_id AND o.user_id <> $1 AND u.kind = 'person')
            ), allowed AS (
                SELECT id FROM old WHERE NOT (
                    kind = 'person' AND role = 'admin' AND is_active
                    AND (coalesce($5, role) <> 'admin' OR NOT coalesce($6, true))
                    AND NOT EXISTS (
                        SELECT FROM users a WHERE a.app_id = old.app_id AND a.id <> old.id AND a.kind = 'person'
                            AND a.role = 'admin' AND a.is_active))
                    AND (NOT EXISTS (SELECT FROM orphaned) OR EXISTS (SELECT FROM heir))
            ), handed AS (
                INSERT INTO channel_members (channel_id, user_id, app_id, role, read_seq)
                SELECT c.id, h.id, c.app_id, 'owner', c.last_seq FROM orphaned c, heir h, allowed
                ON CONFLICT (channel_id, user_id) DO UPDATE SET role = 'owner' RETURNING *, xmax = 0 AS is_new
            ), changed AS (
                UPDATE users u SET name = coalesce($3, u.name), email = coalesce($4, u.email),
                    role = coalesce($5, u.role), is_active = coalesce($6, u.is_active),
                    password_hash = coalesce($7, u.password_hash),
                    tokens_valid_from = CASE WHEN $5 IS NOT NULL OR $6 IS NOT NULL OR $7 IS NOT NULL
                        THEN greatest(now(), u.tokens_valid_from + interval '1 millisecond')
                        ELSE u.tokens_valid_from END
                FROM allowed WHERE u.id = allowed.id AND u.app_id = $2 RETURNING u.*
            ), ended AS (
                DELETE FROM refresh_tokens r USING changed c
                WHERE r.user_id = c.id AND ($7::text IS NOT NULL OR NOT c.is_active)
                    AND (c.id <> $8 OR r.family IS DISTINCT FROM $9)
            ), emitted AS (
                INSERT INTO events (app_id, type, channel_id, audience_id, actor_id, subject_id, data)
                SELECT app_id, type, channel_id, audience_id, $8, id, data FROM (
                    SELECT 0 AS place, app_id, 'user.updated' AS type, NULL::bigint AS channel_id,
                        NULL::bigint AS audience_id, id, json_build_object(
                            'id', id, 'handle', handle, 'name', name, 'kind', kind, 'role', role,
                            'is_active', is_active) AS data
                    FROM changed
                    UNION ALL
                    SELECT 1, u.app_id, CASE WHEN old.is_active AND NOT u.is_active THEN 'bot.deleted'
                        ELSE 'bot.updated' END, NULL, 0, u.id, \(Self.botEventData)
                    FROM changed u JOIN old ON old.id = u.id JOIN bots b ON b.user_id = u.id
                    UNION ALL
                    SELECT 2, m.app_id, CASE WHEN m.is_new THEN 'member.added' ELSE 'member.updated' END, m.channel_id,
                        NULL, m.user_id, CASE WHEN m.is_new THEN json_build_object(
                            'user', json_build_object('id', u.id, 'handle', u.handle, 'name', u.name, 'kind', u.kind),
                            'role', m.role, 'read_seq', m.read_seq, 'joined_at', rfc3339(m.joined_at))
                        ELSE \(Self.memberUpdatedData) END
                    FROM handed m JOIN heir u ON u.id = m.user_id
                ) e ORDER BY place, channel_id
            ), \(Self.audited(
                "action", "subject", "details", from: Self.userChanges(actor: 8, password: 7), by: 10))
            SELECT \(Self.columns), 'changed' AS outcome, NULL::text FROM changed
            UNION ALL
            SELECT \(Self.columns), CASE WHEN NOT EXISTS (SELECT FROM orphaned) OR EXISTS (SELECT FROM heir)
                    THEN 'lastAdministrator' WHEN $11 IS NOT NULL THEN 'unknownHeir' ELSE 'lastOwner' END,
                (SELECT string_agg(coalesce(nullif(name, ''), id::text), E'\\n') FROM (
                    SELECT * FROM orphaned ORDER BY id LIMIT 10) o)
            FROM old WHERE id NOT IN (SELECT id FROM allowed)
            """,
            id.rawValue, app.rawValue, name, email, role?.rawValue, isActive, passwordHash, actor.id?.rawValue, session,
            try Self.parameter(actor), heir?.rawValue)
        // Two administrators who demote each other wait for one another: each counts who is left. The account is locked
        // before the change looks at what hangs on it: a log-in that is being renewed meanwhile is not overlooked.
        var statements = [
            Self.auditLock(app),
            PostgresStatement("SELECT FROM users WHERE id = $1 AND app_id = $2 FOR UPDATE", id.rawValue, app.rawValue),
            change,
        ]
        if isActive == false { statements.insert(Self.lockOwned(by: id, in: app), at: 0) }
        do {
            guard let row = try await write(statements).last?.rows.first else { return .unknown }
            switch try row.decode(11, as: String.self) {
            case "changed": return .changed(try Self.storedUser(row).user)
            case "lastOwner":
                let channels = try row.decode(12, as: String?.self) ?? ""
                return .lastOwner(channels.split(separator: "\n").map(String.init))
            case "unknownHeir": return .unknownHeir
            default: return .lastAdministrator
            }
        } catch let error as PostgresError where error.isUniqueViolation {
            throw StoreError.taken(field: "email")
        }
    }

    /// Takes the locks of the channels that a user owns, in the order of their ids: nobody comes, goes or steps down there
    /// until the end of the transaction.
    private static func lockOwned(by user: UserID, in app: AppID) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT pg_advisory_xact_lock(channel_id) FROM (
                SELECT channel_id FROM channel_members WHERE user_id = $1 AND app_id = $2 AND role = 'owner'
                ORDER BY channel_id OFFSET 0
            ) owned
            """, user.rawValue, app.rawValue)
    }

    /// What a change of an account means to the audit log: a row for each kind of change.
    private static func userChanges(actor: Int, password: Int) -> String {
        """
        (
            SELECT c.app_id, CASE c.kind WHEN 'person' THEN 'user' ELSE c.kind END || ':' || c.id AS subject, n.action,
                n.details
            FROM changed c JOIN old o ON o.id = c.id CROSS JOIN LATERAL (VALUES
                ('user.role_changed', c.role <> o.role,
                    json_build_object('handle', c.handle, 'from', o.role, 'to', c.role)),
                (CASE c.kind WHEN 'bot' THEN 'bot.deleted' ELSE 'user.closed' END, o.is_active AND NOT c.is_active,
                    json_build_object('handle', c.handle)),
                ('user.reopened', c.is_active AND NOT o.is_active, json_build_object('handle', c.handle)),
                ('user.password_changed', $\(password) IS NOT NULL, json_build_object('handle', c.handle)),
                ('user.updated', c.id <> $\(actor) AND (c.name <> o.name OR c.email IS DISTINCT FROM o.email),
                    json_build_object(
                        'handle', c.handle, 'name', c.name <> o.name, 'email', c.email IS DISTINCT FROM o.email))
            ) AS n (action, applies, details) WHERE n.applies
            UNION ALL
            SELECT app_id, 'user:' || user_id, 'member.role_changed',
                json_build_object('channel_id', channel_id, 'from', NULL, 'to', role) FROM handed
        ) c
        """
    }

    static func storedUser(_ row: PostgresRow) throws -> StoredUser {
        StoredUser(
            user: User(
                id: UserID(try row.decode(0, as: Int64.self)),
                kind: User.Kind(rawValue: try row.decode(1, as: String.self)) ?? .person,
                handle: try row.decode(2, as: String.self), name: try row.decode(3, as: String.self),
                email: try row.decode(4, as: String?.self),
                role: User.Role(rawValue: try row.decode(5, as: String.self)) ?? .guest,
                isActive: try row.decode(6, as: Bool.self), createdAt: try row.decode(7, as: String.self)),
            appID: AppID(try row.decode(8, as: Int64.self)), passwordHash: try row.decode(9, as: String?.self),
            tokenStamp: try row.decode(10, as: Int64.self))
    }
}
