import ChatModel

/// What somebody may do in an app by the role they have in it; what they may do in a channel is ``ChannelRights``.
package enum AppAction: Sendable, Hashable, CaseIterable {
    /// Users, bots, hooks, bridges, flags of moderation, the audit log.
    case administer
    /// Everybody's events.
    case readEverything
    /// Say something in another's name, at another time, or as the system.
    case speakForOthers
    /// Send as fast as one can.
    case sendWithoutLimit
    case seeAddresses
    case createChannels
    case findPublicChannels
}

extension Principal {
    package func may(_ action: AppAction) -> Bool { user.role.allows(action) }

    /// - Throws: ``ChatError`` saying what is missing.
    package func require(_ action: AppAction) throws(ChatError) {
        guard !may(action) else { return }
        switch action {
        case .createChannels: throw ChatError(.forbidden, "guests_cannot_create", "Guests cannot create channels.")
        default: throw ChatError.adminOnly
        }
    }
}

extension User.Role {
    func allows(_ action: AppAction) -> Bool {
        switch action {
        case .administer, .readEverything, .speakForOthers, .sendWithoutLimit, .seeAddresses: self == .admin
        case .createChannels, .findPublicChannels: self != .guest
        }
    }
}
