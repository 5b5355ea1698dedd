package import ChatModel
import Postgres

extension ChatStore {
    package func app(named name: String) async throws -> App? {
        try await pool.query("SELECT id, name FROM apps WHERE name = $1", name).first.map(Self.app)
    }

    package func app(_ id: AppID) async throws -> App? {
        try await pool.query("SELECT id, name FROM apps WHERE id = $1", id.rawValue).first.map(Self.app)
    }

    /// Makes an app unless there is one of that name.
    ///
    /// - Returns: The app and whether it is new.
    package func ensureApp(named name: String) async throws -> (app: App, isNew: Bool) {
        let made = try await pool.query(
            "INSERT INTO apps (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING id, name", name)
        if let row = made.first { return (try Self.app(row), true) }
        let rows = try await pool.query("SELECT id, name FROM apps WHERE name = $1", name)
        return (try Self.app(try rows.only()), false)
    }

    private static func app(_ row: PostgresRow) throws -> App {
        App(id: AppID(try row.decode(0, as: Int64.self)), name: try row.decode(1, as: String.self))
    }
}

extension [PostgresRow] {
    /// The first row of a statement that always answers one.
    func only() throws -> PostgresRow {
        guard let row = first else { throw StoreError.missingRow }
        return row
    }
}

/// What the store refuses by itself.
package enum StoreError: Error, CustomStringConvertible {
    /// A statement that always answers a row did not.
    case missingRow
    /// A unique value (a handle, a name, an address) is taken; `field` names it.
    case taken(field: String)
    /// A name looks like one that is taken.
    case alike(field: String)
    /// Users who were named are not there, or their accounts are closed.
    case unknownUsers([UserID])
    /// Somebody is a member of as many channels as one may be; the sentence says who.
    case tooManyChannels(String)

    package var description: String {
        switch self {
        case .missingRow: "the database did not answer with a row"
        case .tooManyChannels(let text): text
        case .taken(let field): "this \(field) is taken"
        case .alike(let field): "this \(field) looks like one that is taken"
        case .unknownUsers(let users): "there are no users \(users)"
        }
    }
}
