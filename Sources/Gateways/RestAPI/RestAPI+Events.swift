import ChatModel
import ChatService
import ChatStore
import EventCatalogue
import EventLog
import Foundation
import HTTPRouting
import HTTPTypes

enum EventScope: String, CaseIterable, QueryChoice {
    /// What the caller gets anyway.
    case own
    /// Everything in the app.
    case all
}

struct EventPlace: Codable, Sendable, SchemaDescribing {
    var cursor: Cursor
    var epoch: String
    var trimmedUpTo: Cursor?

    enum CodingKeys: String, CodingKey {
        case cursor, epoch
        case trimmedUpTo = "trimmed_up_to"
    }

    static let schemaDescription = SchemaRefinement(properties: [
        "cursor": .init("What happened from the time on lies behind it, as far as it is kept."),
        "trimmed_up_to": .init("Events up to here are not kept any more, when there were any."),
    ])
}

struct EventSchema: Codable, Sendable, SchemaDescribing {
    var type: EventType
    var version: Int
    var summary: String
    var audience: EventDefinition.Audience
    var schema: JSONValue

    init(_ definition: EventDefinition) {
        type = definition.type
        version = definition.version
        summary = definition.summary
        audience = definition.audience
        schema = definition.document
    }

    static let schemaDescription = SchemaRefinement(properties: [
        "type": .init("What has happened.", example: "message.created"),
        "audience": .init("Who gets it, besides bridges."),
        "schema": .init("The whole event as JSON Schema 2020-12."),
    ])
}

struct EventSchemaList: Codable, Sendable {
    var schemas: [EventSchema]
}

extension RestAPI {
    /// Longest wait of one poll; below what proxies allow.
    private static let maximumWait = 50

    /// There are far fewer.
    private static let maximumTypes = 100

    var events: [Route<Principal>] {
        [
            .raw(
                .get, "/v1/events", "What happened after a cursor; waits for it when asked to", tag: "events",
                query: [
                    .cursor("after", "A cursor; from now on when left out."),
                    .string("epoch", "What the answer that gave the cursor told as `epoch`."),
                    .integer("wait", "Seconds to wait for an event.", default: 0, in: 0...Self.maximumWait),
                    .string("types", "Only these types, separated by commas."),
                    .choice(
                        "scope", EventScope.self,
                        "`all` for everything in the app, for administrators; `own` when left out."),
                    Self.limit,
                ], produces: "application/json",
                refusals: [410: "Events after the cursor are not kept any more; load the present state and begin anew."]
            ) { context in
                try await readEvents(context)
            },
            .get(
                "/v1/events/cursor", "The place in the log where a time begins", tag: "events",
                query: [.time("at", "A time, such as 2026-01-31T09:05:07Z.", isRequired: true)],
                returns: EventPlace.self
            ) { context in
                guard let time = try Self.time(context, "at") else {
                    throw Problem.badRequest(code: "missing_parameter", "Say a time: `?at=2026-01-31T09:05:07Z`.")
                }
                let trimmed = try await log.trimmedUpTo()
                return EventPlace(
                    cursor: max(try await log.cursor(before: time), trimmed ?? .beginning), epoch: log.epoch,
                    trimmedUpTo: trimmed)
            },
            .get(
                "/v1/events/schemas", "What each type of event looks like", tag: "events", access: .open,
                returns: EventSchemaList.self
            ) { _ in
                EventSchemaList(schemas: EventDefinition.all.map { EventSchema($0) })
            },
            .raw(
                .get, "/v1/events/schemas/{type}", "What one type of event looks like, as JSON Schema",
                tag: "events", access: .open, path: [.string("type", "The type: message.created.")],
                produces: "application/schema+json"
            ) { context in
                guard let definition = EventDefinition.named(context.string("type")) else {
                    throw Problem.notFound(
                        code: "unknown_event_type", "There is no such type; /v1/events/schemas has all of them.")
                }
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                var response = HTTPResponse.json(bytes: Array(try encoder.encode(definition.document)))
                response.headers["Content-Type"] = "application/schema+json"
                return response
            },
        ]
    }

    private static func gone(_ gap: EventGap) -> Problem {
        Problem(
            status: 410, code: gap.fault == .trimmed ? "events_gone" : "cursor_unknown",
            detail: "\(gap.description.prefix(1).uppercased() + gap.description.dropFirst()); "
                + "load the present state and begin anew.")
    }

    private func readEvents(_ context: Route<Principal>.Context) async throws -> HTTPResponse {
        var cursor: Cursor?
        if let text = try context.query("after", String.self) {
            guard let parsed = Cursor(text) else {
                throw Problem.badRequest(code: "invalid_query", "`after` is a cursor such as 812-77.")
            }
            cursor = parsed
        }
        let epoch = try context.query("epoch", String.self).map { String($0.prefix(64)) }
        let types = try context.query("types", String.self)?.split(separator: ",").map { EventType(String($0)) }
        guard types?.count ?? 0 <= Self.maximumTypes else {
            throw Problem.badRequest(code: "invalid_query", "`types` names at most \(Self.maximumTypes) types.")
        }
        if let fault = types.flatMap(EventType.fault) {
            throw Problem.unprocessable(code: "unknown_event_type", fault, pointer: nil)
        }
        let wait = try context.query("wait", Int.self, default: 0, in: 0...Self.maximumWait)
        let limit = try Self.page(context)
        let principal = try context.principal
        let isEverything = try context.query("scope", EventScope.self) == .all
        if isEverything { try principal.require(.readEverything) }
        do {
            let (reader, events) = try await service.polling(principal, isWaiting: wait > 0) {
                let reader = try await log.reader(
                    user: principal.userID, app: principal.appID, after: cursor, epoch: epoch, types: types,
                    isEverything: isEverything,
                    admit: { try await service.checkStillGood(principal, isFresh: $0) })
                return (reader, try await reader.next(limit: limit, within: .seconds(wait)))
            }
            if principal.user.kind == .bot {
                service.noteReading(principal, types: types)
                service.inHand.take(events, after: cursor, principal.userID)
            }
            var body = Array("{\"events\":[".utf8)
            for (index, event) in events.enumerated() {
                if index > 0 { body.append(UInt8(ascii: ",")) }
                body += event.json(op: false)
            }
            body += Array("],\"cursor\":\"\(reader.cursor)\",\"epoch\":\"\(log.epoch)\"}".utf8)
            return .json(bytes: body)
        } catch let gap as EventGap {
            throw Self.gone(gap)
        }
    }
}
