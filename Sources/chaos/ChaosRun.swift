import ChatModel
import EventLoop
import Foundation

/// One run: the cast, the time in which things break, the quiet, the count.
struct ChaosRun {
    let options: ChaosOptions
    let cluster: Cluster
    /// The path of the martlet that is tested.
    let program: String
    /// The path of this program.
    let itself: String
    let loop: EventLoop
    private let ledger = Ledger()
    private let progress = Progress()

    init(options: ChaosOptions, cluster: Cluster, program: String, itself: String, loop: EventLoop) {
        self.options = options
        self.cluster = cluster
        self.program = program
        self.itself = itself
        self.loop = loop
    }

    func run() async throws -> Report {
        progress.note("seed \(options.seed), \(options.topology.rawValue): starting on an empty folder")
        let bridges = try BridgeFiles(
            folder: cluster.data + "/bridges", results: cluster.folder, itself: itself, seed: options.seed)
        try await cluster.start()
        try await cluster.waitUntilReady()

        let cast = try await Cast(cluster, seed: options.seed, ledger: ledger, loop: loop)
        let upgrade = options.upgradesFrom.map { _ in
            Upgrade(cluster: cluster, program: program, loop: loop) { [progress] in progress.note($0) }
        }
        let veryOld = try await upgrade?.place(cast.owner)
        try await upgrade?.fill(options.messages, cast)
        let writers = try await cast.writers(rate: options.rate)
        let hook = try await cast.hookWriter()
        let sockets = try await cast.sockets()
        let poll = PollReader(try await cast.person("poller"))
        let auditor = try await cast.person("auditor")
        try await poll.begin()
        guard let start = poll.cursor else { throw ChaosError("/v1/events names no cursor") }
        let base = try await cast.lastNumbers()
        let pages = HistoryReader(try await cast.person("historian"), after: base)

        let readers =
            sockets.map { socket in Task { await socket.run() } } + [
                Task { await poll.run() }, Task { await pages.run() }, Task { await bridges.program.run() },
            ]
        defer { for reader in readers { reader.cancel() } }
        try await wait("the readers", .seconds(30)) { sockets.allSatisfy(\.wasReady) }

        let journals = sockets.map(\.journal) + [poll.journal, bridges.webhook.journal, bridges.program.journal]
        let faults = Faults(
            cluster, options.topology, poison: try await Poison(owner: cast.owner), loop: loop,
            seen: { journals.reduce(0) { $0 + $1.count } }, note: { [progress] in progress.note($0) })
        let begin = ContinuousClock.now
        var upgraded: (told: [String], broken: [String]) = ([], [])
        if let upgrade {
            bridges.webhook.behave()
            try await write(writers, hook, journals + [pages.journal]) { _ in upgraded = try await upgrade.run() }
            if let veryOld { try await upgrade.check(veryOld, options.messages, cast.owner, &upgraded) }
            upgrade.judge(ledger.longestWait, &upgraded)
        } else {
            try await write(writers, hook, journals + [pages.journal]) {
                try await faults.run(RandomSource(seed: options.seed, stream: 0), until: $0)
            }
            bridges.webhook.behave()
        }

        progress.note("reading what is stored")
        let quiet = ContinuousClock.now
        let stored = try await cast.history(after: base)
        let log = try await completeLog(auditor, start)
        progress.note("waiting until every reader has everything")
        var delays: [String: Double] = [:]
        while ContinuousClock.now < quiet + .seconds(120), delays.count < journals.count {
            for journal in journals where delays[journal.name] == nil && journal.count >= log.count {
                delays[journal.name] = Double((ContinuousClock.now - quiet) / .milliseconds(100)).rounded() / 10
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        // Nothing may come after that.
        try await Task.sleep(for: .seconds(2))
        for reader in readers { reader.cancel() }
        let checker = Checker(ledger: ledger, base: base)
        let rows =
            [
                checker.history(stored), checker.log(log, stored),
                checker.reader(pages.journal, stored.map(HistoryReader.event)),
            ] + journals.map { checker.reader($0, log, delay: delays[$0.name]) }
        // What comes now is none of theirs.
        let restore =
            upgrade != nil
            ? (told: 0, broken: [])
            : try await Restore(cluster: cluster, cast: cast, loop: loop) { [progress] in progress.note($0) }.run()
        progress.finish()
        return Report(
            options: options, seconds: Double((ContinuousClock.now - begin).components.seconds),
            sent: ledger.sentCount, acknowledged: ledger.acknowledgedCount, changed: ledger.changedCount,
            rows: rows,
            faults: upgrade == nil ? faults.happened : [], takeovers: faults.takeovers,
            refusals: writers.map(\.refusals).reduce(
                into: ["webhook refused": bridges.webhook.refused].merging(hook.refusals) { $0 + $1 }
            ) { all, refusals in all.merge(refusals) { $0 + $1 } },
            restarts: cluster.restarts, leftOut: upgrade == nil ? faults.leftOut : [], restore: restore.told,
            upgrade: upgraded.told, broken: cluster.crashes + faults.broken + restore.broken + upgraded.broken)
    }

    /// Lets everybody talk while things happen, until everything that was sent is answered.
    private func write(
        _ writers: [Writer], _ hook: HookWriter, _ journals: [Journal],
        _ happen: (ContinuousClock.Instant) async throws -> Void
    ) async throws {
        let length = options.upgradesFrom == nil ? .milliseconds(Int(options.minutes * 60_000)) : Upgrade.length
        let end = ContinuousClock.now + length
        let limit = end + .seconds(90)
        let showing = Task { [ledger, progress] in
            while !Task.isCancelled {
                let seen = journals.map { "\($0.count)" }.joined(separator: " ")
                progress.show("\(ledger.acknowledgedCount) acknowledged, seen \(seen)")
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        defer { showing.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in writers { group.addTask { await writer.run(until: end, limit: limit) } }
            group.addTask { await hook.run(until: end, limit: limit) }
            try await happen(end)
            progress.note("nothing more happens; waiting until every send is answered")
            try await group.waitForAll()
        }
    }

    /// The event log once it tells of everything that was acknowledged, or after a while without that.
    private func completeLog(_ auditor: Person, _ start: Cursor) async throws -> [LoggedEvent] {
        let wanted = ledger.acknowledgedCount + ledger.changedCount
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let log = try await PollReader.log(auditor, after: start)
            if log.count >= wanted || ContinuousClock.now > deadline { return log }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func wait(_ what: String, _ limit: Duration, until isDone: () -> Bool) async throws {
        let deadline = ContinuousClock.now + limit
        while !isDone() {
            guard ContinuousClock.now < deadline else { throw ChaosError("\(what) were not ready within \(limit)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
