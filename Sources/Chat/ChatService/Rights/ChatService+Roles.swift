package import ChatModel
import ChatStore

extension ChatService {
    /// The roles of the app's own, the highest first.
    package func roles(for principal: Principal) async throws -> [AppRole] {
        try await store.roles(in: principal.appID)
    }

    package func createRole(
        name: String, capabilities: Capability, rank: Int, by principal: Principal
    ) async throws -> AppRole {
        try principal.require(.administer)
        let name = try Self.check(roleName: name, capabilities, rank)
        do {
            let role = try await store.insertRole(
                name: name, capabilities: capabilities, rank: rank, by: principal.auditActor,
                limit: ChatLimits.rolesPerApp, in: principal.appID)
            appRoles.forgetAll()
            if let role { return role }
        } catch StoreError.taken {
            throw ChatError.roleNameTaken
        }
        throw ChatError(
            .conflict, "too_many_roles", "An app has at most \(ChatLimits.rolesPerApp) roles; delete one before.")
    }

    package func updateRole(
        _ id: Int64, name: String, capabilities: Capability, rank: Int, by principal: Principal
    ) async throws -> AppRole {
        try principal.require(.administer)
        let name = try Self.check(roleName: name, capabilities, rank)
        do {
            let role = try await store.updateRole(
                id, name: name, capabilities: capabilities, rank: rank, by: principal.auditActor, in: principal.appID)
            forgetRoles()
            guard let role else { throw ChatError.roleNotFound }
            return role
        } catch StoreError.taken {
            throw ChatError.roleNameTaken
        }
    }

    package func deleteRole(_ id: Int64, by principal: Principal) async throws {
        try principal.require(.administer)
        let isGone = try await store.deleteRole(id, by: principal.auditActor, in: principal.appID)
        forgetRoles()
        guard isGone else { throw ChatError.roleNotFound }
    }

    /// The roles of the app's own that a user has, the highest first.
    package func roles(of user: UserID, for principal: Principal) async throws -> [AppRole] {
        guard try await store.user(user, in: principal.appID) != nil else { throw ChatError.userNotFound }
        return try await store.roles(of: user, in: principal.appID)
    }

    /// Gives a user a role, or takes it: administrators every one, others with `assign_roles` those that rank below their
    /// own highest and give nothing that they lack.
    package func setRole(_ role: Int64, of user: UserID, isOn: Bool, by principal: Principal) async throws {
        try await require(.assignRoles, principal)
        let change = try await store.setRole(
            role, of: user, isOn: isOn, by: principal.auditActor, isAdministrator: principal.may(.administer),
            own: RightsTable.capabilities(of: principal.user.role), limit: ChatLimits.rolesPerUser,
            in: principal.appID)
        forgetRoles()
        switch change {
        case .done, .unchanged: return
        case .unknownRole: throw ChatError.roleNotFound
        case .unknownUser: throw ChatError.userNotFound
        case .full:
            throw ChatError(
                .conflict, "too_many_roles",
                "A user has at most \(ChatLimits.rolesPerUser) roles; take one away before.")
        case .refused:
            throw ChatError(
                .forbidden, "not_allowed",
                "Nobody gives or takes a role that ranks as high as their own, or gives what they lack.")
        }
    }

    private func forgetRoles() {
        appRoles.forgetAll()
        access.forgetAll()
    }

    private static func check(
        roleName: String, _ capabilities: Capability, _ rank: Int
    ) throws(ChatError) -> String {
        let others = capabilities.subtracting(.grantable)
        guard others.isEmpty else {
            throw ChatError.invalid(
                "/capabilities",
                "Roles give \(Capability.grantable.names.joined(separator: ", ")); "
                    + "\(others.names.joined(separator: ", ")) cannot be given by one.")
        }
        guard ChatLimits.roleRank.contains(rank) else {
            throw ChatError.invalid(
                "/rank",
                "A rank is a number from \(ChatLimits.roleRank.lowerBound) to \(ChatLimits.roleRank.upperBound).")
        }
        return try check(name: roleName) ?? roleName
    }
}

extension ChatError {
    fileprivate static let roleNameTaken = ChatError(
        .conflict, "name_taken", "There is a role of this name already.", pointer: "/name")
}
