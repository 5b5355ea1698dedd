package import BridgeRuntime
package import ChatModel
package import ChatService
import ChatStore
import Foundation
package import HTTPRouting

package struct BridgeList: Codable, Sendable {
    package var bridges: [BridgeStatus]
}

package struct DeadLetterView: Codable, Sendable {
    package var id: Int64
    package var cursor: Cursor
    package var event: JSONValue
    package var error: String
    package var attempts: Int
    package var createdAt: String

    init(_ letter: DeadLetter) throws {
        id = letter.id
        cursor = letter.cursor
        event = try JSONDecoder().decode(JSONValue.self, from: Data(letter.event.utf8))
        error = letter.error
        attempts = letter.attempts
        createdAt = letter.createdAt
    }

    enum CodingKeys: String, CodingKey {
        case id, cursor, event, error, attempts
        case createdAt = "created_at"
    }
}

package struct DeadLetterList: Codable, Sendable {
    package var deadLetters: [DeadLetterView]
    /// Where the next page begins; nil at the end.
    package var next: Int64?

    enum CodingKeys: String, CodingKey {
        case next
        case deadLetters = "dead_letters"
    }
}

package struct ReplayBody: Codable, Sendable, SchemaDescribing {
    /// `beginning`, a time (RFC 3339) or a cursor.
    package var after: String
    /// A time or a cursor; now when left out.
    package var until: String?
    /// Only count what would be sent.
    package var dryRun: Bool?

    package init(after: String, until: String? = nil, dryRun: Bool? = nil) {
        self.after = after
        self.until = until
        self.dryRun = dryRun
    }

    enum CodingKeys: String, CodingKey {
        case after, until
        case dryRun = "dry_run"
    }

    package static let schemaDescription = SchemaRefinement(properties: [
        "after": .init("`beginning`, a time (RFC 3339) or a cursor.", pattern: Parameter.placePattern),
        "until": .init(
            "A time or a cursor; now when left out.",
            pattern: "\(Parameter.timePattern)|\(Parameter.cursorPattern)"),
        "dry_run": .init("Only count what would be sent."),
    ])
}

package struct PastEvents: Codable, Sendable {
    package var events: [Event]
    package var channels: [Channel]
}

