package import ChatModel
import ChatStore

extension ChatService {
    /// Makes a channel; its creator becomes the owner.
    ///
    /// A direct channel between two users that have one is returned, not made again.
    package func createChannel(
        kind: Channel.Kind, name: String?, topic: String?, members: [UserID], by principal: Principal
    ) async throws -> Channel {
        guard principal.user.role != .guest else {
            throw ChatError(.forbidden, "guests_cannot_create", "Guests cannot create channels.")
        }
        guard members.count <= ChatLimits.usersPerRequest else {
            throw ChatError.invalid("/members", "At most \(ChatLimits.usersPerRequest) users fit in one request.")
        }
        if let topic { try Self.check(topic: topic) }
        let others = Array(Set(members).subtracting([principal.userID])).sorted()
        var directKey: String?
        switch kind {
        case .public, .private:
            guard let name else { throw ChatError.invalid("/name", "A \(kind.rawValue) channel needs a name.") }
            try Self.check(channelName: name)
        case .group:
            guard (1..<ChatLimits.groupMembers).contains(others.count) else {
                throw ChatError.invalid(
                    "/members", "A group has 2 to \(ChatLimits.groupMembers) members, you among them.")
            }
        case .direct:
            guard others.count == 1 else {
                throw ChatError.invalid("/members", "A direct channel has exactly one other member.")
            }
            directKey = [principal.userID, others[0]].sorted().map(\.description).joined(separator: ":")
        }
        for member in others where try await store.user(member, in: principal.appID) == nil {
            throw ChatError(.notFound, "user_not_found", "There is no user \(member).", pointer: "/members")
        }
        do {
            return try await store.insertChannel(
                kind: kind, name: kind == .public || kind == .private ? name ?? "" : "", topic: topic ?? "",
                directKey: directKey, creator: principal.userID, members: others, in: principal.appID)
        } catch StoreError.taken {
            throw ChatError(.conflict, "name_taken", "There is a channel of this name already.", pointer: "/name")
        }
    }

    package func channel(_ id: ChannelID, for principal: Principal) async throws -> Channel {
        guard let channel = try await store.channel(id, for: principal.userID, in: principal.appID),
            Self.canSee(channel, principal)
        else { throw ChatError.channelNotFound }
        return channel
    }

    package func channel(named name: String, for principal: Principal) async throws -> Channel {
        let name = name.hasPrefix("#") ? String(name.dropFirst()) : name
        guard let channel = try await store.channel(named: name, for: principal.userID, in: principal.appID),
            Self.canSee(channel, principal)
        else { throw ChatError(.notFound, "channel_not_found", "There is no channel of this name.") }
        return channel
    }

    package func joinedChannels(for principal: Principal) async throws -> [Channel] {
        try await store.joinedChannels(
            of: principal.userID, in: principal.appID, limit: ChatLimits.channelsPerList)
    }

    package func publicChannels(
        after: ChannelID, limit: Int, for principal: Principal
    ) async throws -> [Channel] {
        guard principal.user.role != .guest else { return [] }
        return try await store.publicChannels(
            for: principal.userID, in: principal.appID, after: after, limit: limit)
    }

    package func updateChannel(
        _ id: ChannelID, name: String?, topic: String?, isArchived: Bool?, by principal: Principal
    ) async throws -> Channel {
        try await requireRole(.owner, in: id, principal)
        if let name { try Self.check(channelName: name) }
        if let topic { try Self.check(topic: topic) }
        do {
            guard
                let channel = try await store.updateChannel(
                    id, in: principal.appID, by: principal.auditActor, name: name, topic: topic, isArchived: isArchived)
            else { throw ChatError.channelNotFound }
            access.forgetAll()
            return channel
        } catch StoreError.taken {
            throw ChatError(.conflict, "name_taken", "There is a channel of this name already.", pointer: "/name")
        }
    }

    package func join(_ id: ChannelID, by principal: Principal) async throws -> Channel {
        let channel = try await channel(id, for: principal)
        guard channel.kind == .public || channel.membership != nil else { throw ChatError.channelNotFound }
        guard !channel.isArchived else { throw Self.archived }
        _ = try await addMembers([principal.userID], to: id, role: .member, principal)
        return try await self.channel(id, for: principal)
    }

