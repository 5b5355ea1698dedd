package import ChatModel
import Foundation
import Postgres

extension ChatStore {
    /// What an audited statement adds to itself: rows of the log, in its own transaction.
    ///
    /// The rows get their numbers and hashes from a trigger. It has to be the last that the statement changes: the lock
    /// of the chain is taken by it, and nothing may be waited for behind that.
    ///
    /// - Parameters:
    ///   - action: SQL for what was done; so are `subject` and `details`, which is JSON.
    ///   - source: Where the rows come from: what stands behind FROM, with an `app_id`.
    ///   - actor: The number of the parameter that has ``parameter(_:)``; nothing is written when that is NULL.
    static func audited(
        _ action: String, _ subject: String, _ details: String, from source: String, by actor: Int
    ) -> String {
        """
        noted AS (
            INSERT INTO audit_log (app_id, actor_id, actor, address, request_id, action, subject, details)
            SELECT s.app_id, ($\(actor)::json ->> 'id')::bigint, $\(actor)::json ->> 'handle',
                $\(actor)::json ->> 'address', $\(actor)::json ->> 'requestID', \(action), \(subject), \(details)
            FROM (SELECT * FROM \(source)) s WHERE $\(actor)::json IS NOT NULL
        )
        """
    }

    /// An actor as the parameter of a statement.
    static func parameter(_ actor: AuditActor?) throws -> PostgresJSON? {
        guard let actor else { return nil }
        return PostgresJSON(String(decoding: try JSONEncoder().encode(actor), as: UTF8.self))
    }

    /// Takes the lock of an app's chain until the end of the transaction, as ``audited(_:_:_:from:by:)`` does.
    static func auditLock(_ app: AppID) -> PostgresStatement {
        PostgresStatement("SELECT pg_advisory_xact_lock($1)", LockKey.audit(app))
    }

    /// One page of the log, by number; the newest one when neither `before` nor `after` is given.
    ///
    /// - Parameters:
    ///   - action: Only this one, or those that begin with it and a dot.
    ///   - actor: Only what the user of this id or handle did.
    ///   - since: Milliseconds since 1970.
    package func auditRecords(
        in app: AppID, before: Int64?, after: Int64?, action: String?, actor: String?, since: Int64?, limit: Int
    ) async throws -> [AuditRecord] {
        let isForward = after != nil && before == nil
        let records = try await pool.query(
            """
            SELECT app_id, number, (extract(epoch FROM at) * 1000000)::bigint, actor_id, actor, action, subject,
                details::text, address, request_id, previous_hash, hash
            FROM audit_log
            WHERE app_id = $1 AND number < $2 AND number > $3
                AND ($4::text IS NULL OR action = $4 OR starts_with(action, $4 || '.'))
                AND ($5::text IS NULL OR actor_id::text = $5 OR lower(actor) = lower($5))
                AND ($6::float8 IS NULL OR at >= to_timestamp($6 / 1000))
            ORDER BY number \(isForward ? "ASC" : "DESC") LIMIT $7
            """, app.rawValue, before ?? Int64.max, after ?? 0, action, actor, since.map(Double.init), limit
        ).map(Self.auditRecord)
        return isForward ? records : records.reversed()
    }

    /// Where the app's chain ends; nil while it has no row.
    package func auditHead(of app: AppID) async throws -> AuditHead? {
        try await pool.query("SELECT number, hash FROM audit_heads WHERE app_id = $1", app.rawValue).first.map {
            AuditHead(number: try $0.decode(0, as: Int64.self), hash: try $0.decode(1, as: [UInt8].self))
        }
    }

    private static func auditRecord(_ row: PostgresRow) throws -> AuditRecord {
        AuditRecord(
            appID: AppID(try row.decode(0, as: Int64.self)), number: try row.decode(1, as: Int64.self),
            at: try row.decode(2, as: Int64.self), actorID: try row.decode(3, as: Int64?.self).map { UserID($0) },
            actor: try row.decode(4, as: String.self), action: try row.decode(5, as: String.self),
            subject: try row.decode(6, as: String.self), details: try row.decode(7, as: String.self),
            address: try row.decode(8, as: String?.self), requestID: try row.decode(9, as: String?.self),
            previousHash: try row.decode(10, as: [UInt8].self), hash: try row.decode(11, as: [UInt8].self))
    }
}
