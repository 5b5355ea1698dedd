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
    /// Looks where Debian has the version that made the data, then for the highest that Debian has installed, then along
    /// `PATH`, and asks `pg_config` last. Data that is there already needs programs of its own major version.
    ///
    /// - Parameter version: The major version in the data folder's `PG_VERSION`, nil when there is none yet.
    static func postgresFolder(version: String?) throws(EmbeddedServersError) -> String {
        if let version, holdsPostgres("\(debianFolder)/\(version)/bin") { return "\(debianFolder)/\(version)/bin" }
        var folders = Folder.names(debianFolder).compactMap(Int.init).sorted(by: >).map { "\(debianFolder)/\($0)/bin" }
        folders += searchPath
        var seen: Set<String> = []
        folders = folders.filter { holdsPostgres($0) && seen.insert($0).inserted }
        if folders.isEmpty, let folder = configuredFolder(), holdsPostgres(folder) { folders = [folder] }
        guard let first = folders.first else { throw missing("PostgreSQL", package: "postgresql") }
        guard let version else { return first }
        if let folder = folders.first(where: { majorVersion(in: $0) == version }) { return folder }
        let found = folders.map { "\(majorVersion(in: $0) ?? "unknown") in \($0)" }.joined(separator: ", ")
        throw EmbeddedServersError(
            .notInstalled,
            "the database was made by PostgreSQL \(version), and here is \(found): install postgresql-\(version), put its "
                + "programs' folder on PATH, or take the database on to the new version with pg_upgrade")
    }

    /// `15` of `postgres (PostgreSQL) 15.9 (Debian 15.9-0+deb12u1)`.
    private static func majorVersion(in folder: String) -> String? {
        output(of: "'\(folder.replacing("'", with: "'\\''"))/postgres' --version")?
            .split(separator: " ").lazy.map { $0.prefix { $0.isASCII && $0.isNumber } }.first { !$0.isEmpty }
            .map(String.init)
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
        guard let program = find("pg_config") else { return nil }
        return output(of: "\(program) --bindir")
    }

    /// The first line that a command of the shell prints.
    private static func output(of command: String) -> String? {
        guard let stream = popen(command, "r") else { return nil }
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
