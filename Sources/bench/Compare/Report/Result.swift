import EventLoop
import Foundation

/// What a run came to; the JSON of `--output`.
struct Result: Codable, Sendable {
    struct Missing: Codable, Sendable {
        var peer: String
        /// nil: all of them.
        var load: String?
        var reason: String
    }

    var date = ISO8601DateFormatter().string(from: Date())
    var machine: MachineDescription
    var seconds: Double
    var isQuick: Bool
    var rows: [Row] = []
    var missing: [Missing] = []
    var goals: [Goal] = []
    /// What the reader of the page should know of this run, written by hand.
    var remarks: [String]?

    /// The figures of one load and one party, by size.
    func rows(_ load: String, _ peer: String, _ variant: String? = nil) -> [Row] {
        rows.filter { $0.load == load && $0.peer == peer && (variant == nil || $0.variant == variant) }
            .sorted { $0.size < $1.size }
    }
}

/// The machine that everything ran on.
struct MachineDescription: Codable, Sendable {
    var processor: String
    var cores: Int
    /// Bytes.
    var memory: UInt64
    var kernel: String
    var postgres: String
    var redis: String

    static func here() async -> MachineDescription {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = information.split(separator: "\n").first { $0.hasPrefix("model name") }
        return MachineDescription(
            processor: model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown",
            cores: EventLoopGroup.coreCount, memory: ProcessInfo.processInfo.physicalMemory,
            kernel: ((try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? "unknown")
                .trimmingCharacters(in: .whitespacesAndNewlines),
            postgres: await version("psql"), redis: await version("redis-server"))
    }

    private static func version(_ program: String) async -> String {
        let log = "/tmp/martlet-bench-version-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: log) }
        guard let process = try? await PeerProcess([program, "--version"], log: log), await process.exitCode() == 0
        else { return "unknown" }
        let words = process.output.split(whereSeparator: \.isWhitespace)
        let number = words.first { $0.drop { $0 == "v" || $0 == "=" }.first?.isNumber == true }
        return number.map { $0.split(separator: "=").last.map(String.init) ?? String($0) } ?? "unknown"
    }
}
