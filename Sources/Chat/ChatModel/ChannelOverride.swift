/// What a channel gives or takes, beside what the role gives: from everyone, from a role of the app, or from one user.
public struct ChannelOverride: Sendable, Codable, Hashable {
    /// Whom it is for.
    public enum Subject: String, Sendable, Codable, CaseIterable {
        case everyone, role, user
    }

    /// Whom it is for.
    public var subject: Subject
    /// The role or the user; 0 for everyone.
    public var subjectID: Int64
    /// What it gives; wins over ``deny``.
    public var allow: Capability
    /// What it takes.
    public var deny: Capability

    /// Makes a value; nothing is stored.
    public init(subject: Subject, subjectID: Int64 = 0, allow: Capability, deny: Capability) {
        self.subject = subject
        self.subjectID = subjectID
        self.allow = allow
        self.deny = deny
    }

    enum CodingKeys: String, CodingKey {
        case subject, allow, deny
        case subjectID = "subject_id"
    }
}
