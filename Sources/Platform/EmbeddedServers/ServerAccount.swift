#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The unprivileged user that the servers run as when Martlet itself is run by root.
///
/// PostgreSQL refuses to run as root, and Redis has no need to.
struct ServerAccount: Sendable, Equatable {
    let user: uid_t
    let group: gid_t
    private let hasName: Bool

    /// - Parameter existing: A folder with data: whoever owns it goes on owning it.
    /// - Returns: nil when Martlet is not run by root; the servers are then run by its own user.
    static func choose(existing: [String]) throws(EmbeddedServersError) -> ServerAccount? {
        guard geteuid() == 0 else { return nil }
        for path in existing {
            if let status = Folder.status(path), status.st_uid != 0 {
                return ServerAccount(user: status.st_uid, group: status.st_gid, hasName: getpwuid(status.st_uid) != nil)
            }
        }
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) {
                return ServerAccount(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid, hasName: true)
            }
        }
        throw EmbeddedServersError(
            .notInstalled, "there is no user \"postgres\" or \"nobody\" to run PostgreSQL and Redis as")
    }

    /// Arguments of `setpriv` that turn root into this user.
    ///
    /// - Parameter folder: When a folder above it is closed to the user (a checkout below `/root`, say), the server
    ///   gets the one capability that lets it through.
    func arguments(folder: String) throws(EmbeddedServersError) -> [String] {
        var arguments = ["--reuid=\(user)", "--regid=\(group)", hasName ? "--init-groups" : "--clear-groups"]
        if let closed = closedFolder(above: folder) {
            guard let capability = Self.capabilities.first(where: { Self.boundingSet & (1 << $0.bit) != 0 })?.name
            else {
                throw EmbeddedServersError(
                    .folder, "the servers' user \(user) cannot enter \(closed); open it with chmod o+x \(closed)")
            }
            arguments += ["--inh-caps=+\(capability)", "--ambient-caps=+\(capability)"]
        }
        return arguments
    }

    /// The first folder on the way to `path` that the user may not enter.
    func closedFolder(above path: String) -> String? {
        var folder = ""
        for part in path.split(separator: "/") {
            folder += "/" + part
            guard let status = Folder.status(folder) else { return folder }
            let bit: mode_t =
                status.st_uid == user ? S_IXUSR : status.st_gid == group ? S_IXGRP : S_IXOTH
            if status.st_mode & bit == 0 { return folder }
        }
        return nil
    }

    /// From the weakest: to read and search, to do anything with files.
    ///
    /// See `capabilities(7)`.
    private static let capabilities = [
        (name: "dac_read_search", bit: UInt64(2)), (name: "dac_override", bit: UInt64(1)),
    ]

    /// What the kernel lets a child of this process have at most.
    private static let boundingSet: UInt64 = {
        guard let status = Folder.read("/proc/self/status", limit: 8192),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapBnd:") })
        else { return 0 }
        return UInt64(String(line.dropFirst(7)).trimmed, radix: 16) ?? 0
    }()
}
