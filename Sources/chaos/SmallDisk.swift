import Foundation
import Glibc
import Lifecycle
import Subprocess

/// A disk of bounded size for the data, which can be filled: a `tmpfs` in a mount namespace of the program's own.
///
/// Mounting needs root; the namespace goes with the process, and the disk with it.
struct SmallDisk: Sendable {
    private static let size = "1536m"
    private static let mark = "MARTLET_CHAOS_MOUNTS"

    let folder: String

    /// Runs this program again in a mount namespace of its own when it may; returns when that is done, or cannot be.
    static func enterNamespace() {
        guard geteuid() == 0, getenv(mark) == nil else { return }
        setenv(mark, "own", 1)
        let arguments = ["unshare", "--mount", "--propagation", "private", "--"] + CommandLine.arguments
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        // Returns when it fails, as where the kernel does not allow it.
        execv("/usr/bin/unshare", &pointers)
        setenv(mark, "none", 1)
    }

    /// Mounts an empty disk at a folder that exists; nil where that is not allowed.
    static func mount(at folder: String) async -> SmallDisk? {
        guard geteuid() == 0, getenv(mark).map({ String(cString: $0) }) == "own" else { return nil }
        let command = ChildProcess.Command(
            arguments: ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=\(size),mode=755", "martlet-chaos", folder],
            log: "/dev/null")
        guard let child = try? ChildProcess.start(command) else { return nil }
        await child.ended.wait()
        return child.ending == .code(0) ? SmallDisk(folder: folder) : nil
    }

    private var filler: String { folder + "/filler" }

    /// Takes all the room that is left.
    func fill() {
        let file = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        var status = statvfs()
        guard fstatvfs(file, &status) == 0 else { return }
        posix_fallocate(file, 0, off_t(status.f_bavail) * off_t(status.f_frsize))
        // What has been freed meanwhile.
        var end = lseek(file, 0, SEEK_END)
        while posix_fallocate(file, end, 4096) == 0 { end += 4096 }
    }

    func free() { unlink(filler) }
}
