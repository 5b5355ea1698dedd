package import ChatModel
package import ChatStore

/// Where a request came from, for the audit log.
package struct RequestOrigin: Sendable, Hashable {
    package let address: String
    package let requestID: String?

    package init(address: String, requestID: String?) {
        self.address = address
        self.requestID = requestID
    }
}

/// Who asks: a user of one app, with what decides about rights.
package struct Principal: Sendable, Hashable {
    package let appID: AppID
    package private(set) var user: User
    /// The log-in that the access token belongs to; nil for bots.
    package let session: String?
    /// When the access token was issued, seconds since 1970; nil for bots.
    package let issuedAt: Int64?
    /// The state of the account that the access token belongs to; nil for bots.
    let stamp: Int64?
    /// The hash of the token of a bot; nil for people.
    let botToken: [UInt8]?
    /// Whether the server's own key has spoken, and no log-in: whoever runs the server asks.
    let isOperator: Bool
    /// Whether a bridge of this server asks, which hands on what many have sent.
    let isBridge: Bool
    /// The request that it came with; nil for what the server does by itself.
    package private(set) var origin: RequestOrigin?

    package init(
        appID: AppID, user: User, session: String? = nil, issuedAt: Int64? = nil, stamp: Int64? = nil,
        botToken: [UInt8]? = nil, isOperator: Bool = false, isBridge: Bool = false
    ) {
        self.isBridge = isBridge
        self.isOperator = isOperator
        self.botToken = botToken
        self.issuedAt = issuedAt
        self.stamp = stamp
        self.appID = appID
        self.user = user
        self.session = session
    }

    package var userID: UserID { user.id }
    package var isAdmin: Bool { user.role == .admin }
    package var author: Author { Author(id: user.id, handle: user.handle, name: user.name, kind: user.kind) }

    /// The same, as the account is now.
    func renewed(_ user: User) -> Principal {
        var principal = self
        principal.user = user
        return principal
    }

    /// The same, asking by a request.
    package func from(_ origin: RequestOrigin) -> Principal {
        var principal = self
        principal.origin = origin
        return principal
    }

    /// As the audit log names it: by the account that asks, and apart from its log-ins when the server's own key has spoken.
    package var auditActor: AuditActor {
        AuditActor(
            id: userID, handle: isOperator ? AuditActor.operatorHandle : user.handle, address: origin?.address,
            requestID: origin?.requestID)
    }
}
