import EventLoop
import Foundation
import LoadGenerator

/// Runs the loads on everybody, one after the other, each on servers of its own.
struct Comparison {
    let options: CompareOptions
    /// This program; `martlet` lies beside it.
    let program: String
    let progress: Progress

    /// - Parameter onProgress: Gets the result as far as it has come, after each party.
    func run(onProgress: (Result) throws -> Void = { _ in }) async throws -> Result {
        FileLimit.raise(to: 65_536)
        var result = Result(machine: await .here(), seconds: options.seconds, isQuick: options.isQuick)
        if options.wants("limits") { try await limits(&result) }
        for peer in peers where options.wants(peer.name) {
            await measure(peer, loads(for: peer), &result)
            result.goals = Goal.all(result)
            try onProgress(result)
        }
        progress.finish()
        return result
    }

    private var peers: [any Peer] {
        let martlet = URL(fileURLWithPath: program).deletingLastPathComponent().appendingPathComponent("martlet").path
        func folder(_ name: String) -> PeerProgram { PeerProgram(name, folder: options.folder) }
        return [
            MartletPeer(program: martlet, benchProgram: self.program), JSONPeer(folder("node")),
            JSONPeer(folder("fastapi")), SocketIOPeer(folder("socketio")), XMPPPeer(folder("ejabberd")),
            MatrixPeer(folder("synapse")),
        ]
    }

    /// The sizes that a peer can have; in place of larger ones, the largest.
    private func sizes(_ sizes: [Int], for peer: any Peer) -> [Int] {
        let sockets = sockets(for: peer)
        let within = sizes.filter { $0 <= sockets }
        return within.count < sizes.count && !within.contains(sockets) ? within + [sockets] : within
    }

    private func loads(for peer: any Peer) -> [(name: String, load: any Load)] {
        let seconds = options.seconds
        let isFilled = options.wants(load: "stored") && !options.stored.isEmpty
        let all: [(String, any Load)] = [
            // First, as long as its memory is that of a fresh process.
            ("idle", IdleLoad(sizes: sizes(options.idle, for: peer), seconds: seconds)),
            ("fanout", FanOutLoad(sizes: sizes(options.fanOuts, for: peer), seconds: seconds)),
            ("rooms", RoomsLoad(sizes: sizes(options.rooms, for: peer), seconds: seconds)),
            ("send", SendLoad(sizes: options.senders, seconds: seconds)),
            ("bot", BotLoad(seconds: seconds)),
            ("bridge", BridgeLoad(seconds: seconds)),
            ("stored", GrowthLoad(sizes: options.stored, seconds: seconds)),
            ("history", HistoryLoad(messages: options.history, readers: 16, seconds: seconds, isFilled: isFilled)),
        ]
        return all.filter { options.wants(load: $0.0) }
    }

    private func sockets(for peer: any Peer) -> Int {
        // This process has every connection of a load open, and some files more.
        min(options.sockets, peer.mostSockets, FileLimit.raise(to: 65_536) - 400)
    }

    private func limits(_ result: inout Result) async throws {
        let writes = FanOutLoad(sizes: options.fanOuts, seconds: options.seconds)
        let sends = SendLoad(sizes: options.senders, seconds: options.seconds)
        if options.wants(load: "fanout") {
            await measure(LimitPeer.writeLoop(program: program), [("fanout", writes)], &result)
        }
        guard options.wants(load: "send") else { return }
        await measure(LimitPeer.httpAnswer(program: program), [("send", sends)], &result)
        let machine = try Machine(folder: Self.folder, loop: BenchLoops.service)
        do {
            progress.note("pgbench, redis-benchmark")
            try await machine.start()
            var rows: [Row] = []
            try await DatabaseLimit(seconds: max(2, Int(options.seconds))).run(machine) { rows.append($0) }
            try await StreamLimit().run(machine) { rows.append($0) }
            for row in rows { progress.row(row) }
            result.rows += rows
        } catch {
            result.missing.append(Result.Missing(peer: "pgbench", load: "send", reason: "\(error)"))
        }
        await machine.end()
    }

    private static let folder = "/tmp/martlet-bench-\(ProcessInfo.processInfo.processIdentifier)"

    private func measure(_ peer: any Peer, _ loads: [(name: String, load: any Load)], _ result: inout Result) async {
        var left = loads[...]
        // A peer that hangs is killed, and started anew for what is left.
        while !left.isEmpty {
            var missing: [Result.Missing] = []
            do {
                try await session(peer, &left, &result.rows, &missing)
            } catch {
                missing.append(Result.Missing(peer: peer.name, load: nil, reason: "\(error)"))
                left = []
            }
            for one in missing { progress.warn("\(one.peer)\(one.load.map { ", \($0)" } ?? ""): \(one.reason)") }
            result.missing += missing
        }
    }

    /// Starts the peer and runs the loads until none is left or one takes too long.
    private func session(
        _ peer: any Peer, _ loads: inout ArraySlice<(name: String, load: any Load)>, _ rows: inout [Row],
        _ missing: inout [Result.Missing]
    ) async throws {
        progress.note("\(peer.name): starting")
        let machine = try Machine(folder: Self.folder, loop: BenchLoops.service)
        do {
            let scene = Scene(sockets: sockets(for: peer), fanOuts: sizes(options.fanOuts, for: peer))
            try await machine.start()
            try await peer.start(machine, scene)
            while let (name, load) = loads.popFirst() {
                progress.note("\(peer.name): \(name)")
                let limit = ContinuousClock.now + .seconds(options.isQuick ? 60 : 300)
                let watchdog = Task {
                    try await Task.sleep(until: limit, clock: .continuous)
                    // Every connection ends with it, and so does the load.
                    await peer.stop()
                }
                let (found, failure) = await self.rows(of: load, on: peer, machine, scene)
                watchdog.cancel()
                rows += found
                let isLate = ContinuousClock.now >= limit
                if isLate {
                    missing.append(Result.Missing(peer: peer.name, load: name, reason: "it took too long"))
                } else if let failure {
                    missing.append(Result.Missing(peer: peer.name, load: name, reason: "\(failure)"))
                }
                if isLate { break }
            }
        } catch {
            await peer.stop()
            await machine.end()
            throw error
        }
        await peer.stop()
        await machine.end()
    }

    /// A load that fails half-way keeps what it has measured.
    private func rows(
        of load: any Load, on peer: any Peer, _ machine: Machine, _ scene: Scene
    ) async -> ([Row], (any Error)?) {
        // Everything of a load happens on its loop.
        await Task(executorPreference: BenchLoops.load.loop) { [progress] in
            var rows: [Row] = []
            do {
                try await load.run(peer, machine, scene) { row in
                    rows.append(row)
                    progress.row(row)
                }
                return (rows, nil)
            } catch {
                return (rows, error)
            }
        }.value
    }
}
