package import ChatModel
import ChatStore
import Crypto
import Telemetry

/// What bridges do for whoever runs the server: an administrator has written their files, so nothing is hidden here.
extension ChatService {
    /// A channel as nobody in particular sees it.
    package func channel(_ id: ChannelID, of app: AppID) async throws -> Channel? {
        try await store.channel(id, for: Self.nobody, in: app)?.channel
    }

    package func channel(named name: String, of app: AppID) async throws -> Channel? {
        try await store.channel(named: name, for: Self.nobody, in: app)?.channel
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

    /// The account of a bridge, made when it is needed first: `bridge-<name>`, or another where somebody is called so.
    ///
    /// - Returns: Nil when the account was closed.
    package func bridgeAccount(of bridge: String, in app: AppID) async throws -> User? {
        let handle = "bridge-\(bridge)"
        var user = try await store.bridgeAccount(of: bridge, in: app)
        if user == nil { user = try await store.adoptBridgeAccount(handle: handle, of: bridge, in: app) }
        var candidate = handle
        // Ends: a bridge that has got an account meanwhile, by another node, is found; and the second handle is random.
        for _ in 0..<4 where user == nil {
            do {
                user = try await store.insertBridgeAccount(handle: candidate, name: bridge, of: bridge, in: app)
                if candidate != handle {
                    logger.warn(
                        "bridge.handle_taken", ["bridge": .string(bridge), "handle": .string(candidate)])
                }
            } catch StoreError.taken {
                user = try await store.bridgeAccount(of: bridge, in: app)
                candidate = "\(handle)-\(SecureRandom.base32Token(bytes: 5))"
            }
        }
        guard let user, user.isActive else { return nil }
        return user
    }

    /// No user has it.
    private static let nobody = UserID(0)
}
