package import ChatModel

/// Who asks: a user of one app, with what decides about rights.
package struct Principal: Sendable, Hashable {
    package let appID: AppID
    package let user: User
    /// The log-in that the access token belongs to; nil for bots.
    package let session: String?
    /// When the access token was issued, seconds since 1970; nil for bots.
    package let issuedAt: Int64?
    /// The state of the account that the access token belongs to; nil for bots.
    let stamp: Int64?

    package init(
        appID: AppID, user: User, session: String? = nil, issuedAt: Int64? = nil, stamp: Int64? = nil
    ) {
        self.issuedAt = issuedAt
        self.stamp = stamp
        self.appID = appID
        self.user = user
        self.session = session
    }

    package var userID: UserID { user.id }
    package var isAdmin: Bool { user.role == .admin }
    package var author: Author { Author(id: user.id, handle: user.handle, name: user.name, kind: user.kind) }
}
