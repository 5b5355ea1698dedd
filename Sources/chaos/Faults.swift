import EventLoop
import Glibc
import Synchronization

/// Breaks things as the seed says.
final class Faults: Sendable {
    private let cluster: Cluster
    private let topology: ChaosOptions.Topology
    private let poison: Poison
    private let loop: EventLoop
    /// How much all readers have seen.
    private let seen: @Sendable () -> Int
    private let note: @Sendable (String) -> Void
    private let state = Mutex(State())

    private struct State {
        var counts: [Fault: Int] = [:]
        /// Seconds until another relay led, while the one that led was stopped.
        var takeovers: [Double] = []
        var broken: [String] = []
    }

    init(
        _ cluster: Cluster, _ topology: ChaosOptions.Topology, poison: Poison, loop: EventLoop,
        seen: @escaping @Sendable () -> Int, note: @escaping @Sendable (String) -> Void
    ) {
        self.cluster = cluster
        self.topology = topology
        self.poison = poison
        self.loop = loop
        self.seen = seen
        self.note = note
    }

    var happened: [(name: String, count: Int)] {
        let counts = state.withLock { $0.counts }
        return possible.map { ($0.rawValue, counts[$0] ?? 0) }
    }

    /// What this machine does not let happen, with the reason.
    var leftOut: [String] {
        let all = Fault.all(topology)
        var reasons: [String] = []
        if cluster.disk == nil { reasons.append("\(Fault.fillDisk.rawValue): mounting a small disk needs root") }
        if !SteppedClock.isAvailable {
            for fault in all where [.stepClock, .stepPostgresClock].contains(fault.deed) {
                reasons.append(
                    "\(fault.rawValue): libmartlet-clock.so is not beside this program (`make chaos` builds it)")
            }
        }
        return reasons
    }

    private var possible: [Fault] {
        Fault.all(topology).filter { fault in
            switch fault.deed {
            case .fillDisk: cluster.disk != nil
            case .stepClock, .stepPostgresClock: SteppedClock.isAvailable
            default: true
            }
        }
    }

    var takeovers: [Double] { state.withLock { $0.takeovers } }
    var broken: [String] { state.withLock { $0.broken } }

    /// Goes on until `end`; then everything is ready again.
    func run(_ random: RandomSource, until end: ContinuousClock.Instant) async throws {
        var random = random
        var bag: [Fault] = []
        func draw() -> Fault {
            // A bag, so that a short run has every kind as well.
            if bag.isEmpty { bag = possible.shuffled(using: &random) }
            return bag.removeLast()
        }
        while true {
            let pause = random.duration(1...6)
            let first = Drawn(draw(), &random)
            // Some faults meet a server that another one has hit, or that has not got over the one before.
            let second = random.chance(0.25) ? Drawn(draw(), &random) : nil
            let delay = random.duration(0...3)
            let isHasty = random.chance(0.25)
            guard ContinuousClock.now + pause < end else { break }
            try await Task.sleep(for: pause)
            note("\(first.fault.rawValue)\(second.map { ", then \($0.fault.rawValue)" } ?? "")")
            async let other: Void = {
                guard let second else { return }
                try await Task.sleep(for: delay)
                try await perform(second, isAlone: false)
            }()
            try await perform(first, isAlone: second == nil)
            try await other
            if !isHasty { try await cluster.waitUntilReady() }
        }
        try await cluster.waitUntilReady()
    }

    /// A fault with all that chance decides about it.
    private struct Drawn {
        let fault: Fault
        /// How long it lasts.
        let length: Duration
        let index: Int
        let isAtHolder: Bool

        init(_ fault: Fault, _ random: inout RandomSource) {
            self.fault = fault
            length = random.duration(fault.seconds)
            index = Int(random.next() % 1024)
            isAtHolder = random.chance(0.75)
        }
    }

    /// The process that a fault hits.
    private func target(_ drawn: Drawn) async -> ServerNode? {
        let nodes = drawn.fault.role == "server" ? cluster.nodes : cluster.nodes(of: drawn.fault.role)
        if drawn.isAtHolder {
            switch drawn.fault.role {
            case "relay": if let leader = await cluster.leader() { return leader }
            case "bridges": if let runner = await cluster.runner(of: BridgeFiles.webhook) { return runner }
            default: break
            }
        }
        return nodes[drawn.index % nodes.count]
    }

