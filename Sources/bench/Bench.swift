import EventLoop
import Foundation
import Glibc
import LoadGenerator

/// `martlet-bench`: prints the figures that the project is held to, measured on the machine at hand.
///
/// It starts the `martlet` that lies beside it, with its own PostgreSQL and Redis (fsync on) in a temporary folder, and
/// loads it from this process: everything shares the machine, as the figures are defined.
@main
struct Bench {
    static func main() async {
        do {
            try await run()
        } catch {
            FileHandle.standardError.write(Data("martlet-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let arguments = CommandLine.arguments
        if arguments.count > 2, arguments[1] == "bare-write", let port = UInt16(arguments[2]) {
            FileLimit.raise()
            let server = BareWriteServer()
            try server.run(port: port)
            while true { try await Task.sleep(for: .seconds(3600)) }
        }
        guard arguments.dropFirst().first == "product" else {
            // Ends with the process.
            Task {
                for await _ in BenchLoops.service.signals(SIGINT, SIGTERM) {
                    PeerProcess.running.killAll()
                    exit(130)
                }
            }
            let options = try CompareOptions(Array(arguments.dropFirst()))
            let own = URL(fileURLWithPath: arguments[0]).standardizedFileURL.path
            let rows = try await Comparison(options: options, program: own).run()
            if options.isJSON { print(String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)) }
            return
        }
        let program = URL(fileURLWithPath: arguments[0]).deletingLastPathComponent().appendingPathComponent("martlet")
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "martlet-bench-\(ProcessInfo.processInfo.processIdentifier)"
        ).path
        let group = EventLoopGroup(count: 1, name: "bench")
        var figures: [Figure] = []
        let server = BenchServer(program: program.path, folder: folder)
        defer {
            server.kill()
            try? FileManager.default.removeItem(atPath: folder)
        }

        note("starting the server on an empty folder")
        try await server.start()
        if !arguments.contains("--without-import") {
            let logs = try logFiles(environment, folder)
            note("importing \(logs.files.count) log files (\(logs.kind))")
            figures += try await ImportBench(server: server, files: logs.files).run()
        }
        note("sending 1,000 messages a second for 20 s, one reader")
        figures += try await LatencyBench(server: server, loop: group.loops[0], rate: 1000, seconds: 20).run()
        note("stopping and starting again on that data")
        await server.stop()
        let start = ContinuousClock.now
        try await server.start()
        figures.append(
            Figure("start to /readyz on existing data", (ContinuousClock.now - start).seconds, "s", goal: .atMost(2)))
        await server.stop()
        if arguments.contains("--json") { Report.printJSON(figures) } else { Report.print(figures) }
    }

    /// The real logs when the corpora are there, otherwise made-up ones of the same size and shape.
    private static func logFiles(
        _ environment: [String: String], _ folder: String
    ) throws -> (files: [String], kind: String) {
        if let corpora = environment["MARTLET_CORPORA"] {
            let logs = corpora + "/chat/irc"
            let names = try FileManager.default.contentsOfDirectory(atPath: logs).filter { $0.hasSuffix(".txt") }
            return (names.sorted().map { "\(logs)/\($0)" }, "real")
        }
        let path = folder + "-2026-01-01.txt"
        var text = ""
        for line in 0..<100_000 {
            text += String(format: "[%02d:%02d] <nick%d> ", line / 7000 % 24, line / 120 % 60, line * 7919 % 5000)
            text += "line \(line) of some length, about as long as people write when they help each other\n"
        }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return ([path], "made up; set MARTLET_CORPORA for the real ones")
    }

    private static func note(_ text: String) {
        FileHandle.standardError.write(Data("· \(text)\n".utf8))
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
