package import ChatModel
import Postgres

extension ChatStore {
    private static let roleColumns = "id, name, capabilities, rank, rfc3339(created_at)"

    /// The roles of an app's own making, the highest first; an app has few.
    package func roles(in app: AppID) async throws -> [AppRole] {
        try await pool.query(
            "SELECT \(Self.roleColumns) FROM app_roles WHERE app_id = $1 ORDER BY rank DESC, id", app.rawValue
        ).map(Self.role)
    }

    /// The roles that a user has, the highest first.
    package func roles(of user: UserID, in app: AppID) async throws -> [AppRole] {
        try await pool.query(
            """
            SELECT r.id, r.name, r.capabilities, r.rank, rfc3339(r.created_at)
            FROM user_roles g JOIN app_roles r ON r.id = g.role_id
            WHERE g.app_id = $1 AND g.user_id = $2 ORDER BY r.rank DESC, r.id
            """, app.rawValue, user.rawValue
        ).map(Self.role)
    }

    /// Makes a role and writes the event; that is audited.
    ///
    /// - Parameters:
    ///   - names: The names of the capabilities, for the event.
    ///   - limit: Roles of an app, at most.
    /// - Returns: nil when the app has too many.
    /// - Throws: ``StoreError/taken(field:)`` when the name is in use.
    package func insertRole(
        name: String, capabilities: Capability, rank: Int, by actor: AuditActor, limit: Int, in app: AppID
    ) async throws -> AppRole? {
        do {
            return try await write([
                Self.auditLock(app),
                PostgresStatement(
                    """
                    WITH made AS (
                        INSERT INTO app_roles (app_id, name, capabilities, rank)
                        SELECT $1, $2, $3, $4 WHERE $5 > (SELECT count(*) FROM app_roles WHERE app_id = $1) RETURNING *
                    ), emitted AS (
                        INSERT INTO events (app_id, type, actor_id, subject_id, data)
                        SELECT app_id, 'role.created', $6, id, \(Self.roleData(7)) FROM made
                    ), \(Self.audited("'role.created'", "'role:' || id", Self.roleData(7), from: "made", by: 8))
                    SELECT \(Self.roleColumns) FROM made
                    """, app.rawValue, name, capabilities.rawValue, Int32(rank), limit, actor.id?.rawValue,
                    try Self.json(of: capabilities), try Self.parameter(actor)),
            ])[1].rows.first.map(Self.role)
        } catch let error as PostgresError where error.isUniqueViolation {
            throw StoreError.taken(field: "name")
        }
    }

    /// Makes a role another one and writes the event; that is audited.
    ///
    /// What is so already changes nothing.
    ///
    /// - Returns: nil when there is none.
    /// - Throws: ``StoreError/taken(field:)`` when the name is in use.
    package func updateRole(
        _ id: Int64, name: String, capabilities: Capability, rank: Int, by actor: AuditActor, in app: AppID
    ) async throws -> AppRole? {
        do {
            return try await write(
                """
                WITH changed AS (
                    UPDATE app_roles SET name = $3, capabilities = $4, rank = $5
                    WHERE id = $1 AND app_id = $2 AND (name, capabilities, rank) IS DISTINCT FROM ($3, $4, $5)
                    RETURNING *
                ), emitted AS (
                    INSERT INTO events (app_id, type, actor_id, subject_id, data)
                    SELECT app_id, 'role.updated', $6, id, \(Self.roleData(7)) FROM changed
                ), \(Self.audited("'role.updated'", "'role:' || id", Self.roleData(7), from: "changed", by: 8))
                SELECT \(Self.roleColumns) FROM changed
                UNION ALL
                SELECT \(Self.roleColumns) FROM app_roles
                WHERE id = $1 AND app_id = $2 AND NOT EXISTS (SELECT FROM changed)
                """, id, app.rawValue, name, capabilities.rawValue, Int32(rank), actor.id?.rawValue,
                try Self.json(of: capabilities), try Self.parameter(actor)
            ).first.map(Self.role)
        } catch let error as PostgresError where error.isUniqueViolation {
            throw StoreError.taken(field: "name")
        }
    }

    /// Takes a role from the app, from all who have it and from all overrides, and writes the event; that is audited.
    ///
    /// - Returns: False when there is none.
    package func deleteRole(_ id: Int64, by actor: AuditActor, in app: AppID) async throws -> Bool {
        let results = try await write([
            // Nobody is given the role meanwhile.
            PostgresStatement("SELECT 1 FROM app_roles WHERE id = $1 AND app_id = $2 FOR UPDATE", id, app.rawValue),
            PostgresStatement(
                "DELETE FROM user_roles WHERE app_id = $2 AND role_id = $1", id, app.rawValue),
            PostgresStatement(
                "DELETE FROM channel_overrides WHERE app_id = $2 AND subject = 'role' AND subject_id = $1", id,
                app.rawValue),
            PostgresStatement(
                """
                WITH gone AS (
                    DELETE FROM app_roles WHERE id = $1 AND app_id = $2 RETURNING *
                ), emitted AS (
                    INSERT INTO events (app_id, type, actor_id, subject_id, data)
                    SELECT app_id, 'role.deleted', $3, id, json_build_object('id', id, 'name', name) FROM gone
                ), \(Self.audited(
                    "'role.deleted'", "'role:' || id", "json_build_object('name', name)", from: "gone", by: 4))
                SELECT 1 FROM gone
                """, id, app.rawValue, actor.id?.rawValue, try Self.parameter(actor)),
        ])
        return !results[3].rows.isEmpty
    }

