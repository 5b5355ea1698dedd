package import ChatModel
package import ChatStore

extension ChatService {
    /// The channel that a hook's sender names instead of the hook's own.
    ///
    /// A hook that is not locked may write to every public channel, which it joins by that, and to those it was added
    /// to.
    package func hookChannel(named name: String, of hook: StoredHook) async throws -> ChannelID {
        let plain = name.hasPrefix("#") ? String(name.dropFirst()) : name
        let stored = try await store.channel(named: plain, for: hook.author.id, in: hook.appID)
        let named = stored?.channel
        if let named, named.id == hook.channelID { return named.id }
        guard !hook.isLocked else {
            throw ChatError(
                .forbidden, "action_prohibited", "This webhook is locked to its own channel.", pointer: "/channel")
        }
        // It comes as a member of the app would.
        let mayJoin = stored.map {
            RightsTable.capabilities(.member, $0.channel.kind, nil, $0.layers).contains(.join)
        }
        guard let named, mayJoin == true || named.membership != nil else {
            throw ChatError(
                .notFound, "channel_not_found", "There is no channel of this name that the webhook may write to.",
                pointer: "/channel")
        }
        guard !named.isArchived else { throw ChatError.channelIsArchived }
        if named.membership == nil {
            let added = try await store.addMembers(
                [hook.author.id], to: named.id, role: .member, isRoleMeant: false,
                by: AuditActor(id: hook.author.id, handle: hook.author.handle), admission: .join,
                groupLimit: ChatLimits.groupMembers, in: hook.appID)
            guard added != nil else { throw ChatError.channelIsArchived }
            access.forget(user: hook.author.id, in: named.id)
        }
        return named.id
    }
}
