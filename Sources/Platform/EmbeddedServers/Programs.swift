#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where the servers' programs are.
enum Programs {
    private static let debianFolder = "/usr/lib/postgresql"

    /// The folder that holds `initdb` and `postgres`.
    ///
    /// Looks for the version that made the data, then for the highest that Debian has installed, then along `PATH`, and
    /// asks `pg_config` last.
    ///
    /// - Parameter version: The major version in the data folder's `PG_VERSION`, nil when there is none yet.
    static func postgresFolder(version: String?) throws(EmbeddedServersError) -> String {
        var folders: [String] = []
        if let version { folders.append("\(debianFolder)/\(version)/bin") }
        folders += Folder.names(debianFolder).compactMap(Int.init).sorted(by: >).map { "\(debianFolder)/\($0)/bin" }
        folders += searchPath
        if let folder = folders.first(where: holdsPostgres) { return folder }
        if let folder = configuredFolder(), holdsPostgres(folder) { return folder }
        throw missing("PostgreSQL", package: "postgresql")
    }

    static func redis() throws(EmbeddedServersError) -> String {
        guard let program = find("redis-server") else { throw missing("Redis", package: "redis-server") }
        return program
    }

    /// The first executable of that name along `PATH` and the usual folders.
    static func find(_ name: String) -> String? {
        searchPath.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    private static func missing(_ server: String, package: String) -> EmbeddedServersError {
        EmbeddedServersError(
            .notInstalled,
            "\(server) is not installed: run \"apt-get install \(package)\", or configure the address of a server")
    }

    private static func holdsPostgres(_ folder: String) -> Bool {
        access("\(folder)/postgres", X_OK) == 0 && access("\(folder)/initdb", X_OK) == 0
    }

    private static func configuredFolder() -> String? {
        guard let program = find("pg_config"), let stream = popen("\(program) --bindir", "r") else { return nil }
        defer { pclose(stream) }
        var line = [CChar](repeating: 0, count: 4096)
        guard fgets(&line, Int32(line.count), stream) != nil else { return nil }
        return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).trimmed
    }

    private static var searchPath: [String] {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").filter { $0.hasPrefix("/") }.map(String.init)
            + ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/opt/homebrew/bin"]
    }
}
