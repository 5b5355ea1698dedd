package import ChatModel
import ChatStore

extension ChatService {
    /// What a channel gives and takes beside its roles.
    package func overrides(of id: ChannelID, for principal: Principal) async throws -> [ChannelOverride] {
        _ = try await rights(in: id, principal)
        return try await store.overrides(of: id, in: principal.appID)
    }

    /// Sets what a channel gives and takes; for owners and administrators, and of what they have themselves.
    package func setOverride(
        _ override: ChannelOverride, of id: ChannelID, by principal: Principal
    ) async throws -> ChannelOverride {
        try await requireChange(override.subject, override.subjectID, of: id, principal)
        for (field, capabilities) in [("/allow", override.allow), ("/deny", override.deny)] {
            let others = capabilities.subtracting(.overridable)
            guard others.isEmpty else {
                throw ChatError.invalid(
                    field,
                    "Overrides give and take \(Capability.overridable.names.joined(separator: ", ")); "
                        + "\(others.names.joined(separator: ", ")) comes with the membership or the role.")
            }
        }
        let rights = try await rights(in: id, principal)
        if let refusal = rights.refusal(ofGranting: override.allow.union(override.deny)) { throw refusal }
        let isSet = try await store.setOverride(
            override, of: id, by: principal.auditActor, isAdministrator: principal.may(.administer),
            limit: ChatLimits.overridesPerChannel, in: principal.appID)
        access.forgetAll()
        if isSet { return override }
        try await requireChange(override.subject, override.subjectID, of: id, principal)
        switch override.subject {
        case .user where try await store.user(UserID(override.subjectID), in: principal.appID) == nil:
            throw ChatError.userNotFound
        case .role where try await !store.roles(in: principal.appID).contains { $0.id == override.subjectID }:
            throw ChatError.roleNotFound
        default:
            throw ChatError(
                .conflict, "too_many_overrides",
                "A channel has at most \(ChatLimits.overridesPerChannel) overrides; take one away before.")
        }
    }

    package func deleteOverride(
        _ subject: ChannelOverride.Subject, _ subjectID: Int64, of id: ChannelID, by principal: Principal
    ) async throws {
        try await requireChange(subject, subjectID, of: id, principal)
        // Nobody gives back, or takes again, what they lack themselves.
        let old = try await store.overrides(of: id, in: principal.appID)
            .first { $0.subject == subject && $0.subjectID == subjectID }
        guard let old else { throw ChatError.overrideNotFound }
        let rights = try await rights(in: id, principal)
        if let refusal = rights.refusal(ofGranting: old.allow.union(old.deny)) { throw refusal }
        let isGone = try await store.deleteOverride(
            subject, subjectID, of: id, by: principal.auditActor, isAdministrator: principal.may(.administer),
            in: principal.appID)
        access.forgetAll()
        if isGone { return }
        try await requireChange(subject, subjectID, of: id, principal)
        throw ChatError.overrideNotFound
    }

    /// - Throws: ``ChatError`` when the caller may not change overrides, or not one of a user who ranks as high.
    private func requireChange(
        _ subject: ChannelOverride.Subject, _ subjectID: Int64, of id: ChannelID, _ principal: Principal
    ) async throws {
        access.forget(user: principal.userID, in: id)
        let rights = try await rights(in: id, principal)
        try rights.require(.changeOverrides)
        guard subject == .user, !principal.may(.administer) else { return }
        let theirs = try await store.roles(of: [UserID(subjectID)], in: id, app: principal.appID).first?.role
        guard theirs == .owner else { return }
        throw ChatError(
            .forbidden, "not_allowed", "Nobody changes the rights of an owner of the channel but an administrator.")
    }
}

extension ChatError {
    static let overrideNotFound = ChatError(
        .notFound, "override_not_found", "The channel has no override for this role or user.")
    static let roleNotFound = ChatError(.notFound, "role_not_found", "There is no role with this id.")
}
