package import EventLoop
import Lifecycle
import Subprocess
package import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Martlet's own Redis, below its data folder and on a Unix socket only.
package final class EmbeddedRedis: Service {
    package var name: String { "redis" }
    /// The socket; whoever may enter its folder may use the server.
    package let socketPath: String
    private let supervisor: ServerSupervisor

    /// - Parameter loop: The server is started from its thread, which must never end.
    package init(_ configuration: EmbeddedServersConfiguration, loop: EventLoop, logger: Logger) {
        let socketPath = ServerFolder.socketDirectory(configuration.folder.directory) + "/redis.sock"
        self.socketPath = socketPath
        supervisor = ServerSupervisor(name: "redis", stopSignals: [(SIGTERM, .seconds(6))], logger: logger) {
            try await RedisLaunch(configuration: configuration, socketPath: socketPath, loop: loop, logger: logger)
                .run()
        }
    }

    /// The server's process; nil when it does not run.
    package var processIdentifier: Int32? { supervisor.processIdentifier }

    /// Starts the server and waits until it has loaded its data and answers.
    ///
    /// - Throws: ``EmbeddedServersError``.
    package func start() async throws { try await supervisor.start() }

    /// Starts the server unless it runs, and starts it again when it dies, until ``shutdown()``; then stops it.
    package func run() async throws { try await supervisor.run() }

    package func shutdown() { supervisor.shutdown() }

    /// Its signal, and the last one.
    package var endLimit: Duration { .seconds(8) }

    /// Stops the server for good and waits until it has ended.
    package func stop() async { await supervisor.stop() }
}

/// One start of Redis.
private struct RedisLaunch {
    let configuration: EmbeddedServersConfiguration
    let socketPath: String
    let loop: EventLoop
    let logger: Logger

    func run() async throws -> ChildProcess {
        let deadline = ContinuousClock.now + configuration.startTimeout
        let directory = configuration.folder.directory
        let program = try Programs.redis()
        let folder = try ServerFolder(directory)
        let data = "\(directory)/redis"
        let pidFile = "\(data)/redis.pid"
        try Folder.makePrivate(data, for: folder.account)
        try await LeftoverServer(pidFile: pidFile, program: "redis-server", workingDirectory: data)
            .waitUntilGone(
                patience: configuration.leftoverPatience, signals: [SIGTERM, SIGKILL], deadline: deadline,
                logger: logger)
        let log = folder.log("redis")
        let offset = Folder.size(log)
        do {
            return try await launch(folder, program: program, data: data, log: log, deadline: deadline)
        } catch let error as EmbeddedServersError
            where error.code == .failed && RedisFiles.areToBlame(Folder.read(log, from: offset, limit: 1 << 20) ?? "")
        {
            logger.warn(
                "redis.files_damaged",
                [
                    "folder": .string(data), "error": .error(error),
                    "reason": "Redis cannot read its file; what it held is repaired or filled again from PostgreSQL",
                ])
        }
        let files = RedisFiles(directory: data, folder: folder, log: log, loop: loop)
        if try await files.repair(deadline: deadline) {
            do {
                let child = try await launch(folder, program: program, data: data, log: log, deadline: deadline)
                logger.warn(
                    "redis.files_repaired", ["reason": "the file was cut off where it could not be read any further"])
                return child
            } catch let error as EmbeddedServersError where error.code == .failed {
                // There is the other way.
            }
        }
        let aside = try files.setAside()
        logger.warn(
            "redis.files_set_aside",
            [
                "folder": .string(aside),
                "reason": """
                Redis starts empty and is filled again from PostgreSQL; bridges may repeat what they did in the last \
                seconds. The folder is of no further use to the server
                """,
            ])
        return try await launch(folder, program: program, data: data, log: log, deadline: deadline)
    }

    private func launch(
        _ folder: ServerFolder, program: String, data: String, log: String, deadline: ContinuousClock.Instant
    ) async throws -> ChildProcess {
        let pidFile = "\(data)/redis.pid"
        let offset = Folder.size(log)
        let settings: [(String, String)] = [
            ("port", "0"), ("unixsocket", socketPath), ("unixsocketperm", "700"), ("dir", data),
            ("pidfile", pidFile), ("daemonize", "no"), ("logfile", ""), ("loglevel", "notice"),
            ("maxmemory-policy", "noeviction"), ("appendonly", configuration.isDurable ? "yes" : "no"),
            // What a loss of power takes from it is filled again from PostgreSQL, and a write that waits for a flush of
            // the disk would hold up every event behind it.
            ("appendfsync", "no"), ("save", ""), ("appenddirname", RedisFiles.name),
            // Martlet keeps to the first; throw-away servers are shared by many tests, with a database for each.
            ("databases", configuration.isDurable ? "16" : "256"),
        ]
        let differing = configuration.redisSettings.map { ($0.name, $0.value) }
        let arguments = [program] + (settings + differing).flatMap { ["--\($0)", $1] }
        let child = try await ChildProcess.start(
            folder.command(arguments, log: log, deathSignal: "TERM"), on: loop)
        try await ServerSupervisor.waitUntilReady(child, name: "redis", log: log, from: offset, deadline: deadline) {
            await answers()
        }
        return child
    }

    /// Whether the server says PONG; while it loads its data it says LOADING.
    private func answers() async -> Bool {
        let address = SocketAddress.unix(path: socketPath)
        guard let connection = try? await StreamConnection.connect(to: address, on: loop, timeout: .seconds(1)) else {
            return false
        }
        let loop = loop
        return await withCheckedContinuation { done in
            loop.executeNow {
                var isReady = false
                connection.start(
                    onRead: { bytes in
                        isReady = bytes.starts(with: "+PONG".utf8)
                        connection.close(afterFlush: false)
                        return bytes.count
                    }, onClose: { _ in done.resume(returning: isReady) })
                connection.setTimeouts(read: .seconds(1), write: .seconds(1))
                connection.write("PING\r\n")
            }
        }
    }
}
