package import ChatModel
import ChatService
package import HTTPRouting

struct OverrideList: Codable, Sendable {
    var overrides: [ChannelOverride]
}

struct OverrideBody: Codable, Sendable, SchemaDescribing {
    var allow: [Capability.Name]?
    var deny: [Capability.Name]?

    static let schemaDescription = SchemaRefinement(properties: [
        "allow": .init("What it gives; wins over what it takes."), "deny": .init("What it takes."),
    ])
}

extension Capability: SchemaDescribing {
    package static var schemaDescription: SchemaRefinement {
        var name = Schema.string
        name.allowed = all.map(\.name)
        return SchemaRefinement("Names of capabilities; there may be more of them in time.", schema: .array(name))
    }
}

extension RestAPI {
    private static let base = "/v1/channels/{channel_id}/overrides"

    /// What channels give and take beside the roles: three pairs of routes, by whom it is for.
    var overrides: [Route<Principal>] {
        [
            .get(Self.base, "What a channel gives and takes", tag: "rights", returns: OverrideList.self) { context in
                OverrideList(
                    overrides: try await service.overrides(of: try Self.channel(context), for: context.principal))
            }
        ]
            + overrides(.everyone, "everyone", "everyone") { _ in 0 }
            + overrides(.role, "roles/{role_id}", "a role") { try $0.id("role_id") }
            + overrides(.user, "users/{user_id}", "a user") { try $0.id("user_id") }
    }

    private func overrides(
        _ subject: ChannelOverride.Subject, _ path: String, _ whom: String,
        _ id: @escaping @Sendable (Route<Principal>.Context) throws -> Int64
    ) -> [Route<Principal>] {
        [
            .put(
                "\(Self.base)/\(path)", "Give \(whom) something in a channel, or take it", tag: "rights",
                body: OverrideBody.self, returns: ChannelOverride.self
            ) { context, body in
                try await service.setOverride(
                    ChannelOverride(
                        subject: subject, subjectID: try id(context), allow: Capability(body.allow ?? []),
                        deny: Capability(body.deny ?? [])),
                    of: try Self.channel(context), by: context.principal)
            },
            .delete("\(Self.base)/\(path)", "Neither give nor take from \(whom) in a channel", tag: "rights") {
                context in
                try await service.deleteOverride(
                    subject, try id(context), of: try Self.channel(context), by: context.principal)
            },
        ]
    }
}
