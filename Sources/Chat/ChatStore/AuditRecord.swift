package import ChatModel

/// Who does something that the audit log keeps, and from where.
package struct AuditActor: Sendable, Codable {
    /// nil for the server itself.
    package let id: UserID?
    package let handle: String
    package let address: String?
    package let requestID: String?

    package init(id: UserID?, handle: String, address: String? = nil, requestID: String? = nil) {
        self.id = id
        self.handle = handle
        self.address = address
        self.requestID = requestID
    }

    /// Stands for whoever can read the key of the server's data folder; nobody's handle.
    package static let operatorHandle = "operator"

    /// What happens without anybody asking for it.
    package static let server = AuditActor(id: nil, handle: "server")
}

/// A row of the audit log as it is stored; what the hash covers is all of it but the two hashes.
package struct AuditRecord: Sendable {
    package let appID: AppID
    /// Counts the app's rows from 1, without a gap.
    package let number: Int64
    /// Microseconds since 1970.
    package let at: Int64
    /// nil for what the server did by itself.
    package let actorID: UserID?
    /// The handle at that time; `server` for the server itself, `operator` for who holds its key.
    package let actor: String
    /// What was done, dotted: `bot.created`.
    package let action: String
    /// What it was done to: `user:12`.
    package let subject: String
    /// JSON text.
    package let details: String
    package let address: String?
    package let requestID: String?
    package let previousHash: [UInt8]
    package let hash: [UInt8]
}

/// The end of an audit log, kept beside it.
package struct AuditHead: Sendable {
    package let number: Int64
    package let hash: [UInt8]
}
