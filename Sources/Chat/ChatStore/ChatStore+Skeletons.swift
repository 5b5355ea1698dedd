import Postgres
import Text

/// What names look like, of those that were made without: by an earlier version, or by one with another Unicode.
extension ChatStore {
    private static let batch = 2000
    /// The setting that says for which version of Unicode all names had theirs.
    private static let setting = "skeletons"

    /// Makes those of another version of Unicode anew, and fills what is missing.
    func refreshSkeletons() async throws {
        let known = try await pool.query("SELECT value FROM settings WHERE name = $1", Self.setting)
        let version = "\(TextForm.unicodeVersion)"
        if try known.first?.decode(0, as: String.self) != version {
            try await fill(where: "NOT starts_with(skeleton, '\(version)|')")
            try await pool.execute(
                "INSERT INTO settings VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                Self.setting, version)
        }
        try await fillSkeletons()
    }

    /// Fills what is missing, which those who make many names at once leave out; does nothing when nothing is.
    ///
    /// Names that look alike already stay both: the older has the skeleton, the other a mark of its own.
    package func fillSkeletons() async throws { try await fill(where: "skeleton IS NULL") }

    private func fill(where condition: String) async throws {
        for (table, name) in [("users", "handle"), ("channels", "name")] {
            var last: Int64 = 0
            var tries = 0
            while true {
                do {
                    guard let next = try await fill(table, name, after: last, condition) else { break }
                    last = next
                } catch let error as PostgresError where error.isUniqueViolation && tries < Self.mostTries {
                    // Somebody else has made a name that looks the same meanwhile.
                    tries += 1
                }
            }
        }
    }

    private static let mostTries = 5

    /// - Returns: How far it has got; nil at the end.
    private func fill(
        _ table: String, _ name: String, after last: Int64, _ condition: String
    ) async throws -> Int64? {
        let rows = try await pool.query(
            """
            SELECT id, \(name), app_id FROM \(table)
            WHERE id > $1 AND \(name) <> '' AND \(condition) ORDER BY id LIMIT \(Self.batch)
            """, last)
        guard !rows.isEmpty else { return nil }
        var ids: [Int64] = []
        var skeletons: [String] = []
        var seen: Set<String> = []
        for row in rows {
            let id = try row.decode(0, as: Int64.self)
            let skeleton = NameRule.skeleton(of: try row.decode(1, as: String.self))
            let isFirst = seen.insert("\(try row.decode(2, as: Int64.self)) \(skeleton)").inserted
            ids.append(id)
            skeletons.append(isFirst ? skeleton : "")
        }
        // No name has a number sign, so the mark is nobody's skeleton.
        try await pool.execute(
            """
            UPDATE \(table) t SET skeleton = CASE WHEN s.skeleton = '' OR EXISTS (
                    SELECT FROM \(table) o WHERE o.app_id = t.app_id AND o.skeleton = s.skeleton AND o.id <> t.id)
                THEN $3 || '#' || t.id ELSE s.skeleton END
            FROM unnest($1::bigint[], $2::text[]) AS s (id, skeleton) WHERE t.id = s.id
            """, ids, skeletons, "\(TextForm.unicodeVersion)|")
        return ids.last
    }
}
