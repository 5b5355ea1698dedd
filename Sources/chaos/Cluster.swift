import EmbeddedServers
import EventLoop
import Foundation
import Glibc
import HTTPClient
import Postgres
import Redis
import Synchronization
import Telemetry

/// The servers that the faults happen to, below one folder.
final class Cluster: Sendable {
    /// Logs, and what else the run itself keeps.
    let folder: String
    /// The data of PostgreSQL, Redis and the processes.
    let data: String
    /// What `data` lies on; nil where it cannot be mounted.
    let disk: SmallDisk?
    /// PostgreSQL's time of day; nil where it cannot be set.
    let postgresClock: SteppedClock?
    let nodes: [ServerNode]
    /// Makes PostgreSQL and Redis, when no node has its own.
    private let makeEngines: @Sendable () -> [any Engine]
    private let engines = Mutex<[any Engine]>([])
    private let loop: EventLoop
    private let redis: RedisClient
    private let running = Mutex<[Task<Void, Never>]>([])

    /// - Throws: ``EmbeddedServersError`` when the folder cannot be made.
    ///
    /// - Parameter hasSmallDisk: Whether the data lies on a disk that can be filled, where that may be mounted.
    init(
        _ topology: ChaosOptions.Topology, program: String, folder: String, hasSmallDisk: Bool = true, loop: EventLoop
    ) async throws {
        self.folder = folder
        let data = folder + "/disk"
        self.data = data
        self.loop = loop
        var configuration = HTTPClientConfiguration()
        configuration.addressPolicy = .any
        let client = HTTPClient(loop: loop, configuration: configuration, logger: .silent)
        let port = UInt16.random(in: 20_000..<30_000)
        try FileManager.default.createDirectory(atPath: folder + "/log", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        disk = hasSmallDisk ? await SmallDisk.mount(at: data) : nil
        var settings = ["log.level": "info", "log.format": "json", "limits.sends_per_second": "100000"]
        func node(_ name: String, _ roles: [String], _ number: UInt16, _ data: String) -> ServerNode {
            ServerNode(
                name: name, roles: roles, program: program, port: port + number, folder: data, settings: settings,
                log: "\(folder)/log/\(name).log", clock: SteppedClock(folder: folder, name: name), loop: loop,
                client: client)
        }
        switch topology {
        case .single:
            makeEngines = { [] }
            postgresClock = nil
            nodes = [node("server", ["api", "relay", "bridges"], 0, data)]
        case .split, .pair:
            var servers = EmbeddedServersConfiguration(folder: try DirectoryLock(data))
            let clock = SteppedClock(folder: folder, name: "postgres")
            if let clock { servers.postgresEnvironment = clock.environment }
            postgresClock = clock
            makeEngines = { [servers] in
                [
                    EmbeddedPostgres(servers, loop: loop, logger: .silent),
                    EmbeddedRedis(servers, loop: loop, logger: .silent),
                ]
            }
            let name = EmbeddedPostgres.database
            settings["database.url"] = "postgres://\(EmbeddedPostgres.user)@/\(name)?host=\(data)/run"
            settings["database.pool_size"] = "8"
            settings["redis.url"] = "unix:\(data)/run/redis.sock"
            settings["auth.secret"] = String((0..<40).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() ?? "a" })
            settings["bridges.folders"] = "[\"\(data)/bridges\"]"
            let roles = ["api", "relay", "bridges"]
            let kinds = topology == .pair ? [("server", roles)] : roles.map { ($0, [$0]) }
            var nodes: [ServerNode] = []
            for (kind, roles) in kinds {
                for number in 1...2 {
                    let name = "\(kind)-\(number)"
                    nodes.append(node(name, roles, UInt16(nodes.count), "\(data)/nodes/\(name)"))
                }
            }
            self.nodes = nodes
        }
        redis = RedisClient(
            RedisConfiguration(unixSocket: data + "/run/redis.sock"), loop: loop, logger: .silent, name: "chaos")
    }

    func nodes(of role: String) -> [ServerNode] { nodes.filter { $0.roles.contains(role) } }
    /// Where clients may go.
    var urls: [String] { nodes(of: "api").map(\.url) }
    var crashes: [String] { nodes.flatMap(\.crashes) }
    var restarts: Int { nodes.reduce(0) { $0 + $1.restarts } }
    var killsByPoison: Int { nodes.reduce(0) { $0 + $1.killsByPoison } }
    func expectsPoison(_ isExpected: Bool) { for node in nodes { node.expectsPoison(isExpected) } }
    func expectsSetBack(_ isExpected: Bool) { for node in nodes { node.expectsSetBack(isExpected) } }
    /// Where PostgreSQL's socket is.
    var postgresSocket: String { data + "/run" }