    package func leave(_ id: ChannelID, by principal: Principal) async throws {
        try await removeMember(principal.userID, from: id, by: principal)
    }

    /// Adds users: members may add to private and group channels they are in, and to public ones.
    package func addMembers(
        _ users: [UserID], role: Membership.Role, to id: ChannelID, by principal: Principal
    ) async throws -> [Member] {
        guard users.count <= ChatLimits.usersPerRequest else {
            throw ChatError.invalid("/users", "At most \(ChatLimits.usersPerRequest) users fit in one request.")
        }
        let channel = try await channel(id, for: principal)
        guard principal.isAdmin || channel.membership != nil else { throw ChatError.notMember }
        guard channel.kind != .direct else {
            throw ChatError(.forbidden, "direct_is_closed", "A direct channel has two members for ever.")
        }
        guard !channel.isArchived else { throw Self.archived }
        if role != .member { try await requireRole(.owner, in: id, principal) }
        return try await addMembers(users, to: id, role: role, principal)
    }

    package func removeMember(_ user: UserID, from id: ChannelID, by principal: Principal) async throws {
        let channel = try await channel(id, for: principal)
        guard channel.kind != .direct else {
            throw ChatError(.forbidden, "direct_is_closed", "A direct channel has two members for ever.")
        }
        if user != principal.userID { try await requireRole(.moderator, in: id, principal) }
        let isRemoved = try await store.removeMember(
            user, from: id, by: principal.auditActor, in: principal.appID)
        access.forget(user: user, in: id)
        guard isRemoved else {
            throw ChatError(.notFound, "member_not_found", "This user is not a member of the channel.")
        }
    }

    package func members(
        of id: ChannelID, after: UserID, limit: Int, for principal: Principal
    ) async throws -> [Member] {
        _ = try await channel(id, for: principal)
        return try await store.members(of: id, in: principal.appID, after: after, limit: limit)
    }

    /// Moves the caller's read position forward.
    package func markRead(
        _ id: ChannelID, upTo seq: Int64, by principal: Principal
    ) async throws -> (readSeq: Int64, unreadCount: Int64) {
        guard seq >= 0 else { throw ChatError.invalid("/seq", "A position is 0 or more.") }
        guard
            let position = try await store.markRead(id, upTo: seq, by: principal.userID, in: principal.appID)
        else {
            _ = try await channel(id, for: principal)
            throw ChatError.notMember
        }
        return position
    }

    // MARK: Rights

    static let archived = ChatError(
        .forbidden, "channel_is_archived", "The channel is archived: it can be read, not changed.")

    private func addMembers(
        _ users: [UserID], to id: ChannelID, role: Membership.Role, _ principal: Principal
    ) async throws -> [Member] {
        let added = try await store.addMembers(
            users, to: id, role: role, by: principal.auditActor, in: principal.appID)
        for member in added { access.forget(user: member.user.id, in: id) }
        return added
    }

    /// How the caller stands to the channel; channels that the caller may not know of are not found.
    func visibleAccess(_ id: ChannelID, _ principal: Principal) async throws -> ChatStore.Access {
        guard let access = try await access.access(of: principal.userID, to: id, in: principal.appID),
            access.role != nil || principal.isAdmin || (access.kind == .public && principal.user.role != .guest)
        else { throw ChatError.channelNotFound }
        return access
    }

    private func requireRole(_ role: Membership.Role, in id: ChannelID, _ principal: Principal) async throws {
        let access = try await visibleAccess(id, principal)
        guard !principal.isAdmin else { return }
        guard let own = access.role else { throw ChatError.notMember }
        guard own.rank >= role.rank else {
            throw ChatError(
                .forbidden, "not_allowed", "This needs the role \"\(role.rawValue)\" in the channel.")
        }
    }

    private static func canSee(_ channel: Channel, _ principal: Principal) -> Bool {
        channel.membership != nil || principal.isAdmin
            || (channel.kind == .public && principal.user.role != .guest)
    }
}

extension Membership.Role {
    /// A higher role may do all that a lower one may.
    var rank: Int {
        switch self {
        case .member: 0
        case .moderator: 1
        case .owner: 2
        }
    }
}
