#if canImport(Glibc)
import Subprocess
import Glibc
#else
import Darwin
#endif

/// The part of the data folder that the embedded servers live in, and the user they live there as.
///
///     <directory>/martlet.lock  postgres/  redis/  run/ (sockets)  log/
struct ServerFolder: Sendable {
    let directory: String
    /// nil: Martlet's own user.
    let account: ServerAccount?

    /// Makes the folders that both servers share.
    init(_ directory: String) throws(EmbeddedServersError) {
        self.directory = directory
        account = try ServerAccount.choose(existing: ["\(directory)/postgres", "\(directory)/redis"])
        try Folder.make("\(directory)/log", mode: 0o750)
        let sockets = Self.socketDirectory(directory)
        try Folder.makePrivate(sockets, for: account)
        // In /tmp someone else could have made it first.
        let owner = account?.user ?? geteuid()
        guard let status = Folder.status(sockets), status.st_uid == owner, status.st_mode & 0o077 == 0 else {
            throw EmbeddedServersError(.folder, "the folder \(sockets) must belong to user \(owner) alone")
        }
    }

    /// Where the sockets are; who may enter this folder may use the servers.
    ///
    /// A socket's path has at most 107 bytes; when the data folder's is too long, a folder in `/tmp` is used.
    static func socketDirectory(_ directory: String) -> String {
        let near = "\(directory)/run"
        if near.utf8.count + "/.s.PGSQL.5432.lock".utf8.count <= 107 { return near }
        // FNV-1a: the same name for the same folder at each start.
        let hash = directory.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "/tmp/martlet-\(String(hash, radix: 16))"
    }

    /// The file a server's output goes to; one that has grown past 16 MiB is set aside, replacing the one before.
    func log(_ server: String) -> String {
        let path = "\(directory)/log/\(server).log"
        if Folder.size(path) > 16 << 20 { rename(path, path + ".1") }
        return path
    }

    /// A command that runs as the servers' user and gets `deathSignal` when Martlet dies, however it dies.
    func command(_ arguments: [String], log: String, deathSignal: String) throws(EmbeddedServersError)
        -> ChildProcess.Command
    {
        var wrapped: [String] = []
        if let setpriv = Programs.find("setpriv") {
            wrapped =
                [setpriv, "--pdeathsig=\(deathSignal)"] + (try account?.arguments(folder: directory) ?? []) + ["--"]
        } else if account != nil {
            throw EmbeddedServersError(
                .notInstalled, "to run by root, setpriv is needed: run \"apt-get install util-linux\"")
        }
        return ChildProcess.Command(arguments: wrapped + arguments, log: log)
    }
}
