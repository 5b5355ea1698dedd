import Foundation
import LoadGenerator

/// What Redis takes: `XADD` of an event of Martlet's length, many in one round trip.
struct StreamLimit {
    func run(_ machine: Machine, report: (Row) -> Void) async throws {
        let before = machine.redisUsage.cpu
        let begun = MonotonicClock.now()
        let event = String(repeating: "x", count: 380)
        let process = try await PeerProcess(
            [
                "redis-benchmark", "-p", "\(machine.redisPort)", "-n", "400000", "-c", "4", "-P", "64", "--csv", "XADD",
                "bench", "*", "app", "1", "type", "message.created", "channel", "5", "event", event,
            ], log: machine.folder + "/redis-benchmark.log")
        guard await process.exitCode() == 0,
            let line = process.output.split(separator: "\n").last(where: { $0.contains("XADD") }),
            let rate = line.split(separator: "\"").compactMap({ Double($0) }).first
        else { throw BenchError("redis-benchmark failed: \(process.output.suffix(500))") }
        var row = Row(load: "send", peer: "XADD", variant: "64 at a time", size: 4, value: rate, unit: "messages/s")
        row.redisCores = (machine.redisUsage.cpu - before) / (Double(MonotonicClock.now() - begun) / 1e9)
        report(row)
    }
}
