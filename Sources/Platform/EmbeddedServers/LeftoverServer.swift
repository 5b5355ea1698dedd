import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A server that a killed Martlet left in the data folder.
///
/// The kernel has asked it to stop when Martlet died; a new one must not start beside it.
struct LeftoverServer: Sendable {
    let pidFile: String
    /// The program's name, as the kernel shows it.
    let program: String
    /// The folder that the server works in, which tells it from a stranger that got the same number.
    let workingDirectory: String

    /// The number of the living server; nil when there is none.
    var identifier: pid_t? {
        guard let text = Folder.read(pidFile, limit: 64), let line = text.split(separator: "\n").first,
            let identifier = pid_t(String(line).trimmed), identifier > 1
        else { return nil }
        guard Folder.read("/proc/\(identifier)/comm", limit: 64)?.trimmed == program else { return nil }
        guard let folder = realpath("/proc/\(identifier)/cwd", nil) else { return nil }
        defer { free(folder) }
        return String(cString: folder) == workingDirectory ? identifier : nil
    }

    /// Waits until the server is gone, and helps after a while.
    ///
    /// - Parameter signals: What to send after each further span of `patience`.
    func waitUntilGone(patience: Duration, signals: [Int32], deadline: ContinuousClock.Instant, logger: Logger)
        async throws
    {
        guard let first = identifier else { return }
        logger.warn("embedded.leftover", ["program": .string(program), "processId": .int(Int64(first))])
        var signals = signals[...]
        var next = ContinuousClock.now + patience
        while let identifier {
            let now = ContinuousClock.now
            guard now < deadline else {
                throw EmbeddedServersError(
                    .timeout, "\(program) of an earlier run (process \(identifier)) still uses \(workingDirectory)")
            }
            if now >= next, let signal = signals.popFirst() {
                kill(identifier, signal)
                next = now + patience
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
