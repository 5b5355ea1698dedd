internal import CPostgres

/// Where the database is and how its connections behave.
package struct PostgresConfiguration: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// A host name, an address, or the directory of a Unix socket (starts with `/`).
    package var host: String
    package var port: Int
    package var user: String
    package var password: String?
    package var database: String
    /// What `pg_stat_activity` shows.
    package var applicationName: String
    /// Bounds the handshake; a name look-up before it has the resolver's own limits.
    package var connectTimeout: Duration
    /// At most so many connections of a pool are open at once.
    package var poolSize: Int
    /// How long a caller waits for a connection of a pool before it gets ``PostgresError/Code/poolExhausted``.
    package var acquireTimeout: Duration
    /// How many callers may wait for a connection of a pool; one more is refused at once.
    package var maximumWaiters: Int
    /// The server ends a statement that runs longer; nil for no limit.
    package var statementTimeout: Duration?
    /// Prepared statements that a connection remembers; the one used longest ago makes place.
    package var statementCacheSize: Int
    /// Settings of the server for each session, such as `jit`; names and values without spaces.
    package var serverSettings: [(name: String, value: String)] = []
    /// Further libpq parameters by keyword, `sslmode` and `sslrootcert` for example.
    ///
    /// See the manual, "Parameter Key Words".
    package var options: [String: String]

    package init(
        host: String = "localhost", port: Int = 5432, user: String, password: String? = nil, database: String,
        applicationName: String = "martlet", connectTimeout: Duration = .seconds(5), poolSize: Int = 8,
        acquireTimeout: Duration = .seconds(10), maximumWaiters: Int = 10_000,
        statementTimeout: Duration? = .seconds(30), statementCacheSize: Int = 256, options: [String: String] = [:]
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.poolSize = max(1, poolSize)
        self.acquireTimeout = acquireTimeout
        self.maximumWaiters = maximumWaiters
        self.statementTimeout = statementTimeout
        self.statementCacheSize = max(1, statementCacheSize)
        self.options = options
    }

    /// Reads `postgres://user:password@host:port/database?sslmode=require&connect_timeout=5`.
    ///
    /// Parameters that have no property here go to ``options``. See the manual, "Connection URIs".
    ///
    /// - Throws: ``PostgresError`` with the code `configuration`; its text never repeats the URL, which may hold a
    ///   password.
    package init(url: String) throws {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else {
            throw PostgresError(.configuration, "a database URL starts with postgres://")
        }
        guard !url.utf8.contains(0), let list = PQconninfoParse(url, nil) else {
            throw PostgresError(.configuration, "the database URL cannot be read: postgres://user@host:port/database")
        }
        defer { PQconninfoFree(list) }
        var values: [String: String] = [:]
        var next = list
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            next += 1
        }
        guard let user = values.removeValue(forKey: "user") else {
            throw PostgresError(.configuration, "the database URL names no user")
        }
        let port = values.removeValue(forKey: "port") ?? "5432"
        guard let port = Int(port), (1...65_535).contains(port) else {
            throw PostgresError(.configuration, "the port in the database URL is not a number from 1 to 65535")
        }
        self.init(
            host: values.removeValue(forKey: "host") ?? "localhost", port: port, user: user,
            password: values.removeValue(forKey: "password"),
            database: values.removeValue(forKey: "dbname") ?? user)
        if let name = values.removeValue(forKey: "application_name") { applicationName = name }
        if let limit = values.removeValue(forKey: "connect_timeout") {
            guard let seconds = Int(limit), (1...3600).contains(seconds) else {
                throw PostgresError(.configuration, "connect_timeout in the database URL is not 1 to 3600 seconds")
            }
            connectTimeout = .seconds(seconds)
        }
        options = values
    }

    package var description: String { "postgres://\(user)@\(host):\(port)/\(database)" }
    package var debugDescription: String { description }

    /// What libpq gets, in the order of increasing weight.
    var parameters: [(keyword: String, value: String)] {
        var list: [(String, String)] = [
            // Asking a server for GSS encryption costs a round trip and a credential look-up.
            ("gssencmode", "disable"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
            ("keepalives_count", "3"),
        ]
        list += options.filter { $0.key != "options" }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        list += [
            ("host", host), ("port", String(port)), ("user", user), ("dbname", database),
            ("application_name", applicationName), ("client_encoding", "UTF8"),
        ]
        if let password { list.append(("password", password)) }
        var settings = options["options"].map { [$0] } ?? []
        if let statementTimeout {
            let (seconds, attoseconds) = statementTimeout.components
            settings.append("-c statement_timeout=\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)")
        }
        settings += serverSettings.map { "-c \($0.name)=\($0.value)" }
        // A process that is stopped inside a transaction would hold up the relay, and with it every event.
        settings.append("-c idle_in_transaction_session_timeout=15000")
        if !settings.isEmpty { list.append(("options", settings.joined(separator: " "))) }
        return list
    }
}
