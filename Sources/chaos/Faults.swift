import Glibc
import Synchronization

/// Breaks things as the seed says.
final class Faults: Sendable {
    private let cluster: Cluster
    private let topology: ChaosOptions.Topology
    private let note: @Sendable (String) -> Void
    private let state = Mutex(State())

    private struct State {
        var counts: [Fault: Int] = [:]
        /// Seconds until another relay led, while the one that led was stopped.
        var takeovers: [Double] = []
        var broken: [String] = []
    }

    init(_ cluster: Cluster, _ topology: ChaosOptions.Topology, note: @escaping @Sendable (String) -> Void) {
        self.cluster = cluster
        self.topology = topology
        self.note = note
    }

    var happened: [(name: String, count: Int)] {
        let counts = state.withLock { $0.counts }
        return Fault.all(topology).map { ($0.rawValue, counts[$0] ?? 0) }
    }

    var takeovers: [Double] { state.withLock { $0.takeovers } }
    var broken: [String] { state.withLock { $0.broken } }

    /// Goes on until `end`; then everything is ready again.
    func run(_ random: RandomSource, until end: ContinuousClock.Instant) async throws {
        var random = random
        var bag: [Fault] = []
        func draw() -> Fault {
            // A bag, so that a short run has every kind as well.
            if bag.isEmpty { bag = Fault.all(topology).shuffled(using: &random) }
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
        }
        if didHappen { state.withLock { $0.counts[drawn.fault, default: 0] += 1 } }
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
