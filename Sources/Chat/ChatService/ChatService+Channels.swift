package import ChatModel
import ChatStore

extension ChatService {
    /// Makes a channel; its creator becomes the owner.
    ///
    /// A direct channel between two users that have one is returned, not made again.
    package func createChannel(
        kind: Channel.Kind, name: String?, topic: String?, history: Channel.History = .all,
        isAnnouncement: Bool = false, slowMode: Int = 0, members: [UserID], by principal: Principal
    ) async throws -> Channel {
        try await require(.createChannels, principal)
        try Self.check(kind, isAnnouncement: isAnnouncement, slowMode: slowMode)
        guard members.count <= ChatLimits.usersPerRequest else {
            throw ChatError.invalid("/members", "At most \(ChatLimits.usersPerRequest) users fit in one request.")
        }
        if let topic { try Self.check(topic: topic) }
        let others = Array(Set(members).subtracting([principal.userID])).sorted()
        var directKey: String?
        var stored = ""
        switch kind {
        case .public, .private:
            guard let name else { throw ChatError.invalid("/name", "A \(kind.rawValue) channel needs a name.") }
            stored = try Self.check(channelName: name)
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
        try await judge(
            [(.channelName, stored, "/name"), (.topic, topic, "/topic")], by: principal.author, in: principal.appID,
            channel: (ChannelID(0), stored))
        do {
            let made = try await store.insertChannel(
                kind: kind, name: stored, topic: topic ?? "",
                history: history, isAnnouncement: isAnnouncement, slowMode: slowMode,
                directKey: directKey, creator: principal.userID, members: others, in: principal.appID)
            return shown(made, principal)
        } catch StoreError.taken {
            throw ChatError(.conflict, "name_taken", "There is a channel of this name already.", pointer: "/name")
        } catch StoreError.alike {
            throw ChatError.alike("name")
        } catch StoreError.unknownUsers(let users) {
            throw ChatError.unknownUsers(users, "/members")
        } catch StoreError.tooManyChannels(let text) {
            throw ChatError.tooManyChannels(text)
        }
    }

    package func channel(_ id: ChannelID, for principal: Principal) async throws -> Channel {
        guard let channel = try await store.channel(id, for: principal.userID, in: principal.appID),
            let seen = visible(channel, principal)
        else { throw ChatError.channelNotFound }
        return seen
    }

    package func channel(named name: String, for principal: Principal) async throws -> Channel {
        let name = name.hasPrefix("#") ? String(name.dropFirst()) : name
        guard let channel = try await store.channel(named: name, for: principal.userID, in: principal.appID),
            let seen = visible(channel, principal)
        else { throw ChatError(.notFound, "channel_not_found", "There is no channel of this name.") }
        return seen
    }

    /// The caller's channels, ordered by id.
    package func joinedChannels(
        after: ChannelID = ChannelID(0), limit: Int = ChatLimits.channelsPerList, for principal: Principal
    ) async throws -> [Channel] {
        try await store.joinedChannels(
            of: principal.userID, in: principal.appID, after: after, limit: min(limit, ChatLimits.channelsPerList)
        ).map { shown($0, principal) }
    }

    package func publicChannels(
        after: ChannelID, limit: Int, for principal: Principal
    ) async throws -> [Channel] {
        guard principal.may(.findPublicChannels) else { return [] }
        return try await store.publicChannels(
            for: principal.userID, in: principal.appID, after: after, limit: limit
        ).map { shown($0, principal) }
    }

    package func updateChannel(
        _ id: ChannelID, name: String?, topic: String?, isArchived: Bool?, history: Channel.History? = nil,
        isAnnouncement: Bool? = nil, slowMode: Int? = nil, by principal: Principal
    ) async throws -> Channel {
        let rights = try await rights(in: id, principal)
        try rights.require(.change)
        try Self.check(rights.kind, isAnnouncement: isAnnouncement ?? false, slowMode: slowMode ?? 0)
        var stored: String?
        if let name { stored = try Self.check(channelName: name) }
        if let topic { try Self.check(topic: topic) }
        let known = try await channelName(of: id, principal)
        try await judge(
            [(.channelName, stored, "/name"), (.topic, topic, "/topic")], by: principal.author, in: principal.appID,
            channel: (id, stored ?? known))
        if rights.kind == .direct {
            guard name == nil else { throw ChatError.invalid("/name", "A direct channel has no name.") }
            if let isArchived {
                guard rights.role != nil else { throw ChatError.notMember }
                try await store.hideChannel(id, isHidden: isArchived, for: principal.userID, in: principal.appID)
            }
            guard topic != nil else { return try await channel(id, for: principal) }
        }
        do {
            guard
                let channel = try await store.updateChannel(
                    id, in: principal.appID, by: principal.auditActor, name: stored, topic: topic,
                    isArchived: rights.kind == .direct ? nil : isArchived, history: history,
                    isAnnouncement: isAnnouncement, slowMode: slowMode)
            else { throw ChatError.channelNotFound }
            access.forgetAll()
            return shown(channel, principal)
        } catch StoreError.taken {
            throw ChatError(.conflict, "name_taken", "There is a channel of this name already.", pointer: "/name")
        } catch StoreError.alike {
            throw ChatError.alike("name")
        }
    }

    /// A channel's name, as rules that hold for some channels ask for it.
    func channelName(of id: ChannelID, _ principal: Principal) async throws -> String {
        try await access.access(of: principal.userID, to: id, in: principal.appID)?.channelName ?? ""
    }

    package func join(_ id: ChannelID, by principal: Principal) async throws -> Channel {
        let rights = try await rights(in: id, principal)
        try rights.require(.join)
        if rights.role == nil {
            _ = try await addMembers([principal.userID], to: id, role: .member, admission: .join, principal)
        }
        return try await self.channel(id, for: principal)
    }

    package func leave(_ id: ChannelID, by principal: Principal) async throws {
        try await removeMember(principal.userID, from: id, by: principal)
    }

    /// Adds users, all or nobody: members may add to private and group channels they are in, and to public ones.
    ///
    /// - Parameter role: What they become; nil for a plain member, and for whatever they are already. Who is a member
    ///   with another role than the one given is refused: ``setRole(_:of:in:by:)`` changes it.
    /// - Returns: Who was no member before.
    package func addMembers(
        _ users: [UserID], role: Membership.Role?, to id: ChannelID, by principal: Principal
    ) async throws -> [Member] {
        guard users.count <= ChatLimits.usersPerRequest else {
            throw ChatError.invalid("/users", "At most \(ChatLimits.usersPerRequest) users fit in one request.")
        }
        let rights = try await rights(in: id, principal)
        try rights.require(.add(role: role ?? .member))
        let admission: ChatStore.Admission =
            principal.may(.administer) ? .server : role ?? .member == .member ? .member : .owner
        return try await addMembers(users, to: id, role: role, admission: admission, principal)
    }

    /// Removes a member; the last owner has to hand over first, unless nobody else is left.
    package func removeMember(_ user: UserID, from id: ChannelID, by principal: Principal) async throws {
        let rights = try await rights(in: id, principal)
        if user == principal.userID {
            try rights.require(.leave)
        } else {
            // Whose role it is, the statement sees.
            try rights.require(.remove(.member))
        }
        let change = try await store.removeMember(
            user, from: id, by: principal.auditActor, isAdministrator: principal.may(.administer), in: principal.appID)
        access.forget(user: user, in: id)
        try await check(change, of: user, in: id, principal) { .remove($0) }
    }

    /// Gives a member another role.
    package func setRole(
        _ role: Membership.Role, of user: UserID, in id: ChannelID, by principal: Principal
    ) async throws -> Member {
        let rights = try await rights(in: id, principal)
        let isOwn = user == principal.userID
        try rights.require(.changeRole(from: isOwn ? rights.role ?? .member : .member, to: role, isOwn: isOwn))
        let change = try await store.setRole(
            role, of: user, in: id, by: principal.auditActor, isAdministrator: principal.may(.administer),
            app: principal.appID)
        access.forget(user: user, in: id)
        try await check(change, of: user, in: id, principal) { .changeRole(from: $0, to: role, isOwn: isOwn) }
        guard
            let member = try await store.members(
                of: id, in: principal.appID, after: UserID(user.rawValue - 1), limit: 1
            ).first, member.user.id == user
        else { throw ChatError.memberNotFound }
        return member
    }

    /// Tells why a membership could not be changed.
    private func check(
        _ change: ChatStore.MembershipChange, of user: UserID, in id: ChannelID, _ principal: Principal,
        _ action: (Membership.Role) -> ChannelRights.Action
    ) async throws {
        switch change {
        case .done, .unchanged: return
        case .unknown: throw ChatError.memberNotFound
        case .lastOwner: throw ChatError.lastOwner
        case .refused:
            access.forget(user: principal.userID, in: id)
            let role = try await store.roles(of: [user], in: id, app: principal.appID).first?.role ?? .owner
            try await rights(in: id, principal).require(action(role))
            throw ChatError.changedMeanwhile
        }
    }

    package func members(
        of id: ChannelID, after: UserID, limit: Int, for principal: Principal
    ) async throws -> [Member] {
        _ = try await channel(id, for: principal)
        return try await store.members(of: id, in: principal.appID, after: after, limit: limit)
    }

    // MARK: Rights

    private func addMembers(
        _ users: [UserID], to id: ChannelID, role: Membership.Role?, admission: ChatStore.Admission,
        _ principal: Principal
    ) async throws -> [Member] {
        let added: [Member]?
        do {
            added = try await store.addMembers(
                users, to: id, role: role ?? .member, isRoleMeant: role != nil, by: principal.auditActor,
                admission: admission, groupLimit: ChatLimits.groupMembers, in: principal.appID)
        } catch StoreError.tooManyChannels(let text) {
            throw ChatError.tooManyChannels(text)
        }
        if let added {
            for member in added { access.forget(user: member.user.id, in: id) }
            return added
        }
        let unknown = try await store.unknown(users, in: principal.appID)
        guard unknown.isEmpty else { throw ChatError.unknownUsers(unknown, "/users") }
        access.forget(user: principal.userID, in: id)
        try await rights(in: id, principal).require(admission == .join ? .join : .add(role: role ?? .member))
        if let role {
            let others = try await store.roles(of: users, in: id, app: principal.appID).filter { $0.role != role }
            if let other = others.first {
                throw ChatError(
                    .conflict, "already_a_member",
                    "User \(other.user) is a member with the role \"\(other.role.rawValue)\" already; "
                        + "PATCH /v1/channels/\(id)/members/\(other.user) changes that.", pointer: "/role")
            }
        }
        throw ChatError.groupIsFull
    }

    /// How the caller stands to a channel.
    ///
    /// - Throws: ``ChatError`` when there is none that the caller may know of.
    func rights(in id: ChannelID, _ principal: Principal) async throws -> ChannelRights {
        guard let access = try await access.access(of: principal.userID, to: id, in: principal.appID) else {
            throw ChatError.channelNotFound
        }
        let rights = ChannelRights(principal, access)
        try rights.require(.read)
        return rights
    }

    /// How the caller stands to a channel that was read with what decides about it.
    private func rights(in stored: StoredChannel, _ principal: Principal) -> ChannelRights {
        let channel = stored.channel
        return ChannelRights(
            appRole: principal.user.role, kind: channel.kind,
            isArchived: channel.kind != .direct && channel.isArchived, role: channel.membership?.role,
            layers: stored.layers, isAnnouncement: channel.isAnnouncement, isProgram: principal.user.kind != .person)
    }

    /// The channel with what the caller may do in it.
    private func shown(_ stored: StoredChannel, _ principal: Principal) -> Channel {
        var channel = stored.channel
        channel.ownCapabilities = rights(in: stored, principal).open
        return channel
    }

    /// The same; nil when the caller may not know of it.
    private func visible(_ stored: StoredChannel, _ principal: Principal) -> Channel? {
        let channel = shown(stored, principal)
        return channel.ownCapabilities?.contains(.read) == true ? channel : nil
    }

    private static func check(
        _ kind: Channel.Kind, isAnnouncement: Bool, slowMode: Int
    ) throws(ChatError) {
        guard ChatLimits.slowMode.contains(slowMode) else {
            throw ChatError.invalid(
                "/slow_mode",
                "A slow mode is \(ChatLimits.slowMode.lowerBound) to \(ChatLimits.slowMode.upperBound) seconds.")
        }
        guard kind == .direct else { return }
        guard !isAnnouncement else {
            throw ChatError.invalid("/is_announcement", "In a direct channel both write.")
        }
        guard slowMode == 0 else { throw ChatError.invalid("/slow_mode", "A direct channel has no slow mode.") }
    }
}

extension ChannelRights {
    init(_ principal: Principal, _ access: ChatStore.Access) {
        self.init(
            appRole: principal.user.role, kind: access.kind, isArchived: access.isArchived, role: access.role,
            hiddenUpTo: access.hiddenUpTo, layers: access.layers, isAnnouncement: access.isAnnouncement,
            isProgram: access.author.kind != .person)
    }
}
