package import ChatModel
import ChatStore

/// What bridges do for whoever runs the server: an administrator has written their files, so nothing is hidden here.
extension ChatService {
    /// A channel as nobody in particular sees it.
    package func channel(_ id: ChannelID, of app: AppID) async throws -> Channel? {
        try await store.channel(id, for: Self.nobody, in: app)
    }

    package func channel(named name: String, of app: AppID) async throws -> Channel? {
        try await store.channel(named: name, for: Self.nobody, in: app)
    }

    package func message(_ id: MessageID, of app: AppID) async throws -> Message? {
        try await store.message(id, in: app)
    }

    /// The active people of a channel who have an address, by id; at most 10,000.
    package func emailAddresses(
        in channel: ChannelID, of app: AppID
    ) async throws -> [(user: Author, email: String)] {
        try await store.memberAddresses(of: channel, in: app, limit: 10_000)
    }

    /// The account of a bridge, made when it is needed first.
    ///
    /// - Returns: Nil when somebody else has the handle, or the account was closed.
    package func bridgeAccount(handle: String, name: String, in app: AppID) async throws -> User? {
        var user = try await store.user(handle: handle, in: app)?.user
        if user == nil {
            do {
                user = try await store.insertUser(NewUser(kind: .bot, handle: handle, name: name), in: app)
            } catch StoreError.taken {
                // Another node made it in the same moment.
                user = try await store.user(handle: handle, in: app)?.user
            }
        }
        guard let user, user.kind == .bot, user.isActive else { return nil }
        return user
    }

    /// No user has it.
    private static let nobody = UserID(0)
}
