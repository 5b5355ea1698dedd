package import ChatModel

// What somebody may do in the app by the role they have in it; what they may do in a channel is `ChannelRights`.
extension Principal {
    /// Whether the role in the app gives it; roles of the app's own are not asked.
    package func may(_ capability: Capability) -> Bool {
        RightsTable.capabilities(of: user.role).contains(capability)
    }

    /// - Throws: ``ChatError`` saying what is missing.
    package func require(_ capability: Capability) throws(ChatError) {
        guard !may(capability) else { return }
        throw refusal(capability)
    }

    func refusal(_ capability: Capability) -> ChatError {
        switch capability {
        case .createChannels: ChatError(.forbidden, "guests_cannot_create", "Guests cannot create channels.")
        default: ChatError.adminOnly
        }
    }
}

extension ChatService {
    /// The caller's account with what it may do in the app.
    package func me(_ principal: Principal) async throws -> User {
        var user = principal.user
        user.ownCapabilities = try await capabilities(of: principal)
        return user
    }

    /// What the caller may do in the app, by the role in it and by those of the app's own.
    func capabilities(of principal: Principal) async throws -> Capability {
        RightsTable.capabilities(of: principal.user.role).union(try await granted(to: principal))
    }

    /// - Throws: ``ChatError`` when neither the role in the app nor one of the app's own gives it.
    func require(_ capability: Capability, _ principal: Principal) async throws {
        guard !principal.may(capability) else { return }
        guard try await granted(to: principal).contains(capability) else { throw principal.refusal(capability) }
    }

    private func granted(to principal: Principal) async throws -> Capability {
        // What roles give in channels is told with the channels.
        try await appRoles.roles(of: principal.userID, in: principal.appID)
            .reduce(into: Capability()) { $0.formUnion($1.capabilities) }.intersection(
                .grantable.subtracting(.overridable))
    }
}