    /// What became of a role that was to be given or taken.
    package enum RoleChange: String, Sendable {
        case done
        /// It is as it should be already.
        case unchanged
        case unknownRole, unknownUser
        /// The user has too many.
        case full
        /// The role ranks too high for the actor, or gives what the actor lacks.
        case refused
    }

    /// Gives a user a role, or takes it, and writes the event; that is audited.
    ///
    /// - Parameters:
    ///   - isAdministrator: The actor may give and take every role; others those that rank below their own highest one
    ///     and give nothing that they lack.
    ///   - own: What the actor has by no role of the app's own.
    ///   - limit: Roles of a user, at most.
    package func setRole(
        _ role: Int64, of user: UserID, isOn: Bool, by actor: AuditActor, isAdministrator: Bool, own: Capability,
        limit: Int, in app: AppID
    ) async throws -> RoleChange {
        let change =
            isOn
            ? """
            INSERT INTO user_roles (app_id, user_id, role_id)
            SELECT app_id, user_id, role_id FROM standing WHERE outcome = 'done' ON CONFLICT DO NOTHING RETURNING *
            """
            : """
            DELETE FROM user_roles g USING standing s
            WHERE s.outcome = 'done' AND g.app_id = s.app_id AND g.user_id = s.user_id AND g.role_id = s.role_id
            RETURNING g.*
            """
        let results = try await write([
            // One after the other, so that nobody gets more than the limit.
            PostgresStatement(
                "SELECT 1 FROM users WHERE id = $1 AND app_id = $2 FOR UPDATE", user.rawValue, app.rawValue),
            PostgresStatement(
                """
                WITH standing AS MATERIALIZED (
                    SELECT r.app_id, u.id AS user_id, r.id AS role_id, r.name, CASE
                        WHEN u.id IS NULL THEN 'unknownUser'
                        WHEN NOT $4 AND NOT coalesce((
                            SELECT max(a.rank) > r.rank AND (r.capabilities & ~(bit_or(a.capabilities) | $5)) = 0
                            FROM user_roles g JOIN app_roles a ON a.id = g.role_id
                            WHERE g.app_id = $2 AND g.user_id = $3), false) THEN 'refused'
                        WHEN $8 = EXISTS (
                            SELECT FROM user_roles g
                            WHERE g.app_id = $2 AND g.user_id = u.id AND g.role_id = r.id) THEN 'unchanged'
                        WHEN $8 AND $7 <= (SELECT count(*) FROM user_roles g WHERE g.app_id = $2 AND g.user_id = u.id)
                            THEN 'full'
                        ELSE 'done' END AS outcome
                    FROM app_roles r LEFT JOIN users u ON u.id = $1 AND u.app_id = r.app_id
                    WHERE r.id = $6 AND r.app_id = $2 FOR SHARE OF r
                ), changed AS (
                    \(change)
                ), told AS (
                    SELECT c.app_id, c.user_id, u.handle, u.name, u.kind, s.role_id, s.name AS role
                    FROM changed c JOIN standing s ON true JOIN users u ON u.id = c.user_id
                ), emitted AS (
                    INSERT INTO events (app_id, type, actor_id, subject_id, data)
                    SELECT app_id, '\(isOn ? "user.role_added" : "user.role_removed")', $3, user_id, json_build_object(
                        'user', json_build_object('id', user_id, 'handle', handle, 'name', name, 'kind', kind),
                        'role', json_build_object('id', role_id, 'name', role))
                    FROM told
                ), \(Self.audited(
                    isOn ? "'user.role_added'" : "'user.role_removed'", "'user:' || user_id",
                    "json_build_object('role_id', role_id, 'role', role)", from: "told", by: 9))
                SELECT outcome FROM standing
                """, user.rawValue, app.rawValue, actor.id?.rawValue, isAdministrator, own.rawValue, role, limit, isOn,
                try Self.parameter(actor)),
        ])
        guard let row = results[1].rows.first else { return .unknownRole }
        return RoleChange(rawValue: try row.decode(0, as: String.self)) ?? .refused
    }

    private static func role(_ row: PostgresRow) throws -> AppRole {
        AppRole(
            id: try row.decode(0, as: Int64.self), name: try row.decode(1, as: String.self),
            capabilities: Capability(rawValue: try row.decode(2, as: Int64.self)),
            rank: Int(try row.decode(3, as: Int32.self)), createdAt: try row.decode(4, as: String.self))
    }

    /// The data of events about a role, whose names of capabilities a parameter has.
    private static func roleData(_ names: Int) -> String {
        "json_build_object('id', id, 'name', name, 'capabilities', $\(names)::json, 'rank', rank)"
    }
}