    private func perform(_ drawn: Drawn, isAlone: Bool) async throws {
        let didHappen: Bool
        switch drawn.fault.deed {
        case .kill, .restart:
            guard let node = await target(drawn) else { return }
            await node.end(by: drawn.fault.deed == .kill ? SIGKILL : SIGINT)
            try await Task.sleep(for: drawn.length)
            try await node.start()
            didHappen = true
        case .pause:
            guard let node = await target(drawn) else { return }
            didHappen = try await pause(node, drawn, isAlone: isAlone)
        case .killPostgres: didHappen = cluster.signal(SIGKILL, .postgres)
        case .killRedis: didHappen = cluster.signal(SIGKILL, .redis)
        case .pauseRedis:
            didHappen = cluster.signal(SIGSTOP, .redis)
            try await Task.sleep(for: drawn.length)
            _ = cluster.signal(SIGCONT, .redis)
        case .flushRedis: didHappen = await cluster.redis(["FLUSHALL"])
        case .cutRedis: didHappen = await cluster.redis(["CLIENT", "KILL", "SKIPME", "yes"])
        case .foreignTransaction: didHappen = await holdTransaction(drawn, isAlone: isAlone)
        case .fillDisk:
            cluster.disk?.fill()
            try? await Task.sleep(for: drawn.length)
            cluster.disk?.free()
            didHappen = true
        case .stepClock, .stepPostgresClock:
            let node = drawn.fault.deed == .stepClock ? await target(drawn) : nil
            guard let clock = node?.clock ?? cluster.postgresClock else { return }
            clock.step(SteppedClock.steps[drawn.index % SteppedClock.steps.count])
            try? await Task.sleep(for: drawn.length)
            clock.step(0)
            didHappen = true
        case .limitDescriptors:
            guard let node = await target(drawn) else { return }
            let (trouble, happened) = await DescriptorLimit(node: node).hold(for: drawn.length)
            if let trouble { state.withLock { $0.broken.append(trouble) } }
            didHappen = happened
        case .poison:
            if let trouble = await poison.trial(cluster) { state.withLock { $0.broken.append(trouble) } }
            didHappen = true
        }
        if didHappen { state.withLock { $0.counts[drawn.fault, default: 0] += 1 } }
    }

    /// Whatever another program does in the same PostgreSQL, events go on reaching those who wait for them.
    private func holdTransaction(_ drawn: Drawn, isAlone: Bool) async -> Bool {
        // What was committed before may still be on its way.
        let half = drawn.length / 2
        let transaction = ForeignTransaction(socketFolder: cluster.postgresSocket, loop: loop)
        async let isHeld = transaction.hold(for: drawn.length, isNear: drawn.index.isMultiple(of: 2))
        try? await Task.sleep(for: half)
        let before = seen()
        try? await Task.sleep(for: half * 0.8)
        let after = seen()
        let didHappen = await isHeld
        if didHappen, isAlone, before == after, await cluster.isReady() {
            let text = "nobody saw anything for \(half * 0.8) while another program's transaction was open"
            state.withLock { $0.broken.append(text) }
        }
        return didHappen
    }

    private func pause(_ node: ServerNode, _ drawn: Drawn, isAlone: Bool) async throws -> Bool {
        let isLeader = drawn.fault.role == "relay" && isAlone ? await cluster.leader() === node : false
        node.signal(SIGSTOP)
        defer { node.signal(SIGCONT) }
        let start = ContinuousClock.now
        guard isLeader else {
            try await Task.sleep(for: drawn.length)
            return true
        }
        var takeover: Duration?
        while ContinuousClock.now - start < drawn.length {
            try await Task.sleep(for: .milliseconds(100))
            guard takeover == nil else { continue }
            for other in cluster.nodes(of: "relay") where other !== node {
                if await other.metric("martlet_relay_leader") == 1 { takeover = ContinuousClock.now - start }
            }
        }
        state.withLock { state in
            if let takeover {
                state.takeovers.append(takeover / .seconds(1))
            } else {
                state.broken.append("no other relay led while the leading one was stopped for \(drawn.length)")
            }
        }
        return true
    }
}
