package import ChatModel

/// How somebody stands to a channel, and by that what they may do in it: the one place that decides.
///
/// A value without I/O: who asks has looked the standing up, and the statement that acts looks again at what may have
/// changed meanwhile.
package struct ChannelRights: Sendable, Hashable {
    package var appRole: User.Role
    package var kind: Channel.Kind
    package var isArchived: Bool
    /// The role in the channel; nil of somebody who is no member.
    package var role: Membership.Role?
    /// Messages up to this number are not for them; 0 when all are.
    package var hiddenUpTo: Int64

    package init(
        appRole: User.Role, kind: Channel.Kind, isArchived: Bool = false, role: Membership.Role?, hiddenUpTo: Int64 = 0
    ) {
        self.appRole = appRole
        self.kind = kind
        self.isArchived = isArchived
        self.role = role
        self.hiddenUpTo = appRole == .admin ? 0 : hiddenUpTo
    }

    /// What is done in a channel.
    package enum Action: Sendable, Hashable {
        /// Read it, and know that it is there.
        case read
        /// Send, type, react, edit one's own.
        case write
        case join
        case add(role: Membership.Role)
        /// Take somebody else out, whose role it is.
        case remove(Membership.Role)
        case leave
        case changeRole(from: Membership.Role, to: Membership.Role, isOwn: Bool)
        /// Name, topic, archive.
        case change
        case editMessage(isOwn: Bool)
        case deleteMessage(isOwn: Bool)
        /// Put back what a deleted message said.
        case restoreMessage
        case makeHook
        /// Answer for a hook that was made before.
        case keepHook
    }

    package func allows(_ action: Action) -> Bool { refusal(of: action) == nil }

    /// - Throws: ``ChatError`` saying what is missing; of a channel that the caller may not know of, that there is none.
    package func require(_ action: Action) throws(ChatError) {
        if let refusal = refusal(of: action) { throw refusal }
    }

    private var isAdmin: Bool { appRole == .admin }
    private var isVisible: Bool { role != nil || isAdmin || (kind == .public && appRole != .guest) }
    private var rank: Int { isAdmin ? Int.max : role?.rank ?? -1 }

    private func refusal(of action: Action) -> ChatError? {
        guard isVisible else { return .channelNotFound }
        switch action {
        case .read: return nil
        case .write, .editMessage(isOwn: true): return role == nil ? .notMember : open
        case .editMessage(isOwn: false): return isAdmin ? (role == nil ? .notMember : open) : .notYourMessage
        case .deleteMessage(let isOwn):
            return isOwn || rank >= Membership.Role.moderator.rank ? nil : .notYourMessageToDelete
        case .restoreMessage: return needs(.moderator)
        case .join:
            if role != nil { return open }
            return kind == .public ? open : .channelNotFound
        case .add(let new):
            if kind == .direct { return .directIsClosed }
            if role == nil, !isAdmin { return .notMember }
            if isArchived { return .channelIsArchived }
            return new == .member ? nil : needs(.owner)
        case .leave:
            if kind == .direct { return .directIsClosed }
            return role == nil ? .memberNotFound : nil
        case .remove(let theirs):
            if kind == .direct { return .directIsClosed }
            return needs(.moderator) ?? outranks(theirs)
        case .changeRole(let old, let new, let isOwn):
            if kind == .direct { return .directIsClosed }
            // Everybody may step down.
            if isOwn, new.rank <= old.rank { return nil }
            return needs(.owner) ?? outranks(old)
        case .change:
            // Two people share it, neither of them rules it.
            return kind == .direct ? (role == nil && !isAdmin ? .notMember : nil) : needs(.owner)
        case .makeHook: return refusal(of: .keepHook) ?? open
        case .keepHook:
            if appRole == .guest { return .adminOnly }
            if role == nil, !isAdmin { return .notMember }
            if kind == .direct {
                return .invalid("/channel_id", "A direct channel is for two people; a webhook cannot write to it.")
            }
            return nil
        }
    }

    private var open: ChatError? { isArchived ? .channelIsArchived : nil }

    private func needs(_ least: Membership.Role) -> ChatError? {
        if rank >= least.rank { return nil }
        return role == nil
            ? .notMember
            : ChatError(.forbidden, "not_allowed", "This needs the role \"\(least.rawValue)\" in the channel.")
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
