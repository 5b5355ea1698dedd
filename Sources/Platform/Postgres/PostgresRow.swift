/// One row of a result; its values are decoded when they are asked for.
///
/// Rows share the memory of their result: a row that is kept keeps all of them.
package struct PostgresRow: Sendable {
    let handle: ResultHandle
    let index: Int

    package var columnCount: Int { handle.columnCount }

    package func columnName(_ column: Int) -> String { handle.columnName(column) }

    package func isNull(_ column: Int) -> Bool {
        precondition(column >= 0 && column < columnCount, "the row has no column \(column)")
        return handle.isNull(index, column)
    }

    /// The value of a column, counted from 0.
    ///
    /// - Throws: ``PostgresError`` with the code `decoding`, naming the column, when its type is another one, or when
    ///   it is NULL and `type` is not optional.
    package func decode<Value: PostgresDecodable>(_ column: Int, as type: Value.Type = Value.self) throws -> Value {
        guard column >= 0, column < columnCount else {
            throw PostgresError(.decoding, "the row has \(columnCount) columns, column \(column) was asked for")
        }
        do {
            return try handle.decode(index, column)
        } catch {
            let problem =
                switch error {
                case .type: "expected \(Value.self), got \(handle.type(column))"
                case .null: "expected \(Value.self), got NULL"
                case .damaged: "the bytes are no valid \(handle.type(column))"
                }
            throw PostgresError(.decoding, "column \"\(columnName(column))\": \(problem)")
        }
    }

    /// The value of a column by its name; by number is quicker.
    package func decode<Value: PostgresDecodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        guard let column = handle.column(named: name) else {
            throw PostgresError(.decoding, "the row has no column \"\(name)\"")
        }
        return try decode(column)
    }

    package func callAsFunction<Value: PostgresDecodable>(
        _ column: Int, as type: Value.Type = Value.self
    ) throws -> Value {
        try decode(column)
    }

    package func callAsFunction<Value: PostgresDecodable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws -> Value {
        try decode(name)
    }

    package subscript<Value: PostgresDecodable>(_ column: Int, _ type: Value.Type) -> Value {
        get throws { try decode(column) }
    }

    package subscript<Value: PostgresDecodable>(_ name: String, _ type: Value.Type) -> Value {
        get throws { try decode(name) }
    }
}
