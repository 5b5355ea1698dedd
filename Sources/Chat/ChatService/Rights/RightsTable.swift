package import ChatModel
package import ChatStore

/// Who has which capabilities: by the role in the app, the kind of the channel and the role in it; and what overrides and
/// roles of the app's own make of that.
///
/// Pure; nothing else in Martlet says what a role gives.
package enum RightsTable {
    /// What a role gives in the app.
    ///
    /// Whoever holds the server's key asks as an administrator.
    package static func capabilities(of role: User.Role) -> Capability {
        switch role {
        case .guest: []
        case .member: [.createChannels, .findPublicChannels]
        case .admin:
            [
                .createChannels, .findPublicChannels, .assignRoles, .administer, .readEverything, .speakForOthers,
                .sendWithoutLimit, .seeAddresses,
            ]
        }
    }

    /// What the roles alone give in a channel.
    ///
    /// - Parameters:
    ///   - role: The role in the channel; nil of somebody who is no member.
    ///   - isProgram: It is a bot or a webhook, which calls nobody who is not named.
    package static func base(
        _ app: User.Role, _ kind: Channel.Kind, _ role: Membership.Role?, isProgram: Bool = false
    ) -> Capability {
        var given = role.map(capabilities) ?? (kind == .public && app != .guest ? [.read, .join, .deleteOwn] : [])
        if app == .admin {
            given.formUnion(ofAdministrators)
            if role != nil { given.formUnion([.editAny]) } else if kind == .public { given.formUnion(.join) }
        }
        if app == .guest { given.subtract([.manageHooks, .mentionEveryone]) }
        if isProgram { given.remove(.mentionEveryone) }
        if kind == .direct {
            // Two people share it for ever, and neither rules it.
            given.subtract([.join, .leave, .invite, .manageMembers, .manageRoles, .manageHooks])
            if role != nil { given.formUnion(.manageChannel) }
        }
        return given
    }

    private static func capabilities(of role: Membership.Role) -> Capability {
        switch role {
        case .member: ofMembers
        case .moderator: ofMembers.union(ofModerators)
        case .owner: ofMembers.union(ofModerators).union([.manageRoles, .manageChannel])
        }
    }

    private static let ofMembers: Capability = [
        .read, .send, .reply, .react, .editOwn, .deleteOwn, .leave, .invite, .manageHooks,
        .mentionEveryone,
    ]
    private static let ofModerators: Capability = [.deleteAny, .moderate, .skipSlowMode, .manageMembers]
    /// They do all but write where they are no members.
    private static let ofAdministrators: Capability = [
        .read, .deleteOwn, .deleteAny, .moderate, .skipSlowMode, .invite, .manageMembers, .manageRoles, .manageChannel,
        .manageHooks,
    ]

    /// What somebody may do in a channel, overrides and roles of the app's own reckoned in.
    ///
    /// The order: what the role of a plain member and the roles of the app give; the channel's override for everyone, what
    /// it takes before what it gives; those of all the user's roles together, likewise, to which a moderator's or owner's
    /// role in the channel gives what it gives; the user's own. Administrators are above all that.
    ///
    /// - Parameter isAnnouncement: The channel takes sending from everyone.
    package static func capabilities(
        _ app: User.Role, _ kind: Channel.Kind, _ role: Membership.Role?, _ layers: OverrideLayers = .none,
        isAnnouncement: Bool = false, isProgram: Bool = false
    ) -> Capability {
        let base = base(app, kind, role, isProgram: isProgram)
        guard layers != .none || isAnnouncement, app != .admin, kind != .direct, base.contains(.read) else {
            return base
        }
        var everyone = layers.everyone
        if isAnnouncement {
            everyone.allow.remove(.send)
            everyone.deny.formUnion(.send)
        }
        var roles = layers.roles
        if role != .member, role != nil { roles.allow.formUnion(base) }
        var given = Self.base(app, kind, role == nil ? nil : .member, isProgram: isProgram).union(layers.granted)
        for rule in [everyone, roles, layers.user] {
            given.subtract(rule.deny)
            given.formUnion(rule.allow)
        }
        // What overrides cannot give or take is as the roles have it.
        given = given.intersection(reach(app, role)).union(base.subtracting(.overridable))
        // Who may not write does not write by editing either.
        if given.isDisjoint(with: [.send, .reply]) { given.subtract([.editOwn, .editAny, .mentionEveryone]) }
        return given
    }

    /// What can be given at all: who is no member does not write.
    private static func reach(_ app: User.Role, _ role: Membership.Role?) -> Capability {
        guard role != nil else { return [.join, .deleteOwn, .deleteAny, .moderate, .manageChannel] }
        return app == .guest ? .overridable.subtracting([.manageHooks, .join]) : .overridable.subtracting(.join)
    }

    /// What is left of capabilities while a channel is archived.
    static let closedByArchive: Capability = [
        .send, .reply, .react, .editOwn, .editAny, .join, .invite, .manageHooks, .mentionEveryone,
    ]
}
