import ChatModel
import EventCatalogue
import Foundation
import Lifecycle
import MartletClient
import Settings
import Telemetry

/// `martlet events`: what happens on a running server, what has happened, and what each type looks like.
struct EventsCommand {
    enum Action: Equatable {
        /// - Parameter count: Ends after so many events; goes on until Ctrl-C when nil.
        case tail(types: [EventType], after: Cursor?, count: Int?)
        case show(Cursor)
        case replay(EventReplay.Options)
        /// The JSON Schema of one type, or of all.
        case schema(EventType?)
        /// The page of one type, or the table of all; for the documentation.
        case reference(EventType?)
    }

    let action: Action
    let printsJSON: Bool
    private let arguments: Arguments
    private let environment: [String: String]
    /// Seconds of one poll, the most that the server takes.
    private static let wait = 50

    private static let words = ["tail", "show", "replay", "schema", "reference"]
    /// The options of each word, beside those that say which server.
    private static let options: [String: Set<String>] = [
        "tail": ["types", "after", "count"],
        "replay": [
            "types", "type", "after", "until", "channel", "pace", "to", "secret", "all", "allow-loopback",
        ],
    ]

    init(arguments words: [String], environment: [String: String]) throws(UsageError) {
        arguments = try Arguments(
            words,
            valued: ServerAccess.options.union([
                "types", "type", "after", "until", "count", "channel", "pace", "to", "secret",
            ]), flags: ["json", "all", "allow-loopback"])
        self.environment = environment
        printsJSON = arguments.flags.contains("json")
        let word = arguments.positional.first ?? ""
        let given = Set(arguments.values.map(\.name)).union(arguments.flags).subtracting(["json"])
            .subtracting(ServerAccess.options)
        if Self.words.contains(word),
            let stranger = given.subtracting(Self.options[word] ?? []).sorted().first
        {
            throw UsageError("--\(stranger) does not go with `events \(word)`.")
        }
        switch (word, arguments.positional.count) {
        case ("tail", 1):
            var count: Int?
            if let text = arguments["count"] {
                guard let number = Int(text), number > 0 else {
                    throw UsageError("--count takes a number from 1 on, not \"\(text)\".")
                }
                count = number
            }
            action = .tail(
                types: try Self.types(arguments), after: try arguments["after"].map(Self.cursor), count: count)
        case ("show", 2): action = .show(try Self.cursor(arguments.positional[1]))
        case ("replay", 1): action = .replay(try Self.replay(arguments, environment))
        case ("schema", 1...2): action = .schema(try arguments.positional.dropFirst().first.map(Self.definition))
        case ("reference", 1...2):
            action = .reference(try arguments.positional.dropFirst().first.map(Self.definition))
        default:
            let hint = NearMiss.hint(word, among: Self.words)
            throw UsageError(
                "Say what to do\(hint): `events tail`, `events show CURSOR`, `events replay` or `events schema [TYPE]`."
            )
        }
    }

    private static func replay(
        _ arguments: Arguments, _ environment: [String: String]
    ) throws(UsageError) -> EventReplay.Options {
        func bound(_ name: String) throws(UsageError) -> EventReplay.Bound? {
            guard let text = arguments[name] else { return nil }
            guard let bound = EventReplay.Bound(text) else {
                throw UsageError(
                    "--\(name) takes a cursor such as 812-77 or a time such as 2026-01-31T09:05:07Z, not \"\(text)\".")
            }
            return bound
        }
        var options = EventReplay.Options()
        options.after = try bound("after")
        options.until = try bound("until")
        options.types = try types(arguments)
        options.channel = arguments["channel"]
        options.isEverything = arguments.flags.contains("all")
        if let text = arguments["pace"] {
            guard let pace = ReplayPace(text) else {
                throw UsageError("--pace takes how many times faster than it was, such as 10x, not \"\(text)\".")
            }
            options.pace = pace
        }
        if let url = arguments["to"] {
            options.target = ReplayTarget.Options(
                url: url, secret: arguments["secret"] ?? environment["MARTLET_REPLAY_SECRET"],
                allowsLoopback: arguments.flags.contains("allow-loopback"))
        } else if arguments["secret"] != nil || arguments.flags.contains("allow-loopback") {
            throw UsageError("--secret and --allow-loopback go with --to URL.")
        }
        return options
    }