    // MARK: Life

    /// Starts everything at once.
    func start() async throws {
        let engines = makeEngines()
        self.engines.withLock { $0 = engines }
        for engine in engines { try await engine.start() }
        for node in nodes {
            try FileManager.default.createDirectory(atPath: node.folder, withIntermediateDirectories: true)
            try await node.start()
        }
        // Ended by `stop` and `killNow`.
        running.withLock { tasks in
            tasks = engines.map { engine in Task { _ = try? await engine.run() } }
            tasks += nodes.map { node in Task { await watch(node) } }
        }
    }

    /// Starts again what has ended by itself.
    private func watch(_ node: ServerNode) async {
        while !Task.isCancelled {
            try? await node.restartIfEnded()
            _ = await node.isReady()
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    /// Whether every process can serve now.
    func isReady() async -> Bool {
        for node in nodes where !(await node.isReady()) { return false }
        return true
    }

    /// Waits until every process answers that it can serve.
    func waitUntilReady(within limit: Duration = .seconds(90)) async throws {
        let deadline = ContinuousClock.now + limit
        for node in nodes {
            while !(await node.isReady()) {
                guard ContinuousClock.now < deadline else {
                    throw ChaosError("\(node.name) was not ready within \(limit); its log is in \(folder)/log")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Stops everything, in order; it may be started again.
    func halt() async {
        for task in running.withLock({ $0.suffix(nodes.count) }) { task.cancel() }
        await withTaskGroup(of: Void.self) { group in
            for node in nodes { group.addTask { await node.end(by: SIGINT) } }
        }
        for engine in engines.withLock({ $0 }) { await engine.stop() }
    }

    /// Stops everything for good.
    func stop() async {
        await halt()
        await redis.close()
    }

    /// For the way out of a run that was broken off; PostgreSQL and Redis end with this process.
    func killNow() {
        for task in running.withLock({ $0 }) { task.cancel() }
        for node in nodes { node.signal(SIGKILL) }
    }

    // MARK: Who does what

    /// The process whose relay leads; nil when none says so.
    func leader() async -> ServerNode? {
        for node in nodes(of: "relay") where await node.metric("martlet_relay_leader") == 1 { return node }
        return nil
    }

    /// The process that runs a bridge; nil when none does.
    func runner(of bridge: String) async -> ServerNode? {
        let configuration = PostgresConfiguration(
            host: postgresSocket, user: EmbeddedPostgres.user, database: EmbeddedPostgres.database,
            applicationName: "chaos", connectTimeout: .seconds(2))
        guard let connection = try? await PostgresConnection.connect(configuration, loop: loop, logger: .silent) else {
            return nil
        }
        let row = try? await connection.query(
            "SELECT holder FROM leases WHERE name = $1 AND expires_at > now()", "bridge:\(bridge)"
        ).first
        await connection.close()
        let holder = try? row?.decode(0, as: String.self)
        return nodes.first { holder?.hasPrefix($0.name + "/") ?? false }
    }

    // MARK: PostgreSQL and Redis

    enum Child: String {
        case postgres = "postgres"
        case redis = "redis-server"
    }

    /// Sends a signal to the process that its own file names, when that is still the one.
    func signal(_ number: Int32, _ child: Child) -> Bool {
        let file = data + (child == .postgres ? "/postgres/postmaster.pid" : "/redis/redis.pid")
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            let line = text.split(whereSeparator: \.isWhitespace).first, let identifier = pid_t(line), identifier > 1,
            let name = try? String(contentsOfFile: "/proc/\(identifier)/comm", encoding: .utf8),
            name.hasPrefix(child.rawValue)
        else { return false }
        return Glibc.kill(identifier, number) == 0
    }

    /// Sends a command to Redis; false when it does not answer.
    func redis(_ command: [String]) async -> Bool {
        (try? await redis.send(RedisCommand(command), timeout: .seconds(2))) != nil
    }

    // MARK: The first start

    /// The account that the first start has made, on one of the nodes.
    func administrator() throws -> (handle: String, password: String) {
        for node in nodes {
            guard let data = FileManager.default.contents(atPath: node.folder + "/admin.json") else { continue }
            let fields = try JSONDecoder().decode([String: String].self, from: data)
            return (fields["handle"] ?? "", fields["password"] ?? "")
        }
        throw ChaosError("no process has made an administrator")
    }
}

/// PostgreSQL or Redis, started and supervised here.
private protocol Engine: Sendable {
    func start() async throws
    func run() async throws
    func stop() async
}

extension EmbeddedPostgres: Engine {}
extension EmbeddedRedis: Engine {}
