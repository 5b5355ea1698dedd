import EventLoop
import Lifecycle
import Subprocess

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The files of Martlet's own Redis, which hold nothing that PostgreSQL does not have, or that is missed for long.
///
/// So nothing that is wrong with them may keep a server from starting: a tail of zeros after a loss of power, a torn write
/// in the middle, a manifest that cannot be read.
struct RedisFiles: Sendable {
    /// The folder of the append-only file, below Redis's own.
    static let name = "appendonlydir"
    private static let setAsideName = "damaged"

    /// Redis's folder.
    let directory: String
    let folder: ServerFolder
    let log: String
    let loop: EventLoop

    /// Whether what Redis wrote before it ended speaks of its files and not, say, of a socket or of a full disk.
    static func areToBlame(_ text: String) -> Bool {
        let text = text.lowercased()
        guard !text.contains("no space left on device") else { return false }
        return ["append only", "append-only", "append log", "aof", "rdb", "manifest", "short read"]
            .contains { text.contains($0) }
    }

    /// Has Redis's own tool cut off what cannot be read.
    ///
    /// - Returns: Whether it did; false also when it is not there, or has no answer to what is wrong.
    func repair(deadline: ContinuousClock.Instant) async throws -> Bool {
        guard let program = Programs.find("redis-check-aof") else { return false }
        let script = "\(directory)/repair.\(getpid())"
        // It asks before it cuts.
        try Folder.write("y\n", to: script)
        defer { unlink(script) }
        var command = try folder.command(
            [program, "--fix", "\(directory)/\(Self.name)/appendonly.aof.manifest"], log: log, deathSignal: "KILL")
        command.streams = .files(input: script, log: log)
        let child = try await ChildProcess.start(command, on: loop)
        guard await child.ended.wait(until: min(deadline, .now + .seconds(30))), let ending = child.ending else {
            await child.stop([])
            try Task.checkCancellation()
            return false
        }
        return ending == .code(0)
    }

    /// Moves the files out of the way, for whoever wants to look at them; those of an earlier time go.
    ///
    /// - Returns: Where they are now.
    func setAside() throws(EmbeddedServersError) -> String {
        let aside = "\(directory)/\(Self.setAsideName)"
        Folder.remove(aside)
        let files = "\(directory)/\(Self.name)"
        guard rename(files, aside) == 0 || errno == ENOENT else {
            throw EmbeddedServersError(.folder, "cannot move \(files) to \(aside): \(systemMessage())")
        }
        return aside
    }
}
