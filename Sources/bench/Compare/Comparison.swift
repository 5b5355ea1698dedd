import EventLoop
import Foundation
import LoadGenerator

/// Runs the loads on the peers, one after the other, each on servers of its own.
struct Comparison {
    let options: CompareOptions
    let program: String

    func run() async throws -> [Row] {
        let limit = FileLimit.raise()
        let sockets = min(options.sockets, limit - 400)
        let scene = Scene(sockets: sockets, fanOuts: options.fanOuts)
        var rows: [Row] = []
        let peers: [any Peer] = [
            BareWritePeer(program: program),
            MartletPeer(
                program: URL(fileURLWithPath: program).deletingLastPathComponent().appendingPathComponent("martlet")
                    .path),
            JSONPeer(PeerProgram("node", folder: options.folder)),
            JSONPeer(PeerProgram("fastapi", folder: options.folder)),
        ]
        for peer in peers where options.wants(peer: peer.name) {
            let machine = try Machine(
                folder: "/tmp/martlet-bench-\(ProcessInfo.processInfo.processIdentifier)", loop: BenchLoops.service)
            do {
                note("\(peer.name): starting")
                try await machine.start()
                try await peer.start(machine, scene)
                for (name, load) in loads(sockets, peer) where options.wants(load: name) {
                    note("\(peer.name): \(name)")
                    let found = try await Task(executorPreference: BenchLoops.load.loop) {
                        var found: [Row] = []
                        try await load.run(peer, machine, scene) { row in
                            found.append(row)
                            note("  " + RowTable.line(row))
                        }
                        return found
                    }.value
                    rows += found
                }
                if peer.name == "write loop", options.wants(load: "send") {
                    note("pgbench")
                    try await DatabaseLimit(seconds: Int(options.seconds)).run(machine) { row in
                        rows.append(row)
                        note("  " + RowTable.line(row))
                    }
                }
            } catch {
                note("\(peer.name): \(error)")
            }
            await peer.stop()
            await machine.end()
        }
        return rows
    }

    private func loads(_ sockets: Int, _ peer: any Peer) -> [(String, any Load)] {
        var loads: [(String, any Load)] = []
        if peer.name != "write loop" {
            loads.append(("idle", IdleLoad(sizes: options.idle.map { min($0, sockets) }, seconds: options.seconds)))
        }
        loads.append(("fanout", FanOutLoad(sizes: options.fanOuts, seconds: options.seconds)))
        if peer.name == "write loop" { return loads }
        loads.append(("rooms", RoomsLoad(sizes: options.rooms.map { min($0, sockets) }, seconds: options.seconds)))
        loads.append(("history", HistoryLoad(messages: options.history, readers: 16, seconds: options.seconds)))
        loads.append(("send", SendLoad(sizes: options.senders, seconds: options.seconds)))
        return loads
    }

    private func note(_ text: String) { FileHandle.standardError.write(Data("· \(text)\n".utf8)) }
}

struct CompareOptions: Sendable {
    var peers: [String] = []
    var only: [String] = []
    var seconds = 4.0
    var isJSON = false
    var sockets = 20_000
    var fanOuts = [100, 1_000, 10_000]
    var idle = [10_000, 20_000]
    var rooms = [1_000, 10_000]
    var history = 1_000_000
    var folder = "Benchmarks/peers"
    var senders = [1, 16, 64, 256]

    func wants(peer: String) -> Bool { peers.isEmpty || peers.contains(peer) }
    func wants(load: String) -> Bool { only.isEmpty || only.contains(load) }

    init(_ arguments: [String]) throws(BenchError) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--json": isJSON = true
            case "--only": only = try Self.list(&rest, name)
            case "--peers": peers = try Self.list(&rest, name)
            case "--seconds":
                guard let text = rest.popFirst(), let number = Double(text), number > 0 else {
                    throw BenchError("--seconds needs a number")
                }
                seconds = number
            default: throw BenchError("there is no option \(name)")
            }
        }
    }

    private static func list(_ rest: inout ArraySlice<String>, _ name: String) throws(BenchError) -> [String] {
        guard let text = rest.popFirst() else { throw BenchError("\(name) needs names, with commas between") }
        return text.split(separator: ",").map(String.init)
    }
}
