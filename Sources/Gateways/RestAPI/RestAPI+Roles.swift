import ChatModel
import ChatService
import HTTPRouting

struct RoleList: Codable, Sendable {
    var roles: [AppRole]
}

struct RoleBody: Codable, Sendable, SchemaDescribing {
    var name: String
    var capabilities: [Capability.Name]
    var rank: Int?

    static let schemaDescription = SchemaRefinement(properties: [
        "name": .init("Unique in the app.", minimumLength: 1, maximumLength: ChatLimits.name, example: "supporters"),
        "capabilities": .init("What it gives."),
        "rank": .init(
            "Who has it gives and takes roles that rank below, with `assign_roles`; 0 when left out.",
            minimum: ChatLimits.roleRank.lowerBound, maximum: ChatLimits.roleRank.upperBound),
    ])
}

extension RestAPI {
    var roles: [Route<Principal>] {
        [
            .get("/v1/roles", "The app's own roles, the highest first", tag: "rights", returns: RoleList.self) {
                context in
                RoleList(roles: try await service.roles(for: context.principal))
            },
            .post(
                "/v1/roles", "Make a role", tag: "rights", body: RoleBody.self, returns: AppRole.self, status: 201
            ) { context, body in
                try await service.createRole(
                    name: body.name, capabilities: Capability(body.capabilities), rank: body.rank ?? 0,
                    by: context.principal)
            },
            .put(
                "/v1/roles/{role_id}", "Make a role another one", tag: "rights", body: RoleBody.self,
                returns: AppRole.self
            ) { context, body in
                try await service.updateRole(
                    try context.id("role_id"), name: body.name, capabilities: Capability(body.capabilities),
                    rank: body.rank ?? 0, by: context.principal)
            },
            .delete("/v1/roles/{role_id}", "Delete a role; nobody has it any more", tag: "rights") { context in
                try await service.deleteRole(try context.id("role_id"), by: context.principal)
            },
            .get(
                "/v1/users/{user_id}/roles", "The roles of a user, the highest first", tag: "rights",
                returns: RoleList.self
            ) { context in
                RoleList(
                    roles: try await service.roles(of: UserID(try context.id("user_id")), for: context.principal))
            },
            .put("/v1/users/{user_id}/roles/{role_id}", "Give a user a role", tag: "rights") { context in
                try await service.setRole(
                    try context.id("role_id"), of: UserID(try context.id("user_id")), isOn: true,
                    by: context.principal)
            },
            .delete("/v1/users/{user_id}/roles/{role_id}", "Take a role from a user", tag: "rights") { context in
                try await service.setRole(
                    try context.id("role_id"), of: UserID(try context.id("user_id")), isOn: false,
                    by: context.principal)
            },
        ]
    }
}
