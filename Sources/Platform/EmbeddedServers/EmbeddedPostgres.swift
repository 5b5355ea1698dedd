package import EventLoop
import Lifecycle
import Subprocess
package import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Martlet's own PostgreSQL, below its data folder and on a Unix socket only.
///
/// Whoever may enter the socket's folder is trusted: user `martlet`, database `martlet`, no password.
package final class EmbeddedPostgres: Service {
    package static let port: UInt16 = 5432
    package static let user = "martlet"
    package static let database = "martlet"

    package var name: String { "postgres" }
    /// The folder to give as `host` to libpq.
    package let socketDirectory: String
    private let supervisor: ServerSupervisor

    /// - Parameter loop: The server is started from its thread, which must never end.
    package init(_ configuration: EmbeddedServersConfiguration, loop: EventLoop, logger: Logger) {
        socketDirectory = ServerFolder.socketDirectory(configuration.folder.directory)
        // Fast shutdown: roll back what is open, flush, end. What is thrown away need not be flushed.
        let signals: [(number: Int32, patience: Duration)] =
            configuration.isDurable ? [(SIGINT, .seconds(6)), (SIGQUIT, .seconds(2))] : [(SIGQUIT, .seconds(2))]
        supervisor = ServerSupervisor(name: "postgres", stopSignals: signals, logger: logger) {
            try await PostgresLaunch(configuration: configuration, loop: loop, logger: logger).run()
        }
    }

    /// The server's process; nil when it does not run.
    package var processIdentifier: Int32? { supervisor.processIdentifier }

    /// Starts the server, makes its database first when there is none, and waits until it accepts connections.
    ///
    /// - Throws: ``EmbeddedServersError``.
    package func start() async throws { try await supervisor.start() }

    /// Starts the server unless it runs, and starts it again when it dies, until ``shutdown()``; then stops it.
    package func run() async throws { try await supervisor.run() }

    package func shutdown() { supervisor.shutdown() }

    /// Both of its signals, and the last one.
    package var endLimit: Duration { .seconds(10) }

    /// Stops the server for good and waits until it has ended.
    package func stop() async { await supervisor.stop() }
}

/// One start of PostgreSQL.
private struct PostgresLaunch {
    let configuration: EmbeddedServersConfiguration
    let loop: EventLoop
    let logger: Logger

    private var directory: String { configuration.folder.directory }
    private var data: String { "\(directory)/postgres" }
    private var deathSignal: String { configuration.isDurable ? "INT" : "QUIT" }

    func run() async throws -> ChildProcess {
        let deadline = ContinuousClock.now + configuration.startTimeout
        let folder = try ServerFolder(directory)
        try await LeftoverServer(pidFile: "\(data)/postmaster.pid", program: "postgres", workingDirectory: data)
            .waitUntilGone(
                patience: configuration.leftoverPatience, signals: [SIGINT, SIGQUIT], deadline: deadline, logger: logger
            )
        let version = Folder.read("\(data)/PG_VERSION", limit: 16)?.trimmed
        let programs = try Programs.postgresFolder(version: version)
        let log = folder.log("postgres")
        if version == nil { try await makeDatabase(folder, programs: programs, log: log, deadline: deadline) }
        return try await launch(folder, programs: programs, log: log, deadline: deadline)
    }

