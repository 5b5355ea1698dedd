/// What can be broken.
enum Fault: String, CaseIterable {
    case killServer = "kill -9 of the server"
    case restartServer = "restart of the server by SIGINT"
    case pauseServer = "server stopped for 1 to 3 s"
    case killAPI = "kill -9 of an API process"
    case restartAPI = "restart of an API process by SIGINT"
    case pauseAPI = "API process stopped for 1 to 12 s"
    case killRelay = "kill -9 of a relay"
    case restartRelay = "restart of a relay by SIGINT"
    case pauseRelay = "relay stopped for 8 to 14 s"
    case killBridges = "kill -9 of a bridge process"
    case restartBridges = "restart of a bridge process by SIGINT"
    case pauseBridges = "bridge process stopped for 11 to 18 s"
    case killPostgres = "kill -9 of PostgreSQL"
    case killRedis = "kill -9 of Redis"
    case pauseRedis = "Redis stopped for 1 to 7 s"
    case flushRedis = "FLUSHALL of Redis"
    case cutRedis = "all connections of Redis cut"
    case foreignTransaction = "another program's transaction open for 4 to 9 s"
    case fillDisk = "disk full for 3 to 6 s"
    case stepServerClock = "the server's clock off by hours or days for 3 to 6 s"
    case stepAPIClock = "an API process's clock off by hours or days for 3 to 6 s"
    case stepRelayClock = "a relay's clock off by hours or days for 3 to 6 s"
    case stepBridgesClock = "a bridge process's clock off by hours or days for 3 to 6 s"
    case stepPostgresClock = "PostgreSQL's clock off by hours or days for 3 to 6 s"
    case limitServer = "the server out of descriptors for 3 to 6 s"
    case limitAPI = "an API process out of descriptors for 3 to 6 s"
    case poison = "an event that kills the process which handles it"

    enum Deed {
        case kill, restart, pause, killPostgres, killRedis, pauseRedis, flushRedis, cutRedis, foreignTransaction,
            fillDisk, stepClock, stepPostgresClock, limitDescriptors, poison
    }

    static func all(_ topology: ChaosOptions.Topology) -> [Fault] {
        switch topology {
        // A server of its own PostgreSQL starts that with a clean environment, so its clock cannot be stepped.
        case .single, .pair: allCases.filter { ["server", ""].contains($0.role) && $0 != .stepPostgresClock }
        case .split: allCases.filter { $0.role != "server" }
        }
    }

    var deed: Deed {
        switch self {
        case .killServer, .killAPI, .killRelay, .killBridges: .kill
        case .restartServer, .restartAPI, .restartRelay, .restartBridges: .restart
        case .pauseServer, .pauseAPI, .pauseRelay, .pauseBridges: .pause
        case .killPostgres: .killPostgres
        case .killRedis: .killRedis
        case .pauseRedis: .pauseRedis
        case .flushRedis: .flushRedis
        case .cutRedis: .cutRedis
        case .foreignTransaction: .foreignTransaction
        case .fillDisk: .fillDisk
        case .stepServerClock, .stepAPIClock, .stepRelayClock, .stepBridgesClock: .stepClock
        case .stepPostgresClock: .stepPostgresClock
        case .limitServer, .limitAPI: .limitDescriptors
        case .poison: .poison
        }
    }

    /// Which processes it may hit; empty for PostgreSQL and Redis.
    var role: String {
        switch self {
        case .killServer, .restartServer, .pauseServer, .stepServerClock, .limitServer: "server"
        case .killAPI, .restartAPI, .pauseAPI, .stepAPIClock, .limitAPI: "api"
        case .killRelay, .restartRelay, .pauseRelay, .stepRelayClock: "relay"
        case .killBridges, .restartBridges, .pauseBridges, .stepBridgesClock: "bridges"
        default: ""
        }
    }

    /// How long a process is stopped, or is away after its end.
    var seconds: ClosedRange<Double> {
        switch self {
        case .pauseServer: 1...3
        case .killAPI, .restartAPI, .killRelay, .restartRelay: 0...3
        case .pauseAPI: 1...12
        // Longer than the others wait before they take over.
        case .pauseRelay: 8...14
        case .pauseBridges: 11...18
        case .killBridges: 0...12
        case .restartBridges: 0...3
        case .pauseRedis: 1...7
        case .foreignTransaction: 4...9
        case .fillDisk, .stepServerClock, .stepAPIClock, .stepRelayClock, .stepBridgesClock, .stepPostgresClock,
            .limitServer, .limitAPI:
            3...6
        default: 0...0
        }
    }
}