    private static func types(_ arguments: Arguments) throws(UsageError) -> [EventType] {
        let names = arguments.values.filter { $0.name == "types" || $0.name == "type" }.flatMap {
            $0.value.split(separator: ",").map(String.init)
        }
        var types: [EventType] = []
        for name in names { types.append(try definition(name)) }
        return types
    }

    private static func definition(_ name: String) throws(UsageError) -> EventType {
        guard let definition = EventDefinition.named(name) else {
            let hint = NearMiss.hint(name, among: EventType.all.map(\.description))
            throw UsageError("There is no type of event \"\(name)\"\(hint); `events schema` shows all of them.")
        }
        return definition.type
    }

    private static func cursor(_ text: String) throws(UsageError) -> Cursor {
        guard let cursor = Cursor(text) else {
            throw UsageError("A cursor has the form 812-77, not \"\(text)\"; `events tail --json` shows cursors.")
        }
        return cursor
    }

    func run() async throws {
        switch action {
        case .schema(let type): return try StandardOutput.line(Self.schema(type))
        case .reference(let type):
            return try StandardOutput.line(
                type.flatMap { EventDefinition.named($0.description)?.page } ?? EventDefinition.overview)
        case .tail, .show, .replay: break
        }
        let access = try ServerAccess(arguments, environment: environment)
        switch action {
        case .schema, .reference: return
        case .replay(let options):
            try await access.call {
                try await EventReplay(
                    options, printsJSON: printsJSON, isColoured: TerminalText.showsColours(environment), client: $0
                ).run()
            }
        case .show(let cursor):
            let page = try await access.call { try await $0.events(after: Self.predecessor(of: cursor), limit: 1) }
            guard let event = page.events.first, event.cursor == cursor else {
                throw ServerCallFailure(
                    MartletClientError(
                        code: "no_event", detail: "There is no event \(cursor), or you may not see it."),
                    url: access.url)
            }
            try StandardOutput.line(TerminalText.json(event))
        case .tail(let types, let after, let count):
            try await access.call { try await tail($0, types: types, after: after, count: count) }
        }
    }

    /// The JSON Schema of one type, or those of all by their names.
    static func schema(_ type: EventType?) -> String {
        if let type { return TerminalText.json(EventDefinition.named(type.description)?.document) }
        let all = EventDefinition.all.map { ($0.type.description, $0.document) }
        return TerminalText.json(JSONValue.object(Dictionary(all) { first, _ in first }))
    }

    /// A cursor right before an event, behind whatever comes before it.
    static func predecessor(of cursor: Cursor) -> Cursor {
        if cursor.row > 0 { return Cursor(transaction: cursor.transaction, row: cursor.row - 1) }
        guard cursor.transaction > 0 else { return .beginning }
        return Cursor(transaction: cursor.transaction - 1, row: .max)
    }

    private func tail(_ client: MartletClient, types: [EventType], after: Cursor?, count: Int?) async throws {
        let names = EventNames(client)
        let isColoured = TerminalText.showsColours(environment)
        var cursor = after
        var epoch: String?
        var left = count ?? .max
        var backoff = Backoff(first: .seconds(1), max: .seconds(30))
        while left > 0 {
            let page: MartletClient.EventPage
            do {
                page = try await client.events(
                    after: cursor, epoch: epoch, types: types, wait: Self.wait, limit: min(left, 200))
            } catch let error as MartletClientError where error.isRetriable && epoch != nil {
                // It was there before, so it is waited for; where it was is known.
                if backoff.attempt == 0 { note("\(error.detail) Trying again; Ctrl-C ends.") }
                try await Task.sleep(for: max(backoff.next(), error.retryAfter ?? .zero))
                continue
            } catch let error as MartletClientError where error.code == "cursor_unknown" && epoch != nil {
                note("The server's database was restored from a backup; going on with what happens from now on.")
                (cursor, epoch) = (nil, nil)
                continue
            }
            backoff.reset()
            epoch = page.epoch
            for event in page.events {
                let text =
                    if printsJSON {
                        TerminalText.json(event, isPretty: false)
                    } else {
                        EventLine(
                            event, channel: await names.channel(event), actor: await names.actor(event)
                        ).text(coloured: isColoured)
                    }
                // At once, also into a pipe; a reader that has gone ends it.
                try StandardOutput.line(text)
            }
            left -= page.events.count
            cursor = page.cursor
        }
    }

    private func note(_ sentence: String) { StandardOutput.note(sentence) }
}
