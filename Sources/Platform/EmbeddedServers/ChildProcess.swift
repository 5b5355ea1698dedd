internal import CSpawn
import EventLoop
import Lifecycle
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A program that this process started, until it has ended and been reaped.
final class ChildProcess: Sendable {
    enum Ending: Sendable, Equatable, CustomStringConvertible {
        case code(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .code(let code): "exit code \(code)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    /// What to run; the program is named by its absolute path.
    struct Command: Sendable {
        var arguments: [String]
        /// A file to read from; nil for nothing.
        var standardInput: String?
        /// The file that both outputs are appended to.
        var log: String
    }

    let identifier: pid_t
    /// Opens when the program has ended.
    let ended = Latch()
    private let state = Mutex<Ending?>(nil)

    private init(identifier: pid_t) { self.identifier = identifier }

    /// How it ended; nil while it runs.
    var ending: Ending? { state.withLock { $0 } }

    /// Starts a program from the thread of `loop`, which never ends.
    ///
    /// The kernel sends a child its parent-death signal when the *thread* that started it ends. See
    /// `PR_SET_PDEATHSIG(2const)`.
    static func start(_ command: Command, on loop: EventLoop) async throws -> ChildProcess {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { continuation.resume(with: Result { try start(command) }) }
        }
    }

    /// Starts a program from the calling thread.
    static func start(_ command: Command) throws(EmbeddedServersError) -> ChildProcess {
        let child = ChildProcess(identifier: try spawn(command))
        // The thread ends with the child.
        let context = Unmanaged.passRetained(child).toOpaque()
        #if canImport(Glibc)
        var thread = pthread_t()
        #else
        var thread: pthread_t?
        #endif
        let result = pthread_create(&thread, nil, childWaiter, context)
        precondition(result == 0, "cannot start a thread: \(systemMessage(result))")
        #if canImport(Glibc)
        pthread_detach(thread)
        #else
        if let thread { pthread_detach(thread) }
        #endif
        return child
    }

    /// Sends a signal unless the child has ended; its number cannot have gone to another process.
    func signal(_ number: Int32) {
        state.withLock { ending in
            if ending == nil { kill(identifier, number) }
        }
    }

    /// Sends each signal in turn until the child has ended, waiting the given time after each; then kills it.
    func stop(_ signals: [(number: Int32, patience: Duration)]) async {
        // A task of its own, ended below: the child has to be stopped even when the caller is cancelled.
        await Task {
            for (number, patience) in signals {
                signal(number)
                if await ended.wait(until: .now + patience) { return }
            }
            signal(SIGKILL)
            await ended.wait()
        }.value
    }

    /// Waits on the thread that belongs to the child; a `waitpid` on a loop or a shared queue would hold up others.
    fileprivate func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        state.withLock { ending in
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            ending = status & 0x7f == 0 ? .code((status >> 8) & 0xff) : .signal(status & 0x7f)
        }
        ended.open()
    }

    private static func spawn(_ command: Command) throws(EmbeddedServersError) -> pid_t {
        #if canImport(Glibc)
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        var flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        #else
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        var flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, command.standardInput ?? "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, command.log, O_WRONLY | O_CREAT | O_APPEND, 0o640)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The working directory of Martlet may be closed to the servers' user.
        martlet_spawn_change_directory(&actions, "/")
        martlet_spawn_close_from(&actions, 3)
        // A group of its own: Ctrl-C on the terminal reaches Martlet alone, which then stops the servers in order.
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var arguments: [UnsafeMutablePointer<CChar>?] = command.arguments.map { strdup($0) } + [nil]
        // Nothing of Martlet's own environment: it may hold secrets, or PGDATA.
        let path = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        var environment: [UnsafeMutablePointer<CChar>?] = [
            strdup(path), strdup("LC_ALL=C.UTF-8"), strdup("TZ=UTC"), nil,
        ]
        defer { for pointer in arguments + environment { free(pointer) } }
        var identifier: pid_t = 0
        let result = posix_spawn(
            &identifier, command.arguments[0], &actions, &attributes, &arguments, &environment)
        guard result == 0 else {
            throw EmbeddedServersError(.failed, "cannot run \(command.arguments[0]): \(systemMessage(result))")
        }
        return identifier
    }
}

private func childWaiter(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<ChildProcess>.fromOpaque(context).takeRetainedValue().reap()
    return nil
}
