import AdminAPI
import BridgeKit
import BridgeRuntime
import BridgeTesting
import Bridges
import HTTPTypes
import MartletClient
import Settings
import Telemetry

/// `martlet bridge`: what a bridge file can hold, whether one is right, and how the bridges of a server are doing.
struct BridgeCommand {
    enum Action: Equatable {
        case kinds
        /// Of one kind, or of all files.
        case reference(String?)
        case lint([String])
        case status(String?)
        case deadLetters(String)
        case control(BridgeControl)
        case test(BridgeTestCommand)
        case replay(BridgeReplayCommand)
    }

    let action: Action
    let printsJSON: Bool
    private let arguments: Arguments
    private let environment: [String: String]

    private static let words = [
        "kinds", "reference", "lint", "check", "test", "list", "status", "pause", "resume", "dead-letters", "retry",
        "drop", "replay",
    ]
    /// The options that go with some commands only.
    private static let options: [String: Set<String>] = [
        "all": ["retry", "drop"], "update": ["test"], "verbose": ["test"], "yes": ["replay"],
        "cancel": ["replay"], "after": ["replay", "test"], "past": ["test"], "until": ["replay"],
    ]

    init(arguments words: [String], environment: [String: String]) throws(UsageError) {
        arguments = try Arguments(
            words, valued: ServerAccess.options.union(["after", "until", "past"]),
            flags: ["json", "all", "update", "verbose", "yes", "cancel"])
        self.environment = environment
        printsJSON = arguments.flags.contains("json")
        action = try Self.action(arguments)
        let word = arguments.positional.first ?? ""
        for name in arguments.flags.union(arguments.values.map(\.name)).sorted() {
            guard let words = Self.options[name], !words.contains(word) else { continue }
            let list = words.sorted().map { "`\($0)`" }.joined(separator: " and ")
            throw UsageError("--\(name) goes with \(list) only.")
        }
    }

    private static func action(_ arguments: Arguments) throws(UsageError) -> Action {
        let names = Array(arguments.positional.dropFirst())
        switch (arguments.positional.first, names.count) {
        case ("kinds", 0): return .kinds
        case ("reference", 0...1): return .reference(try names.first.map(kind))
        case ("lint", 1...), ("check", 1...): return .lint(names)
        case ("lint", _), ("check", _): throw UsageError("Say what to look over: `bridge lint FILE…|FOLDER…`.")
        case ("test", 1...):
            return .test(try BridgeTestCommand(paths: names, arguments: arguments))
        case ("test", _): throw UsageError("Say what to test: `bridge test FILE…|FOLDER…`.", status: 2)
        case ("list", 0...1), ("status", 0...1): return .status(names.first)
        case ("pause", 1): return .control(.pause(names[0]))
        case ("resume", 1): return .control(.resume(names[0]))
        case ("dead-letters", 1): return .deadLetters(names[0])
        case ("replay", 1): return .replay(try BridgeReplayCommand(name: names[0], arguments: arguments))
        case ("retry", 1...2): return .control(.retry(names[0], try letters(names, arguments)))
        case ("drop", 1...2): return .control(.drop(names[0], try letters(names, arguments)))
        case (let word?, _) where ["pause", "resume", "dead-letters", "replay"].contains(word):
            throw UsageError("Name one bridge: `bridge \(word) NAME`; `bridge list` shows the names.")
        case (let word?, _) where ["retry", "drop"].contains(word):
            throw UsageError(
                "Name the bridge and a dead letter: `bridge \(word) NAME ID`, or `bridge \(word) NAME --all`.")
        case (let word?, _) where words.contains(word):
            throw UsageError("`bridge \(word)` takes fewer names.")
        case (let word, _):
            let hint = word.map { NearMiss.hint($0, among: words) } ?? ""
            throw UsageError("Say what to do\(hint): bridge \(words.joined(separator: "|")).")
        }
    }

    private static func kind(_ name: String) throws(UsageError) -> String {
        let kinds = BridgeRegistry.standard.kinds
        guard kinds.contains(name) else {
            throw UsageError(
                "There is no kind \"\(name)\"\(NearMiss.hint(name, among: kinds)); there are \(kinds.joined(separator: ", "))."
            )
        }
        return name
    }

