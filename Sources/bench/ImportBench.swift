import Foundation

/// Imports logs with the program's own command, as a user would.
struct ImportBench {
    let server: BenchServer
    let files: [String]

    func run() async throws -> [Figure] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: server.programPath)
        process.arguments =
            ["import", "irc"] + files + ["--channel", "bench", "--json", "--url", server.url]
        process.environment = ProcessInfo.processInfo.environment.merging(["MARTLET_DATA": server.folder]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        let start = ContinuousClock.now
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let elapsed = (ContinuousClock.now - start).seconds
        guard process.terminationStatus == 0,
            let line = String(decoding: data, as: UTF8.self).split(separator: "\n").last,
            let summary = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let sent = (summary["total"] as? NSNumber)?.doubleValue
        else { throw BenchError("the import failed: \(String(decoding: data.suffix(500), as: UTF8.self))") }
        return [
            Figure("import, messages", sent, ""),
            Figure("import, committed messages, whole command", sent / elapsed, "/s", goal: .atLeast(5000)),
            Figure(
                "resident memory of the server after the import", server.residentBytes() / 1_000_000, "MB",
                goal: .atMost(150)),
        ]
    }
}
