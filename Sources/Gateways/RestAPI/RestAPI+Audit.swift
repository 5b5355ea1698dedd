package import ChatModel
package import ChatService
import ChatStore
import Crypto
import Foundation
package import HTTPRouting
import Telemetry

package struct AuditEntry: Codable, Sendable, SchemaDescribing {
    package var number: Int64
    package var at: String
    package var actorID: UserID?
    package var actor: String
    package var action: String
    package var subject: String
    package var details: JSONValue
    package var address: String?
    package var requestID: String?
    package var hash: String

    init(_ record: AuditRecord) throws {
        number = record.number
        at = Timestamp.format(milliseconds: record.at / 1000)
        actorID = record.actorID
        actor = record.actor
        action = record.action
        subject = record.subject
        details = try JSONDecoder().decode(JSONValue.self, from: Data(record.details.utf8))
        address = record.address
        requestID = record.requestID
        hash = Hex.encode(record.hash)
    }

    enum CodingKeys: String, CodingKey {
        case number, at, actor, action, subject, details, address, hash
        case actorID = "actor_id"
        case requestID = "request_id"
    }

    package static let schemaDescription = SchemaRefinement(properties: [
        "number": .init("Counts from 1 without a gap."),
        "actor": .init("The handle at that time, or `server`."),
        "action": .init("What was done.", example: "bot.created"),
        "subject": .init("What it was done to.", example: "bot:12"),
        "hash": .init("SHA-256 over the row and the hash before it, in hex."),
    ])
}

package struct AuditPage: Codable, Sendable {
    /// Ordered by number.
    package var entries: [AuditEntry]
}

package struct AuditCheckView: Codable, Sendable, SchemaDescribing {
    package var checked: Int
    package var number: Int64
    package var hash: String
    package var isEnd: Bool
    package var fault: AuditChain.Fault?

    init(_ check: AuditCheck) {
        checked = check.checked
        number = check.number
        hash = Hex.encode(check.hash)
        isEnd = check.isEnd
        fault = check.fault
    }

    enum CodingKeys: String, CodingKey {
        case checked, number, hash, fault
        case isEnd = "is_end"
    }

    package static let schemaDescription = SchemaRefinement(properties: [
        "checked": .init("Rows that this call has looked at."),
        "number": .init("The last row that is right."),
        "hash": .init("Its hash."),
        "is_end": .init("False when there are more rows: call again with `after` and `hash`."),
        "fault": .init("The first row that was altered or removed."),
    ])
}

extension RestAPI {
    var audit: [Route<Principal>] {
        [
            .get(
                "/v1/audit", "What administrators did; the newest when neither `before` nor `after` is given",
                tag: "audit",
                query: [
                    .integer("after", "Only entries with a higher number, from the lowest on."),
                    .integer("before", "Only entries with a lower number, up to the highest."),
                    .string("action", "Only this action, or those that begin with it and a dot."),
                    .string("actor", "Only what the user of this id or handle did."),
                    .time("since", "Only what was done since this time."), Self.limit,
                ], returns: AuditPage.self
            ) { context in
                let records = try await service.audit(
                    before: try context.query("before", Int64.self), after: try context.query("after", Int64.self),
                    action: try context.query("action", String.self), actor: try context.query("actor", String.self),
                    since: try Self.time(context, "since"), limit: try Self.page(context), for: context.principal)
                return AuditPage(entries: try records.map { try AuditEntry($0) })
            },
            .get(
                "/v1/audit/verify", "Whether the audit log is as it was written", tag: "audit",
                query: [
                    .integer("after", "The last row that is known to be right.", in: 0...Int.max),
                    .text("hash", "The hash of that row, in hex.", pattern: "^([0-9a-f]{64})?$"),
                ], returns: AuditCheckView.self
            ) { context in
                let number = try context.query("after", Int64.self, default: 0, in: 0...Int64.max)
                let text = try context.query("hash", String.self) ?? ""
                guard text.isEmpty || text.utf8.count == 64, let hash = Hex.decode(text) else {
                    throw Problem.badRequest(code: "invalid_parameter", "`hash` has 64 hexadecimal digits.")
                }
                guard (number == 0) == text.isEmpty else {
                    throw Problem.unprocessable(
                        code: "invalid_parameter", "`after` and `hash` are the number and the hash of one row.",
                        pointer: nil)
                }
                return AuditCheckView(
                    try await service.checkAudit(after: number, hash: hash, for: context.principal))
            },
        ]
    }

    /// A parameter of the query that is a time, as milliseconds since 1970.
    static func time(_ context: Route<Principal>.Context, _ name: String) throws -> Int64? {
        guard let text = try context.query(name, String.self) else { return nil }
        guard let time = Timestamp.parse(text) else {
            throw Problem.badRequest(
                code: "invalid_parameter", "`\(name)` in the query must be a time such as 2026-01-31T09:05:07Z.")
        }
        return time
    }
}
