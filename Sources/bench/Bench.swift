import EventLoop
import Foundation
import Glibc

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
        if try await serve(Array(arguments.dropFirst())) { return }
        if arguments.dropFirst().first == "events" {
            let figures = try await events()
            return arguments.contains("--json") ? Report.printJSON(figures) : Report.print(figures)
        }
        if arguments.dropFirst().first == "moderation" {
            let figures = try ModerationBench(corpora: environment["MARTLET_CORPORA"], note: note).run()
            return arguments.contains("--json") ? Report.printJSON(figures) : Report.print(figures)
        }
        guard arguments.dropFirst().first == "product" else {
            return try await compare(arguments[0], try CompareOptions(Array(arguments.dropFirst())))
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
        figures += try await events()
        if arguments.contains("--json") { Report.printJSON(figures) } else { Report.print(figures) }
    }

    /// The event log and the bridges, in this process.
    private static func events() async throws -> [Figure] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "martlet-events-\(ProcessInfo.processInfo.processIdentifier)"
        ).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let house = try await EventHouse(folder: folder)
        let result: Swift.Result<[Figure], any Error>
        do { result = .success(try await EventsBench(house: house, note: note).run()) } catch {
            result = .failure(error)
        }
        await house.close()
        return try result.get()
    }

    /// The parts of the comparison that are processes of their own.
    ///
    /// - Returns: Whether the arguments name one.
    private static func serve(_ arguments: [String]) async throws -> Bool {
        guard arguments.count > 1 else { return false }
        switch arguments[0] {
        case "bare-write":
            try await BareWriteServer().run(port: UInt16(arguments[1]) ?? 0)
        case "http-answer":
            try await HTTPAnswerServer.run(port: UInt16(arguments[1]) ?? 0)
        case "echo-bot":
            try await EchoBot.run()
        default: return false
        }
        return true
    }

    private static func compare(_ path: String, _ options: CompareOptions) async throws {
        if let file = options.render {
            let data = try Data(contentsOf: URL(fileURLWithPath: file))
            return try BenchmarkPage(result: try JSONDecoder().decode(Result.self, from: data)).write(to: "docs")
        }
        // Ends with the process.
        Task {
            for await _ in BenchLoops.service.signals(SIGINT, SIGTERM) {
                PeerProcess.running.killAll()
                exit(130)
            }
        }
        let program = URL(fileURLWithPath: path).standardizedFileURL.path
        let result = try await Comparison(options: options, program: program, progress: Progress()).run { result in
            // What was measured is kept whatever becomes of the rest.
            guard let output = options.output else { return }
            try FileManager.default.createDirectory(
                at: URL(fileURLWithPath: output).deletingLastPathComponent(), withIntermediateDirectories: true)
            try json(result).write(to: URL(fileURLWithPath: output))
        }
        if options.isJSON { print(String(decoding: try json(result), as: UTF8.self)) } else { ResultText.print(result) }
    }

    private static func json(_ result: Result) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(result)
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
