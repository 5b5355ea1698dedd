/// A statement that the server has parsed, or is about to, for one connection.
///
/// Touched on the connection's loop only.
final class PreparedStatement {
    let name: String
    let sql: String
    let types: [PostgresType]
    /// The request that asks the server to parse it, until the server has.
    ///
    /// Others must not rely on it before: it may be skipped together with a statement that fails ahead of it.
    weak var preparing: PipelineRequest?
    var isReady = false
    fileprivate var lastUse: UInt64 = 0

    init(name: String, sql: String, types: [PostgresType]) {
        self.name = name
        self.sql = sql
        self.types = types
    }
}

/// The prepared statements of one connection, by SQL text and parameter types.
///
/// Bounded: the one that was used longest ago makes place, and its name waits in ``retired`` until the server has been
/// told. Names are never used twice.
struct StatementCache {
    let limit: Int
    private var statements: [String: [PreparedStatement]] = [:]
    private(set) var count = 0
    private var names: UInt64 = 0
    private var clock: UInt64 = 0
    /// Names that the server still holds and that nobody uses any more.
    var retired: [String] = []

    init(limit: Int) { self.limit = limit }

    /// A prepared form of `statement` that `request` may use.
    mutating func find(_ statement: PostgresStatement, for request: PipelineRequest) -> Lookup {
        clock += 1
        for prepared in statements[statement.sql] ?? [] where statement.fits(prepared.types) {
            guard prepared.isReady || prepared.preparing === request else { return .busy }
            prepared.lastUse = clock
            return .prepared(prepared)
        }
        return .absent
    }

    enum Lookup {
        case prepared(PreparedStatement)
        /// Another request has it parsed just now.
        case busy
        case absent
    }

    /// Makes an entry that `request` has to have parsed; nil when there is no place.
    mutating func add(_ statement: PostgresStatement, for request: PipelineRequest) -> PreparedStatement? {
        if count >= limit {
            let ready = statements.values.joined().filter(\.isReady)
            guard let oldest = ready.min(by: { $0.lastUse < $1.lastUse }) else { return nil }
            remove(oldest)
            retired.append(oldest.name)
        }
        names += 1
        let prepared = PreparedStatement(
            name: "m\(names)", sql: statement.sql, types: statement.parameters.map(\.type))
        prepared.preparing = request
        prepared.lastUse = clock
        statements[statement.sql, default: []].append(prepared)
        count += 1
        return prepared
    }

    /// Forgets an entry; the server is not told.
    mutating func remove(_ prepared: PreparedStatement) {
        guard var list = statements[prepared.sql], let index = list.firstIndex(where: { $0 === prepared }) else {
            return
        }
        list.remove(at: index)
        statements[prepared.sql] = list.isEmpty ? nil : list
        count -= 1
    }
}
