#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Holds a data folder for one process: two servers on the same files would destroy them.
///
/// The lock is an `flock` on `martlet.lock`, which the kernel gives back however the process ends; the file itself
/// stays.
package final class DirectoryLock: Sendable {
    /// The folder's absolute path without symbolic links.
    package let directory: String
    private let descriptor: Int32

    /// Makes the folder when it is missing, and takes it.
    ///
    /// - Throws: ``EmbeddedServersError`` with `locked`, naming the process that holds the folder, or `folder`.
    package init(_ directory: String) throws(EmbeddedServersError) {
        try Folder.make(directory)
        guard let resolved = realpath(directory, nil) else {
            throw EmbeddedServersError(.folder, "cannot use the folder \(directory): \(systemMessage())")
        }
        self.directory = String(cString: resolved)
        free(resolved)
        let path = self.directory + "/martlet.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw EmbeddedServersError(.folder, "cannot open \(path): \(systemMessage())")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Folder.read(path, limit: 32).flatMap { Int32($0.trimmed) }
            let who = holder.map { "process \($0)" } ?? "another process"
            close(descriptor)
            throw EmbeddedServersError(
                .locked, "the data folder \(self.directory) is in use by \(who); stop it or configure another folder")
        }
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    deinit { close(descriptor) }
}
