import AdminAPI
import BridgeRuntime
import ChatModel
import Foundation
import HTTPTypes
import MartletClient
import Telemetry

/// `martlet bridge replay`: sends a bridge of a running server past events again, and shows how far it is.
struct BridgeReplayCommand: Equatable {
    enum Action: Equatable {
        /// - Parameter isConfirmed: Whether nobody has to be asked first.
        case send(after: String, until: String?, isConfirmed: Bool)
        case cancel
    }

    let name: String
    let action: Action

    init(name: String, arguments: Arguments) throws(UsageError) {
        self.name = name
        let after = arguments["after"]
        if arguments.flags.contains("cancel") {
            guard after == nil, arguments["until"] == nil, !arguments.flags.contains("yes") else {
                throw UsageError("--cancel stands alone: `bridge replay \(name) --cancel`.")
            }
            action = .cancel
            return
        }
        guard let after else {
            throw UsageError(
                "Say from where on: `bridge replay \(name) --after 2026-01-31T09:00:00Z`, a cursor, or `beginning`.")
        }
        for (option, text) in [("after", after), ("until", arguments["until"])] {
            guard let text else { continue }
            guard let bound = ReplayBound(text), option == "after" || bound != .beginning else {
                throw UsageError("--\(option) takes a time such as 2026-01-31T09:00:00Z or a cursor, not \"\(text)\".")
            }
        }
        action = .send(after: after, until: arguments["until"], isConfirmed: arguments.flags.contains("yes"))
    }

    private var path: String { "/v1/bridges/\(MartletClient.segment(name))/replay" }

    /// - Parameter asks: Whether somebody can be asked, and progress be shown.
    /// - Returns: The replay as it is when the command ends; nil when it was cancelled.
    func run(_ client: MartletClient, asks: Bool) async throws -> BridgeStatus.Replay? {
        guard case .send(let after, let until, let isConfirmed) = action else {
            let _: MartletClient.NoBody = try await client.call(.delete, path)
            return nil
        }
        if !isConfirmed {
            let range: BridgeStatus.Replay = try await client.call(
                .post, path, ReplayBody(after: after, until: until, dryRun: true))
            guard range.total > 0 else { return range }
            guard asks else {
                throw UsageError("\(Self.count(range.total)) would be sent to \(name) again. Say --yes to do it.")
            }
            try StandardOutput.write("\(Self.count(range.total)) will be sent to \(name) again. Go on? [y/N] ")
            guard ["y", "yes"].contains((readLine() ?? "").lowercased()) else { return range }
        }
        let replay: BridgeStatus.Replay = try await client.call(
            .post, path, ReplayBody(after: after, until: until, dryRun: false))
        guard asks, replay.total > 0 else { return replay }
        return try await watch(client, replay)
    }

    /// Shows how far it is until it has ended; it goes on without us.
    private func watch(_ client: MartletClient, _ first: BridgeStatus.Replay) async throws -> BridgeStatus.Replay {
        var replay = first
        while replay.state == "running" {
            try StandardOutput.write("\r\(Self.line(replay)) (Ctrl-C leaves it running)")
            try await Task.sleep(for: .milliseconds(500))
            let list: BridgeList = try await client.call(.get, "/v1/bridges")
            guard let found = list.bridges.first(where: { $0.name == name })?.replay else { break }
            replay = found
        }
        try StandardOutput.write("\r\u{1b}[K")
        return replay
    }

    // MARK: Words

    func lines(_ replay: BridgeStatus.Replay?) -> [String] {
        guard let replay else { return ["\(name) is not sent past events any more."] }
        if replay.total == 0 { return ["There is nothing in this range that \(name) would get."] }
        if replay.startedAt == nil { return ["Nothing was sent."] }
        var lines = [Self.line(replay)]
        if replay.state == "running" {
            lines[0] +=
                "; `martlet bridge status \(name)` shows how far it is, `bridge replay \(name) --cancel` ends it"
        }
        if replay.deadLetters > 0 { lines.append("See them with `martlet bridge dead-letters \(name)`.") }
        return lines
    }

    /// A replay on one line: `replaying 1,204 of 5,000`.
    static func line(_ replay: BridgeStatus.Replay) -> String {
        let sum = "\(grouped(replay.done)) of \(grouped(replay.total))"
        let dead = replay.deadLetters > 0 ? ", \(grouped(replay.deadLetters)) dead" : ""
        return switch replay.state {
        case "running": "replaying \(sum)\(dead)"
        case "cancelled": "replay cancelled after \(sum)\(dead)"
        default: "replayed \(sum)\(dead)"
        }
    }

    private static func count(_ number: Int) -> String { "\(grouped(number)) event\(number == 1 ? "" : "s")" }

    /// 1204567 as `1,204,567`.
    static func grouped(_ number: Int) -> String {
        var digits = Array(String(number))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return String(digits)
    }
}
