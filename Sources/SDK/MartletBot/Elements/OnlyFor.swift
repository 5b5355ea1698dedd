/// Lets only some people use what it guards.
public struct OnlyFor: Middleware {
    private enum Rule: Sendable {
        case channelRoles([Membership.Role])
        case appRoles([User.Role])
        case handles(Set<String>)
    }

    private let rule: Rule

    /// Members who have one of these roles in the channel, and administrators of the app.
    public init(roles: Membership.Role...) { rule = .channelRoles(roles) }

    /// Users who have one of these roles in the app.
    public init(appRoles: User.Role...) { rule = .appRoles(appRoles) }

    /// Users with these handles.
    public init(handles: String...) { rule = .handles(Set(handles)) }

    /// Asks the server for the actor's role, where that is the rule.
    public func handle(_ invocation: Invocation, next: Next) async throws -> Outcome {
        guard let actor = invocation.event.actorID, try await allows(actor, invocation) else {
            return .denied(reason)
        }
        return try await next(invocation)
    }

    private func allows(_ actor: UserID, _ invocation: Invocation) async throws -> Bool {
        switch rule {
        case .handles(let handles):
            guard let user = try await invocation.user(id: actor) else { return false }
            return handles.contains(user.handle)
        case .appRoles(let roles):
            guard let user = try await invocation.user(id: actor) else { return false }
            return roles.contains(user.role)
        case .channelRoles(let roles):
            if let channel = invocation.event.channelID,
                let role = try await invocation.role(of: actor, in: channel), roles.contains(role)
            {
                return true
            }
            return try await invocation.user(id: actor)?.role == .admin
        }
    }

    private var reason: String {
        switch rule {
        case .channelRoles(let roles): "needs the role \(list(roles.map(\.rawValue))) in this channel"
        case .appRoles(let roles): "needs the role \(list(roles.map(\.rawValue)))"
        case .handles: "is not for everybody"
        }
    }

    private func list(_ words: [String]) -> String { words.joined(separator: " or ") }
}
