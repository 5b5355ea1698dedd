internal import CPostgres

/// What went wrong with the database.
///
/// `description` holds the server's primary message and no detail line, because details repeat the values of rows.
package struct PostgresError: Error, CustomStringConvertible, CustomDebugStringConvertible {
    package enum Code: String, Sendable {
        /// The connection ended; whether the statement took effect is unknown. It is never sent again silently.
        case connectionLost
        /// No connection could be made.
        case unavailable
        /// A limit in time passed: `statement_timeout` or `lock_timeout` of the server, or ours for connecting.
        case timeout
        /// The server refused the statement; ``PostgresError/sqlState`` says why.
        case server
        /// A value is not of the type that was asked for.
        case decoding
        /// No connection of the pool came free in time, or too many callers wait already.
        case poolExhausted
        /// Too many statements wait on one connection.
        case overloaded
        case configuration
        /// The call does not fit the statement, COPY through `query` for example.
        case usage
    }

    package let code: Code
    /// Five characters; see the manual, "PostgreSQL Error Codes".
    package var sqlState: String?
    package let message: String
    /// The constraint that was violated.
    package var constraint: String?
    package var table: String?
    package var column: String?
    /// The server's detail and hint, for logs of developers only.
    var detail: String?

    package init(_ code: Code, _ message: String, sqlState: String? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
    }

    package var isUniqueViolation: Bool { sqlState == "23505" }
    package var isForeignKeyViolation: Bool { sqlState == "23503" }
    package var isNotNullViolation: Bool { sqlState == "23502" }
    package var isCheckViolation: Bool { sqlState == "23514" }
    /// The transaction lost against another one and may be tried again from its start.
    package var isSerializationFailure: Bool { sqlState == "40001" || sqlState == "40P01" }

    package var description: String {
        "postgres \(code.rawValue)\(sqlState.map { " \($0)" } ?? ""): \(message)"
    }

    package var debugDescription: String {
        let facts = [
            table.map { "table \($0)" }, column.map { "column \($0)" }, constraint.map { "constraint \($0)" }, detail,
        ]
        return ([description] + facts.compactMap { $0 }).joined(separator: "; ")
    }

    /// Reads the fields of a result that reports an error.
    init(result: OpaquePointer) {
        func field(_ letter: UInt8) -> String? {
            PQresultErrorField(result, Int32(letter)).map { String(cString: $0) }
        }
        let state = field(UInt8(ascii: "C"))
        let fallback = String(cString: PQresultErrorMessage(result))
        // A message without SQLSTATE comes from libpq itself, which has lost the server.
        code =
            switch state {
            case nil: .connectionLost
            case "57P01", "57P02", "57P03", "57P05", "25P03": .connectionLost
            case "08000", "08003", "08006": .connectionLost
            case "57014", "55P03": .timeout
            default: .server
            }
        sqlState = state
        message = field(UInt8(ascii: "M")) ?? Self.oneLine(fallback)
        constraint = field(UInt8(ascii: "n"))
        table = field(UInt8(ascii: "t"))
        column = field(UInt8(ascii: "c"))
        let details = [field(UInt8(ascii: "D")), field(UInt8(ascii: "H"))].compactMap { $0 }
        detail = details.isEmpty ? nil : details.joined(separator: "; ")
    }

    /// The text of the connection's last error.
    init(_ code: Code, connection: OpaquePointer?, otherwise text: String) {
        let message = connection.map { Self.oneLine(String(cString: PQerrorMessage($0))) } ?? ""
        self.init(code, message.isEmpty ? text : message)
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