/// What administrators may ask of the bridges that run in this process.
package struct BridgeRoutes: Sendable {
    private let runtime: BridgeRuntime

    package init(runtime: BridgeRuntime) { self.runtime = runtime }

    private static let name = Parameter.string("bridge", "The bridge's name.")

    package var routes: [Route<Principal>] {
        [
            .get("/v1/bridges", "How the bridges are doing", tag: "bridges", returns: BridgeList.self) { context in
                try Self.requireAdmin(context)
                return BridgeList(bridges: try await runtime.status())
            },
            .get(
                "/v1/bridges/{bridge}/dead-letters", "Events that a bridge has given up, oldest first",
                tag: "bridges", path: [Self.name],
                query: [
                    .integer("after", "Only dead letters with a higher id."),
                    .integer("limit", "Rows of the page.", default: 200, in: 1...200),
                ], returns: DeadLetterList.self
            ) { context in
                try Self.requireAdmin(context)
                let limit = try context.query("limit", Int.self, default: 200, in: 1...200)
                let letters = try await runtime.deadLetters(
                    of: context.string("bridge"), after: try context.query("after", Int64.self) ?? 0, limit: limit)
                return DeadLetterList(
                    deadLetters: try letters.map { try DeadLetterView($0) },
                    next: letters.count == limit ? letters.last?.id : nil)
            },
            .post(
                "/v1/bridges/{bridge}/dead-letters/{letter_id}/retry", "Try a dead letter again, now", tag: "bridges",
                path: [Self.name]
            ) { context in
                try await Self.answer(context) {
                    try await runtime.retryDeadLetter(
                        try context.id("letter_id"), of: context.string("bridge"), by: try context.principal)
                }
            },
            .delete(
                "/v1/bridges/{bridge}/dead-letters/{letter_id}", "Drop a dead letter", tag: "bridges", path: [Self.name]
            ) { context in
                try await Self.answer(context) {
                    try await runtime.dropDeadLetter(
                        try context.id("letter_id"), of: context.string("bridge"), by: try context.principal)
                }
            },
            .post("/v1/bridges/{bridge}/pause", "Let a bridge rest", tag: "bridges", path: [Self.name]) { context in
                try await Self.answer(context) {
                    try await runtime.pause(context.string("bridge"), by: try context.principal)
                }
            },
            .post("/v1/bridges/{bridge}/resume", "Let a bridge go on", tag: "bridges", path: [Self.name]) { context in
                try await Self.answer(context) {
                    try await runtime.resume(context.string("bridge"), by: try context.principal)
                }
            },
            .get(
                "/v1/bridge-events", "Past events of all channels, as bridges get them, oldest first", tag: "bridges",
                query: [
                    .string("types", "Only these types, separated by commas.", isRequired: true),
                    .text(
                        "after", "`beginning`, a time or a cursor to begin at; the newest when left out.",
                        pattern: Parameter.placePattern),
                    .integer("limit", "How many.", default: 100, in: 1...Self.mostPast),
                ], returns: PastEvents.self
            ) { context in
                try await Self.answer(context) { try await pastEvents(context) }
            },
            .post(
                "/v1/bridges/{bridge}/replay", "Send a bridge past events again", tag: "bridges", path: [Self.name],
                body: ReplayBody.self, returns: BridgeStatus.Replay.self
            ) { context, body in
                try await Self.answer(context) {
                    try await runtime.replay(
                        context.string("bridge"), after: try Self.bound(body.after, "after"),
                        until: try body.until.map { try Self.bound($0, "until") }, isTrial: body.dryRun ?? false,
                        by: try context.principal)
                }
            },
            .delete(
                "/v1/bridges/{bridge}/replay", "Stop sending past events again", tag: "bridges", path: [Self.name]
            ) { context in
                try await Self.answer(context) {
                    try await runtime.cancelReplay(of: context.string("bridge"), by: try context.principal)
                }
            },
        ]
    }

    /// As many as `martlet bridge test` takes at once.
    package static let mostPast = 1000

    private func pastEvents(_ context: Route<Principal>.Context) async throws -> PastEvents {
        let types = try context.query("types", String.self, default: "").split(separator: ",")
        let past = try await runtime.pastEvents(
            in: context.principal.appID, types: types.map { EventType(String($0)) },
            after: try context.query("after", String.self).map { try Self.bound($0, "after") },
            limit: try context.query("limit", Int.self, default: 100, in: 1...Self.mostPast))
        return PastEvents(
            events: try past.events.map { try JSONDecoder().decode(Event.self, from: Data($0.json(op: false))) },
            channels: past.channels)
    }

    private static func bound(_ text: String, _ field: String) throws -> ReplayBound {
        guard let bound = ReplayBound(text), field == "after" || bound != .beginning else {
            let words = field == "after" ? "`beginning`, a" : "a"
            throw Problem.badRequest(
                code: "invalid_range",
                "`\(field)` is \(words) time such as 2026-01-31T09:00:00Z, or a cursor such as 812-77.")
        }
        return bound
    }

    private static func answer<Reply>(
        _ context: Route<Principal>.Context, _ body: () async throws -> Reply
    ) async throws -> Reply {
        try requireAdmin(context)
        do {
            return try await body()
        } catch let error as BridgeRuntimeError {
            let (status, code) =
                switch error.code {
                case .unknownBridge, .unknownDeadLetter: (404, "not_found")
                case .noReplay: (404, "no_replay")
                case .invalidRange: (422, "invalid_range")
                case .eventsGone: (410, "events_gone")
                case .replayRunning: (409, "replay_running")
                case .followsNothing: (409, "bridge_follows_nothing")
                case .notRunning, .failed: (409, "bridge_\(error.code.rawValue)")
                }
            throw Problem(status: status, code: code, detail: error.description)
        }
    }

    private static func requireAdmin(_ context: Route<Principal>.Context) throws {
        try context.principal.require(.administer)
    }
}
