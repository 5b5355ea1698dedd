import AdminAPI
import BridgeRuntime
import ChatModel

/// How bridges are doing, for a person at a terminal.
enum BridgeReport {
    static func table(_ bridges: [BridgeStatus], coloured: Bool) -> [String] {
        guard !bridges.isEmpty else {
            return ["There are no bridges; put a file into the folder `bridges` below the server's data."]
        }
        var table = TextTable(
            ["NAME", "KIND", "STATE", "LAG", "HANDLED", "RETRIED", "DEAD", "NOTE"], rightAligned: [3, 4, 5, 6])
        for bridge in bridges {
            table.add([
                .init(bridge.name), .init(bridge.kind), .init(bridge.state.rawValue, colour(bridge.state)),
                .init(bridge.lag.map(String.init) ?? "-"), .init("\(bridge.handled)"), .init("\(bridge.retried)"),
                .init("\(bridge.deadLetters)", bridge.deadLetters > 0 ? .red : nil),
                .init(note(bridge)),
            ])
        }
        return table.lines(coloured: coloured)
    }

    /// What somebody looks for first: a mistake in the file, a replay that runs, the last error.
    private static func note(_ bridge: BridgeStatus) -> String {
        let replay = bridge.replay.flatMap { $0.state == "running" ? BridgeReplayCommand.line($0) : nil }
        return bridge.problems.first ?? replay ?? bridge.lastError ?? ""
    }

    static func details(_ bridge: BridgeStatus, coloured: Bool) -> [String] {
        let state = bridge.state.rawValue
        var fields = [
            ("name", bridge.name), ("kind", bridge.kind), ("file", bridge.file),
            ("state", coloured ? TerminalText.coloured(state, colour(bridge.state)) : state),
            ("waiting", bridge.lag.map { "\($0) events" } ?? "unknown"), ("handled", "\(bridge.handled) events"),
            ("retried", "\(bridge.retried) tries"), ("dead letters", "\(bridge.deadLetters)"),
        ].map { name, value in name == "state" ? (name, value) : (name, TerminalText.line(value)) }
        if bridge.deferred > 0 { fields.append(("put off", "\(bridge.deferred) events")) }
        if let replay = bridge.replay { fields.append(("replay", BridgeReplayCommand.line(replay))) }
        if let error = bridge.lastError { fields.append(("last error", TerminalText.line(error))) }
        for problem in bridge.problems { fields.append(("problem", TerminalText.line(problem))) }
        var lines = fields.map { "\(TerminalText.padded($0.0, to: 14))\($0.1)" }
        if bridge.deadLetters > 0 { lines.append("See them with `martlet bridge dead-letters \(bridge.name)`.") }
        return lines
    }

    static func deadLetters(_ letters: [DeadLetterView], of bridge: String, coloured: Bool) -> [String] {
        guard !letters.isEmpty else { return ["\(TerminalText.line(bridge)) has no dead letters."] }
        var table = TextTable(["ID", "SINCE", "EVENT", "TRIES", "ERROR"], rightAligned: [0, 3])
        for letter in letters {
            table.add([
                .init("\(letter.id)"), .init(letter.createdAt), .init(letter.event["type"]?.string ?? "?"),
                .init("\(letter.attempts)"), .init(letter.error, .red),
            ])
        }
        return table.lines(coloured: coloured)
    }

    private static func colour(_ state: BridgeStatus.State) -> TerminalText.Colour {
        switch state {
        case .running: .green
        case .starting, .standby, .paused: .yellow
        case .broken, .down: .red
        case .disabled, .stopped: .grey
        }
    }
}
