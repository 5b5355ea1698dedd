#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

// What can be known of a data folder's servers without starting or holding them.
extension EmbeddedPostgres {
    /// Where the server of a data folder listens while it runs; the folder's path has no symbolic links.
    package static func socketDirectory(of folder: String) -> String { ServerFolder.socketDirectory(folder) }

    /// The folder of the programs that a start would take.
    ///
    /// - Throws: ``EmbeddedServersError`` that says what to install.
    package static func findPrograms(for folder: String) throws(EmbeddedServersError) -> String {
        try Programs.postgresFolder(version: Folder.read("\(folder)/postgres/PG_VERSION", limit: 16)?.trimmed)
    }
}

extension EmbeddedRedis {
    /// Where the server of a data folder listens while it runs; the folder's path has no symbolic links.
    package static func socketPath(of folder: String) -> String {
        ServerFolder.socketDirectory(folder) + "/redis.sock"
    }

    /// - Throws: ``EmbeddedServersError`` that says what to install.
    package static func findProgram() throws(EmbeddedServersError) -> String { try Programs.redis() }
}

extension DirectoryLock {
    /// The process that holds a data folder; nil when none does, and 0 when it is not known which.
    package static func holder(of directory: String) -> Int32? {
        let path = directory + "/martlet.lock"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return Folder.read(path, limit: 32).flatMap { Int32($0.trimmed) } ?? 0
    }
}
