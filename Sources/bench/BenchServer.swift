import Foundation
import Synchronization

/// A `martlet serve` of its own for the length of a measurement.
final class BenchServer: Sendable {
    let folder: String
    let port: UInt16
    private let program: String
    private let process = Mutex<Process?>(nil)

    init(program: String, folder: String) {
        self.program = program
        self.folder = folder
        self.port = UInt16.random(in: 20_000..<30_000)
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var programPath: String { program }

    var processIdentifier: Int32 { process.withLock { $0?.processIdentifier ?? 0 } }

    /// Starts the server and waits until it is ready.
    func start() async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [
            "serve", "--listen", "127.0.0.1:\(port)", "--data", folder, "--set", "log.level=warn", "--set",
            "limits.sends_per_second=100000",
        ]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        self.process.withLock { $0 = process }
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            guard process.isRunning else { throw BenchError("the server ended with \(process.terminationStatus)") }
            if let answer = try? await HTTP.get("\(url)/readyz"), answer.status == 200 { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw BenchError("the server was not ready in 60 s")
    }

    /// Asks the server to stop and waits for it.
    func stop() async {
        guard let process = process.withLock({ $0 }) else { return }
        process.interrupt()
        while process.isRunning { try? await Task.sleep(for: .milliseconds(20)) }
        self.process.withLock { $0 = nil }
    }

    func kill() {
        guard let process = process.withLock({ $0 }), process.isRunning else { return }
        process.interrupt()
        process.waitUntilExit()
    }

    /// Resident memory in bytes, from the kernel's own count.
    func residentBytes() -> Double {
        let path = "/proc/\(processIdentifier)/status"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return 0 }
        return kilobytes * 1024
    }

    func administrator() throws -> (handle: String, password: String) {
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/admin.json"))
        let fields = try JSONDecoder().decode([String: String].self, from: data)
        return (fields["handle"] ?? "", fields["password"] ?? "")
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
