package import ChatModel
package import ChatService
package import ChatStore

/// An app for one test: people, channels and what was said in them.
package struct ChatTenant: Sendable {
    /// A password that the service takes.
    package static let password = "correct horse"

    package let fixture: ChatFixture
    package let app: App
    package let admin: Principal

    package var service: ChatService { fixture.service }

    /// A new person, who is not logged in.
    package func person(_ handle: String, role: User.Role = .member) async throws -> Principal {
        let user = try await service.createUser(
            handle: handle, name: nil, email: nil, password: nil, role: role, by: admin)
        return Principal(appID: app.id, user: user)
    }

    /// A new person with tokens, for tests that come through a api; costs the time of a password's hash.
    package func session(_ handle: String, role: User.Role = .member) async throws -> Session {
        _ = try await service.createUser(
            handle: handle, name: nil, email: nil, password: Self.password, role: role, by: admin)
        return try await service.logIn(
            app: app.id, handle: handle, password: Self.password, origin: "\(app.name)/\(handle)")
    }

    /// A new channel that the administrator owns.
    package func channel(
        _ name: String = "general", kind: Channel.Kind = .public, members: [Principal] = []
    ) async throws -> Channel {
        try await service.createChannel(
            kind: kind, name: name, topic: nil, members: members.map(\.userID), by: admin)
    }

    /// A new incoming webhook.
    package func hook(
        _ name: String = "deploys", to channel: Channel, isLocked: Bool = false
    ) async throws -> (hook: StoredHook, secret: String) {
        try await service.createHook(name: name, channel: channel.id, isLocked: isLocked, by: admin)
    }

    /// What was said in a channel, oldest first; at most one page.
    package func messages(in channel: Channel) async throws -> [Message] {
        try await service.messages(
            in: channel.id, before: nil, after: 0, limit: ChatLimits.page, for: admin)
    }
}