    private static func letters(
        _ names: [String], _ arguments: Arguments
    ) throws(UsageError) -> BridgeControl.Letters {
        switch (arguments.flags.contains("all"), names.dropFirst().first) {
        case (true, nil): return .all
        case (false, let text?):
            guard let id = Int64(text), id > 0 else {
                throw UsageError(
                    "A dead letter has a number, not \"\(text)\"; `bridge dead-letters \(names[0])` shows it.")
            }
            return .one(id)
        case (true, _?): throw UsageError("Name a dead letter or say --all, not both.")
        case (false, nil): throw UsageError("Say which dead letter: its number, or --all.")
        }
    }

    func run() async throws {
        switch action {
        case .kinds: for kind in kinds { try StandardOutput.line("\(kind.kind)\t\(kind.summary)") }
        case .reference(nil): try printReference()
        case .reference(let name?):
            for kind in kinds where kind.kind == name {
                try StandardOutput.line(kind.settings.documentation(title: "`\(kind.kind)`: settings"))
                if !kind.reference.isEmpty { try StandardOutput.line(kind.reference) }
            }
        case .lint(let paths):
            let lint = try await BridgeLint(paths, environment: environment)
            try show(lint) { lint.lines(coloured: $0) }
            if !lint.errors.isEmpty { throw Failed() }
        case .test(let test):
            let report = try await test.run(environment: environment) { try access() }
            try show(report) { report.lines(coloured: $0) }
            if report.status != 0 { throw Failed(status: report.status) }
        case .replay(let replay):
            let asks = !printsJSON && TerminalText.isTerminal
            let outcome = try await access().call { try await replay.run($0, asks: asks) }
            try show(outcome) { _ in replay.lines(outcome) }
        case .status(let name): try await status(name)
        case .deadLetters(let name):
            let path = "/v1/bridges/\(MartletClient.segment(name))/dead-letters"
            let list: DeadLetterList = try await access().call { try await $0.call(.get, path) }
            try show(list) { BridgeReport.deadLetters(list.deadLetters, of: name, coloured: $0) }
        case .control(let control):
            let outcome = try await access().call { try await control.run($0) }
            try show(outcome) { _ in outcome.lines }
            if !outcome.failed.isEmpty { throw Failed() }
        }
    }

    private func status(_ name: String?) async throws {
        let list: BridgeList = try await access().call { try await $0.call(.get, "/v1/bridges") }
        guard let name else {
            return try show(list) { BridgeReport.table(list.bridges, coloured: $0) }
        }
        guard let bridge = list.bridges.first(where: { $0.name == name }) else {
            let hint = NearMiss.hint(name, among: list.bridges.map(\.name))
            throw ServerCallFailure(
                MartletClientError(
                    code: "not_found", status: 404, detail: "The server has no bridge \"\(name)\"\(hint)."), url: "")
        }
        try show(bridge) { BridgeReport.details(bridge, coloured: $0) }
    }

    private func access() throws(UsageError) -> ServerAccess {
        try ServerAccess(arguments, environment: environment)
    }

    private func show(_ value: some Encodable, lines: (Bool) -> [String]) throws {
        if printsJSON { return try StandardOutput.line(TerminalText.json(value)) }
        try StandardOutput.lines(lines(TerminalText.showsColours(environment)))
    }

    private var kinds: [any Bridge.Type] {
        BridgeRegistry.standard.kinds.sorted().compactMap { BridgeRegistry.standard[$0] }
    }

    private func printReference() throws {
        try StandardOutput.line(
            BridgeFile.spec(kinds: BridgeRegistry.standard.kinds, settings: nil)
                .documentation(title: "Every bridge file"))
        for kind in kinds {
            try StandardOutput.line(
                kind.settings.documentation(title: "`\(kind.kind)`: settings").replacing(
                    "\n\n|", with: "\n\n\(kind.summary)\n\n|", maxReplacements: 1))
        }
        try StandardOutput.line(Fixture.spec.documentation(title: "Fixtures: `NAME.tests/*.yaml`"))
        try StandardOutput.line("What may stand below `expect`:\n\n\(TrialEffect.documentation)")
    }
}