    /// Makes the database beside its place and moves it there when it is complete.
    private func makeDatabase(
        _ folder: ServerFolder, programs: String, log: String, deadline: ContinuousClock.Instant
    ) async throws {
        for name in Folder.names(directory) where name.hasPrefix("postgres.new-") {
            Folder.remove("\(directory)/\(name)")
        }
        guard Folder.names(data).isEmpty else {
            throw EmbeddedServersError(.folder, "\(data) holds files but no database; move them away")
        }
        let new = "\(directory)/postgres.new-\(getpid())"
        let script = "\(new).sql"
        do {
            try Folder.makePrivate(new, for: folder.account)
            var initdb = [
                "\(programs)/initdb", "-D", new, "-U", EmbeddedPostgres.user, "-A", "trust", "-E", "UTF8",
                "--locale=C.UTF-8",
            ]
            if !configuration.isDurable { initdb.append("--no-sync") }
            try await complete("initdb", folder.command(initdb, log: log, deathSignal: "INT"), log: log, deadline)
            // One command in a server of its own: there is no other client at hand yet.
            try Folder.write("CREATE DATABASE \(EmbeddedPostgres.database);\n", to: script)
            var single = ["\(programs)/postgres", "--single", "-j", "-D", new]
            if !configuration.isDurable { single += ["-F", "-c", "full_page_writes=off"] }
            var command = try folder.command(single + ["postgres"], log: log, deathSignal: "INT")
            command.streams = .files(input: script, log: log)
            try await complete("postgres --single", command, log: log, deadline)
            unlink(script)
            rmdir(data)
            guard rename(new, data) == 0 else {
                throw EmbeddedServersError(.folder, "cannot move \(new) to \(data): \(systemMessage())")
            }
        } catch {
            unlink(script)
            Folder.remove(new)
            throw error
        }
    }

    private func complete(
        _ name: String, _ command: ChildProcess.Command, log: String, _ deadline: ContinuousClock.Instant
    ) async throws {
        let offset = Folder.size(log)
        let child = try await ChildProcess.start(command, on: loop)
        guard await child.ended.wait(until: deadline), let ending = child.ending else {
            await child.stop([(SIGINT, .seconds(2))])
            try Task.checkCancellation()
            throw EmbeddedServersError(.timeout, "\(name) did not end in time")
        }
        guard ending == .code(0) else {
            let tail = ServerSupervisor.tail(log, from: offset)
            throw EmbeddedServersError(.failed, "\(name) failed with \(ending)\(tail)")
        }
    }

    private func launch(
        _ folder: ServerFolder, programs: String, log: String, deadline: ContinuousClock.Instant
    ) async throws -> ChildProcess {
        let settings = settings + configuration.postgresSettings.map { ($0.name, $0.value) }
        let arguments = ["\(programs)/postgres", "-D", data] + settings.flatMap { ["-c", "\($0)=\($1)"] }
        var command = try folder.command(arguments, log: log, deathSignal: deathSignal)
        command.environment.merge(configuration.postgresEnvironment) { $1 }
        // Processes of a postmaster that was killed may hold its shared memory for a moment longer.
        var backoff = Backoff(first: .milliseconds(100), max: .seconds(1))
        while true {
            let offset = Folder.size(log)
            let child = try await ChildProcess.start(command, on: loop)
            do {
                try await ServerSupervisor.waitUntilReady(
                    child, name: "postgres", log: log, from: offset, deadline: deadline
                ) { isReady(child.identifier) }
                return child
            } catch let error as EmbeddedServersError where error.code == .failed && backoff.attempt < 3 {
                try await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Reads what `pg_ctl` reads: line 1 of `postmaster.pid` is the process, line 8 its state.
    private func isReady(_ identifier: pid_t) -> Bool {
        guard let text = Folder.read("\(data)/postmaster.pid", limit: 4096) else { return false }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.count > 7 && pid_t(String(lines[0]).trimmed) == identifier && lines[7].hasPrefix("ready")
    }

    private var settings: [(String, String)] {
        [
            ("listen_addresses", ""), ("unix_socket_directories", ServerFolder.socketDirectory(directory)),
            ("unix_socket_permissions", "0700"), ("port", "\(EmbeddedPostgres.port)"),
            ("shared_buffers", "128MB"), ("max_connections", "100"), ("max_wal_size", "2GB"),
            ("synchronous_commit", "on"), ("jit", "off"), ("track_commit_timestamp", "off"),
            ("log_destination", "stderr"), ("logging_collector", "off"), ("log_line_prefix", "%m [%p] "),
            ("log_timezone", "UTC"), ("timezone", "UTC"),
            ("fsync", configuration.isDurable ? "on" : "off"),
            ("full_page_writes", configuration.isDurable ? "on" : "off"),
            ("wal_compression", configuration.isDurable ? "on" : "off"),
        ]
    }
}
