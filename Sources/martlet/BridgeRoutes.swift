import BridgeRuntime
import ChatModel
import ChatService
import ChatStore
import Foundation
import HTTPRouting

struct BridgeList: Codable, Sendable {
    var bridges: [BridgeStatus]
}

struct DeadLetterView: Codable, Sendable {
    var id: Int64
    var cursor: Cursor
    var event: JSONValue
    var error: String
    var attempts: Int
    var createdAt: String

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

struct DeadLetterList: Codable, Sendable {
    var deadLetters: [DeadLetterView]

    enum CodingKeys: String, CodingKey {
        case deadLetters = "dead_letters"
    }
}

/// What administrators may ask of the bridges that run in this process.
struct BridgeRoutes: Sendable {
    let runtime: BridgeRuntime

    private static let name = Parameter.string("bridge", "The bridge's name.")

    var routes: [Route<Principal>] {
        [
            .get("/v1/bridges", "How the bridges are doing", tag: "bridges", returns: BridgeList.self) { context in
                try Self.requireAdmin(context)
                return BridgeList(bridges: try await runtime.status())
            },
            .get(
                "/v1/bridges/{bridge}/dead-letters", "Events that a bridge has given up, oldest first",
                tag: "bridges", path: [Self.name], returns: DeadLetterList.self
            ) { context in
                try Self.requireAdmin(context)
                let letters = try await runtime.deadLetters(of: context.string("bridge"))
                return DeadLetterList(deadLetters: try letters.map { try DeadLetterView($0) })
            },
            .post(
                "/v1/bridges/{bridge}/dead-letters/{letter}/retry", "Try a dead letter again, now", tag: "bridges",
                path: [Self.name]
            ) { context in
                try await Self.answer(context) {
                    try await runtime.retryDeadLetter(try context.id("letter"), of: context.string("bridge"))
                }
            },
            .delete(
                "/v1/bridges/{bridge}/dead-letters/{letter}", "Drop a dead letter", tag: "bridges", path: [Self.name]
            ) { context in
                try await Self.answer(context) {
                    try await runtime.dropDeadLetter(try context.id("letter"), of: context.string("bridge"))
                }
            },
            .post("/v1/bridges/{bridge}/pause", "Let a bridge rest", tag: "bridges", path: [Self.name]) { context in
                try await Self.answer(context) { try await runtime.pause(context.string("bridge")) }
            },
            .post("/v1/bridges/{bridge}/resume", "Let a bridge go on", tag: "bridges", path: [Self.name]) { context in
                try await Self.answer(context) { try await runtime.resume(context.string("bridge")) }
            },
        ]
    }

    private static func answer(
        _ context: Route<Principal>.Context, _ body: () async throws -> Void
    ) async throws {
        try requireAdmin(context)
        do {
            try await body()
        } catch let error as BridgeRuntimeError {
            let isUnknown = error.code == .unknownBridge || error.code == .unknownDeadLetter
            throw Problem(
                status: isUnknown ? 404 : 409, code: isUnknown ? "not_found" : "bridge_\(error.code.rawValue)",
                detail: error.description)
        }
    }

    private static func requireAdmin(_ context: Route<Principal>.Context) throws {
        guard try context.principal.isAdmin else {
            throw Problem.forbidden(code: "admin_only", "Only an administrator may do this.")
        }
    }
}
