import Postgres

/// Indexes beside the writers of their tables.
///
/// `CREATE INDEX CONCURRENTLY` leaves an invalid index behind when it fails or its process ends; that one goes first.
/// It cannot make the index of a partitioned table. So the table gets one that begins invalid and without partitions, each
/// partition's index is made by itself and attached, and with the last of them the whole is valid.
extension Migrator {
    enum Condition { case absent, invalid, valid }

    func make(_ index: MigrationIndex, of migration: Migration, on connection: PostgresConnection) async throws {
        let kind = try await connection.query(
            "SELECT relkind::text FROM pg_class WHERE oid = $1::text::regclass", index.table)
        guard try kind.only().decode(0, as: String.self) == "p" else {
            return try await make(index.name, on: index.table, of: index, connection)
        }
        if try await condition(of: index.name, on: index.table, connection) == .absent {
            try await transaction(
                "CREATE \(index.isUnique ? "UNIQUE " : "")INDEX \(index.name) ON ONLY \(index.table) \(index.definition);",
                of: migration, on: connection)
        }
        // A partition that is made meanwhile brings its index with it.
        while let partition = try await partition(without: index, connection) {
            let name = String("\(partition)_\(index.name)".prefix(63))
            do {
                try await make(name, on: partition, of: index, connection)
                try await transaction(
                    "ALTER INDEX \(index.name) ATTACH PARTITION \(Self.quoted(name));", of: migration, on: connection)
            } catch let error as PostgresError where error.sqlState == "42P01" {
                // Another node dropped the partition, because it is older than events are kept.
            }
        }
    }

    private func make(
        _ name: String, on table: String, of index: MigrationIndex, _ connection: PostgresConnection
    ) async throws {
        // It waits for transactions that began before, and nobody queues behind it meanwhile.
        try await connection.script("SET lock_timeout = 0")
        switch try await condition(of: name, on: table, connection) {
        case .valid: return
        case .invalid: try await connection.script("DROP INDEX CONCURRENTLY \(Self.quoted(name))")
        case .absent: break
        }
        try await connection.script(
            """
            CREATE \(index.isUnique ? "UNIQUE " : "")INDEX \(isNew ? "" : "CONCURRENTLY ")\(Self.quoted(name))
            ON \(Self.quoted(table)) \(index.definition)
            """)
    }

    private func condition(
        of name: String, on table: String, _ connection: PostgresConnection
    ) async throws -> Condition {
        let rows = try await connection.query(
            """
            SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = $2::text::regclass AND c.relname = $1
            """, name, Self.quoted(table))
        guard let isValid = try rows.first?.decode(0, as: Bool.self) else { return .absent }
        return isValid ? .valid : .invalid
    }

    /// The next partition whose index is not part of the table's.
    private func partition(without index: MigrationIndex, _ connection: PostgresConnection) async throws -> String? {
        try await connection.query(
            """
            SELECT c.relname::text FROM pg_inherits t JOIN pg_class c ON c.oid = t.inhrelid
            WHERE t.inhparent = $1::text::regclass AND NOT t.inhdetachpending AND NOT EXISTS (
                SELECT FROM pg_index i JOIN pg_inherits n ON n.inhrelid = i.indexrelid
                WHERE i.indrelid = c.oid AND n.inhparent = $2::text::regclass)
            ORDER BY 1 LIMIT 1
            """, index.table, index.name
        ).first?.decode(0, as: String.self)
    }

    private static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}
