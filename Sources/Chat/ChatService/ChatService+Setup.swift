package import ChatModel
import ChatStore
import Crypto

/// What the server does before anybody can ask: the first app and who runs it.
extension ChatService {
    /// Makes the app that requests without a token speak of, unless it is there.
    package func ensureDefaultApp() async throws -> (app: App, isNew: Bool) {
        try await store.ensureApp(named: Self.defaultApp)
    }

    /// A user of an app by handle, asking as the server itself would.
    package func principal(handle: String, in app: AppID) async throws -> Principal? {
        try await store.user(handle: handle, in: app).map { Principal(appID: app, user: $0.user) }
    }

    /// Makes the first administrator.
    ///
    /// - Returns: False when the handle is taken: another process of the same first start was faster.
    package func makeFirstAdministrator(handle: String, password: String, in app: AppID) async throws -> Bool {
        do {
            _ = try await store.insertUser(
                NewUser(
                    handle: handle, name: "Administrator", passwordHash: try await hash(password: password),
                    role: .admin), in: app)
            return true
        } catch StoreError.taken {
            return false
        }
    }

    package func app(of principal: Principal) async throws -> App? { try await store.app(principal.appID) }
}
