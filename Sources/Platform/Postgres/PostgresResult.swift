internal import CPostgres

/// What one statement gave.
package struct PostgresResult: Sendable {
    package let rows: [PostgresRow]
    /// Rows that were changed, or read by a SELECT.
    package let affected: Int

    init(_ handle: ResultHandle) {
        rows = (0..<handle.rowCount).map { PostgresRow(handle: handle, index: $0) }
        affected = handle.affected
    }
}

/// Owns a result of libpq, which does not change any more and may so be read from every thread.
final class ResultHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var rowCount: Int { Int(PQntuples(pointer)) }
    var columnCount: Int { Int(PQnfields(pointer)) }

    var affected: Int {
        var count = 0
        // The text of a number, or nothing.
        guard var next = PQcmdTuples(pointer) else { return 0 }
        while next.pointee != 0 {
            count = count * 10 + Int(next.pointee) - 48
            next += 1
        }
        return count
    }

    /// The command that was run, such as `COMMIT` or `INSERT 0 1`.
    var commandTag: String { String(cString: PQcmdStatus(pointer)) }

    func columnName(_ column: Int) -> String { String(cString: PQfname(pointer, Int32(column))) }

    func column(named name: String) -> Int? {
        (0..<columnCount).first { columnName($0) == name }
    }

    func type(_ column: Int) -> PostgresType { PostgresType(rawValue: PQftype(pointer, Int32(column))) }

    func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(pointer, Int32(row), Int32(column)) != 0 }

    func decode<Value: PostgresDecodable>(_ row: Int, _ column: Int) throws(PostgresMismatch) -> Value {
        guard !isNull(row, column) else { return try Value.decodeNull() }
        let length = Int(PQgetlength(pointer, Int32(row), Int32(column)))
        let bytes = UnsafeRawBufferPointer(start: PQgetvalue(pointer, Int32(row), Int32(column)), count: length)
        return try Value.decode(PostgresCell(type: type(column), bytes: bytes))
    }
}
