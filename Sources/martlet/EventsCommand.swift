import ChatModel
import Foundation
import Lifecycle
import MartletClient

/// `martlet events`: what happens on a running server, a line an event.
struct EventsCommand {
    enum Action: Equatable {
        /// - Parameter count: Ends after so many events; goes on until Ctrl-C when nil.
        case tail(types: [EventType], after: Cursor?, count: Int?)
        case show(Cursor)
    }

    let action: Action
    let printsJSON: Bool
    private let arguments: Arguments
    private let environment: [String: String]
    /// Seconds of one poll, the most that the server takes.
    private static let wait = 50

    init(arguments words: [String], environment: [String: String]) throws(UsageError) {
        arguments = try Arguments(
            words, valued: ServerAccess.options.union(["types", "after", "count"]), flags: ["json"])
        self.environment = environment
        printsJSON = arguments.flags.contains("json")
        switch (arguments.positional.first, arguments.positional.count) {
        case ("tail", 1):
            let types = (arguments["types"] ?? "").split(separator: ",").map { EventType(String($0)) }
            var count: Int?
            if let text = arguments["count"] {
                guard let number = Int(text), number > 0 else {
                    throw UsageError("--count takes a number from 1 on, not \"\(text)\".")
                }
                count = number
            }
            action = .tail(types: types, after: try arguments["after"].map(Self.cursor), count: count)
        case ("show", 2):
            guard arguments["types"] == nil, arguments["after"] == nil, arguments["count"] == nil else {
                throw UsageError("--types, --after and --count go with `events tail` only.")
            }
            action = .show(try Self.cursor(arguments.positional[1]))
        default: throw UsageError("Say what to do: `events tail` or `events show CURSOR`.")
        }
    }

    private static func cursor(_ text: String) throws(UsageError) -> Cursor {
        guard let cursor = Cursor(text) else {
            throw UsageError("A cursor has the form 812-77, not \"\(text)\"; `events tail --json` shows cursors.")
        }
        return cursor
    }

    func run() async throws {
        let access = try ServerAccess(arguments, environment: environment)
        switch action {
        case .show(let cursor):
            let page = try await access.call { try await $0.events(after: Self.predecessor(of: cursor), limit: 1) }
            guard let event = page.events.first, event.cursor == cursor else {
                throw ServerCallFailure(
                    MartletClientError(
                        code: "no_event", detail: "There is no event \(cursor), or you may not see it."),
                    url: access.url)
            }
            print(TerminalText.json(event))
        case .tail(let types, let after, let count):
            try await access.call { try await tail($0, types: types, after: after, count: count) }
        }
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
                page = try await client.events(after: cursor, types: types, wait: Self.wait, limit: min(left, 200))
            } catch let error as MartletClientError where error.isRetriable && epoch != nil {
                // It was there before, so it is waited for; where it was is known.
                if backoff.attempt == 0 { note("\(error.detail) Trying again; Ctrl-C ends.") }
                try await Task.sleep(for: max(backoff.next(), error.retryAfter ?? .zero))
                continue
            }
            backoff.reset()
            let isNewHistory = epoch.map { $0 != page.epoch } ?? false
            epoch = page.epoch
            if isNewHistory {
                note("The server's database was restored from a backup; going on with what happens from now on.")
                cursor = nil
                continue
            }
            for event in page.events {
                let text =
                    if printsJSON {
                        TerminalText.json(event, isPretty: false)
                    } else {
                        EventLine(
                            event, channel: await names.channel(event), actor: await names.actor(event)
                        ).text(coloured: isColoured)
                    }
                do {
                    // At once, also into a pipe; a reader that has gone ends it.
                    try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
                } catch {
                    return
                }
            }
            left -= page.events.count
            cursor = page.cursor
        }
    }

    private func note(_ sentence: String) {
        FileHandle.standardError.write(Data("martlet: \(sentence)\n".utf8))
    }
}
