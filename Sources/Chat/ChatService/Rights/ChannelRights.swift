package import ChatModel
package import ChatStore

/// How somebody stands to a channel, and by that what they may do in it: the one place that decides.
///
/// A value without I/O: who asks has looked the standing up, and the statement that acts looks again at what may have
/// changed meanwhile. What a role gives is ``RightsTable``'s; here is what an action needs, and what a refusal says.
package struct ChannelRights: Sendable, Hashable {
    package let appRole: User.Role
    package let kind: Channel.Kind
    package let isArchived: Bool
    /// The role in the channel; nil of somebody who is no member.
    package let role: Membership.Role?
    /// Messages up to this number are not for them; 0 when all are.
    package let hiddenUpTo: Int64
    /// What they may do, whether the channel is archived or not.
    package let capabilities: Capability

    package init(
        appRole: User.Role, kind: Channel.Kind, isArchived: Bool = false, role: Membership.Role?, hiddenUpTo: Int64 = 0,
        layers: OverrideLayers = .none, isAnnouncement: Bool = false, isProgram: Bool = false
    ) {
        self.appRole = appRole
        self.kind = kind
        self.isArchived = isArchived
        self.role = role
        self.hiddenUpTo = appRole == .admin ? 0 : hiddenUpTo
        capabilities = RightsTable.capabilities(
            appRole, kind, role, layers, isAnnouncement: isAnnouncement, isProgram: isProgram)
    }

    /// What they may do now, as it is told to them.
    package var open: Capability {
        isArchived ? capabilities.subtracting(RightsTable.closedByArchive) : capabilities
    }

    /// What is done in a channel.
    package enum Action: Sendable, Hashable {
        /// Read it, and know that it is there.
        case read
        /// Say something that answers nothing.
        case send
        /// Answer in a thread.
        case reply
        /// Tell that one types.
        case type
        case react
        case join
        case add(role: Membership.Role)
        /// Take somebody else out, whose role it is.
        case remove(Membership.Role)
        case leave
        case changeRole(from: Membership.Role, to: Membership.Role, isOwn: Bool)
        /// Name, topic, archive, slow mode, who posts.
        case change
        case editMessage(isOwn: Bool)
        case deleteMessage(isOwn: Bool)
        /// Put back what a deleted message said.
        case restoreMessage
        case makeHook
        /// Answer for a hook that was made before.
        case keepHook
        /// Set or take away an override.
        case changeOverrides
    }

    package func allows(_ action: Action) -> Bool { refusal(of: action) == nil }

    /// - Throws: ``ChatError`` saying what is missing; of a channel that the caller may not know of, that there is none.
    package func require(_ action: Action) throws(ChatError) {
        if let refusal = refusal(of: action) { throw refusal }
    }

    private var isAdmin: Bool { appRole == .admin }
    private var rank: Int { isAdmin ? Int.max : role?.rank ?? -1 }

    private func refusal(of action: Action) -> ChatError? {
        guard capabilities.contains(.read) else { return .channelNotFound }
        switch action {
        case .read: return nil
        case .send: return writing(.send)
        case .reply: return writing(.reply)
        case .type: return capabilities.contains(.reply) ? writing(.reply) : writing(.send)
        case .react: return writing(.react)
        case .editMessage(isOwn: true): return writing(.editOwn)
        case .editMessage(isOwn: false):
            if !capabilities.contains(.editAny) { return isAdmin ? .notMember : .notYourMessage }
            return archived
        case .deleteMessage(let isOwn):
            if capabilities.contains(.deleteAny) || isOwn && capabilities.contains(.deleteOwn) { return nil }
            return isOwn ? .lacks(.deleteOwn) : .notYourMessageToDelete
        case .restoreMessage: return needs(.moderate, of: .moderator)
        case .join:
            if role != nil { return archived }
            if capabilities.contains(.join) { return archived }
            return kind == .public ? .lacks(.join) : .channelNotFound
        case .add(let new):
            if kind == .direct { return .directIsClosed }
            if role == nil, !isAdmin { return .notMember }
            if isArchived { return .channelIsArchived }
            return new == .member ? needs(.invite) : needs(.manageRoles, of: .owner)
        case .leave:
            if kind == .direct { return .directIsClosed }
            return role == nil ? .memberNotFound : nil
        case .remove(let theirs):
            if kind == .direct { return .directIsClosed }
            return needs(.manageMembers, of: .moderator) ?? outranks(theirs)
        case .changeRole(let old, let new, let isOwn):
            if kind == .direct { return .directIsClosed }
            // Everybody may step down.
            if isOwn, new.rank <= old.rank { return nil }
            return needs(.manageRoles, of: .owner) ?? outranks(old)
        case .change: return needs(.manageChannel, of: .owner)
        case .makeHook: return refusal(of: .keepHook) ?? archived
        case .keepHook:
            if appRole == .guest { return .adminOnly }
            if role == nil, !isAdmin { return .notMember }
            if kind == .direct {
                return .invalid("/channel_id", "A direct channel is for two people; a webhook cannot write to it.")
            }
            return needs(.manageHooks)
        case .changeOverrides:
            if kind == .direct { return .directIsClosed }
            return needs(.manageRoles, of: .owner)
        }
    }

    /// What somebody may not give to others, or take from them, because they lack it themselves.
    package func refusal(ofGranting capabilities: Capability) -> ChatError? {
        if isAdmin { return nil }
        // Who is in has come in.
        let lacking = capabilities.subtracting(self.capabilities).subtracting(.join)
        return lacking.isEmpty ? nil : .cannotGrant(lacking)
    }

    private var archived: ChatError? { isArchived ? .channelIsArchived : nil }

    private func writing(_ capability: Capability) -> ChatError? {
        if role == nil { return .notMember }
        return capabilities.contains(capability) ? archived : .lacks(capability)
    }

    private func needs(_ capability: Capability) -> ChatError? {
        if capabilities.contains(capability) { return nil }
        return role == nil ? .notMember : .lacks(capability)
    }

    /// - Parameter least: The role that has the capability, unless overrides say otherwise.
    private func needs(_ capability: Capability, of least: Membership.Role) -> ChatError? {
        if capabilities.contains(capability) { return nil }
        if role == nil { return .notMember }
        // A role that should have it was deprived of it.
        if rank >= least.rank { return .lacks(capability) }
        return ChatError(.forbidden, "not_allowed", "This needs the role \"\(least.rawValue)\" in the channel.")
    }

    /// Who has a right cannot be deprived of it by their equals.
    private func outranks(_ theirs: Membership.Role) -> ChatError? {
        rank > theirs.rank
            ? nil
            : ChatError(
                .forbidden, "not_allowed",
                "Nobody takes a role or the membership from a member with the role \"\(theirs.rawValue)\" but one of "
                    + "a higher role, or an administrator.")
    }
}

extension ChatError {
    static func lacks(_ capability: Capability) -> ChatError {
        ChatError(
            .forbidden, "not_allowed", "You may not do this: you lack the capability \(listed(capability)) here.")
    }

    static func cannotGrant(_ capabilities: Capability) -> ChatError {
        ChatError(
            .forbidden, "not_allowed", "Nobody gives or takes what they lack themselves: \(listed(capabilities)).")
    }

    private static func listed(_ capabilities: Capability) -> String {
        capabilities.names.map { "\"\($0)\"" }.joined(separator: ", ")
    }
}

extension Membership.Role {
    /// A higher role may do all that a lower one may.
    package var rank: Int {
        switch self {
        case .member: 0
        case .moderator: 1
        case .owner: 2
        }
    }
}
