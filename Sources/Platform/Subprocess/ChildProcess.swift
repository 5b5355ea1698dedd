internal import CSpawn
package import EventLoop
package import Lifecycle
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A program that this process started, until it has ended and been reaped.
package final class ChildProcess: Sendable {
    package enum Ending: Sendable, Equatable, CustomStringConvertible {
        case code(Int32)
        case signal(Int32)

        package var description: String {
            switch self {
            case .code(let code): "exit code \(code)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    /// Ends of pipes that become a program's standard streams; they stay the caller's to close.
    package struct Pipes: Sendable {
        package var input: Int32
        package var output: Int32
        package var errors: Int32

        package init(input: Int32, output: Int32, errors: Int32) {
            self.input = input
            self.output = output
            self.errors = errors
        }
    }

    /// Where a program's standard streams lead.
    package enum Streams: Sendable {
        /// Reads a file, or nothing; both outputs are appended to another.
        case files(input: String?, log: String)
        case pipes(Pipes)
    }

    /// What to run; the program is named by its absolute path.
    package struct Command: Sendable {
        package var arguments: [String]
        package var streams: Streams
        /// The working directory; that of Martlet may be closed to the program's user.
        package var directory = "/"
        /// All variables; nothing of Martlet's own environment, which may hold secrets, or PGDATA.
        package var environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "TZ": "UTC",
        ]
        /// Whether signals go to everything that the program started and left in its group, which ends with it.
        package var ownsGroup = false

        package init(arguments: [String], streams: Streams) {
            self.arguments = arguments
            self.streams = streams
        }

        /// A program that writes to a log and reads nothing.
        package init(arguments: [String], log: String) {
            self.init(arguments: arguments, streams: .files(input: nil, log: log))
        }
    }

    package let identifier: Int32
    /// Opens when the program has ended.
    package let ended = Latch()
    private let state = Mutex<Ending?>(nil)

    private let ownsGroup: Bool

    private init(identifier: Int32, ownsGroup: Bool) {
        self.identifier = identifier
        self.ownsGroup = ownsGroup
    }

    /// How it ended; nil while it runs.
    package var ending: Ending? { state.withLock { $0 } }

    /// Starts a program from the thread of `loop`, which never ends.
    ///
    /// The kernel sends a child its parent-death signal when the *thread* that started it ends. See
    /// `PR_SET_PDEATHSIG(2const)`.
    package static func start(_ command: Command, on loop: EventLoop) async throws -> ChildProcess {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { continuation.resume(with: Result { try start(command) }) }
        }
    }

    /// Starts a program from the calling thread.
    package static func start(_ command: Command) throws(SubprocessError) -> ChildProcess {
        let child = ChildProcess(identifier: try spawn(command), ownsGroup: command.ownsGroup)
        // The thread ends with the child.
        let context = Unmanaged.passRetained(child).toOpaque()
        #if canImport(Glibc)
        var thread = pthread_t()
        #else
        var thread: pthread_t?
        #endif
        let result = pthread_create(&thread, nil, childWaiter, context)
        precondition(result == 0, "cannot start a thread: \(String(cString: strerror(result)))")
        #if canImport(Glibc)
        pthread_detach(thread)
        #else
        if let thread { pthread_detach(thread) }
        #endif
        return child
    }

    /// Sends a signal unless the child has ended; its number cannot have gone to another process.
    package func signal(_ number: Int32) {
        state.withLock { ending in
            if ending == nil { kill(ownsGroup ? -identifier : identifier, number) }
        }
    }

    /// Sends each signal in turn until the child has ended, waiting the given time after each; then kills it.
    package func stop(_ signals: [(number: Int32, patience: Duration)]) async {
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
            // The number of the group is not given away before its leader is reaped.
            if ownsGroup { kill(-identifier, SIGKILL) }
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            ending = status & 0x7f == 0 ? .code((status >> 8) & 0xff) : .signal(status & 0x7f)
        }
        ended.open()
    }

    private static func spawn(_ command: Command) throws(SubprocessError) -> pid_t {
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
        switch command.streams {
        case .files(let input, let log):
            posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o640)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        case .pipes(let pipes):
            posix_spawn_file_actions_adddup2(&actions, pipes.input, 0)
            posix_spawn_file_actions_adddup2(&actions, pipes.output, 1)
            posix_spawn_file_actions_adddup2(&actions, pipes.errors, 2)
        }
        martlet_spawn_change_directory(&actions, command.directory)
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
        var environment: [UnsafeMutablePointer<CChar>?] =
            command.environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var identifier: pid_t = 0
        let result = posix_spawn(
            &identifier, command.arguments[0], &actions, &attributes, &arguments, &environment)
        guard result == 0 else {
            throw SubprocessError("cannot run \(command.arguments[0]): \(String(cString: strerror(result)))")
        }
        return identifier
    }
}

private func childWaiter(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<ChildProcess>.fromOpaque(context).takeRetainedValue().reap()
    return nil
}
