import LoadGenerator

/// Processor time of everybody between two moments.
struct Meter {
    private let peer: Int32
    private let machine: Machine
    private let begun: UInt64
    private let server: ProcessUsage
    private let database: ProcessUsage
    private let redis: ProcessUsage
    private let own: ProcessUsage
    private let whole: Double

    init(peer: Int32, machine: Machine) {
        self.peer = peer
        self.machine = machine
        server = ProcessUsage.tree(peer)
        database = machine.postgresUsage
        redis = machine.redisUsage
        own = ProcessUsage.own()
        whole = ProcessUsage.wholeMachine()
        begun = MonotonicClock.now()
    }

    /// Writes down what was used since.
    func finish(_ row: inout Row) {
        let seconds = Double(MonotonicClock.now() - begun) / 1e9
        let now = ProcessUsage.tree(peer)
        row.generatorCores = (ProcessUsage.own().cpu - own.cpu) / seconds
        row.serverCores = (now.cpu - server.cpu) / seconds
        row.databaseCores = (machine.postgresUsage.cpu - database.cpu) / seconds
        row.redisCores = (machine.redisUsage.cpu - redis.cpu) / seconds
        let known = [row.generatorCores, row.serverCores, row.databaseCores, row.redisCores]
        row.otherCores = max(
            0, (ProcessUsage.wholeMachine() - whole) / seconds - known.reduce(0) { $0 + ($1 ?? 0) })
        row.memory = now.resident
    }
}
