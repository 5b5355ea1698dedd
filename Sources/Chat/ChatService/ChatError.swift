package import Limits

/// Why a use case was refused, in a sentence for the person who asked.
package struct ChatError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The input is wrong.
        case invalid
        /// Who asks is not known, or not any more.
        case unauthenticated
        /// Who asks may not.
        case forbidden
        /// There is no such thing, or who asks may not know of it.
        case notFound
        /// It collides with what is there.
        case conflict
        /// A rule of the community refuses it.
        case refused
        /// Too much at once; `retryAfter` tells when to try again.
        case overloaded
    }

    package let kind: Kind
    /// A stable name for programs: `channel_not_found`.
    package let code: String
    package let description: String
    /// The field of the input that is wrong, as a JSON pointer.
    package let pointer: String?
    package let retryAfter: Duration?
    /// The limit that was reached, when it is one that clients can reckon with.
    package let verdict: LimitVerdict?

    package init(
        _ kind: Kind, _ code: String, _ description: String, pointer: String? = nil, retryAfter: Duration? = nil,
        verdict: LimitVerdict? = nil
    ) {
        self.kind = kind
        self.code = code
        self.description = description
        self.pointer = pointer
        self.retryAfter = retryAfter
        self.verdict = verdict
    }

    static func invalid(_ pointer: String, _ description: String) -> ChatError {
        ChatError(.invalid, "invalid_field", description, pointer: pointer)
    }

    static func limited(_ code: String, _ description: String, _ verdict: LimitVerdict) -> ChatError {
        ChatError(.overloaded, code, description, retryAfter: verdict.retryAfter, verdict: verdict)
    }

    /// A name that people would take for another one.
    static func alike(_ field: String) -> ChatError {
        ChatError(
            .conflict, "\(field)_taken", "This \(field) looks like one that is taken; choose another.",
            pointer: "/\(field)")
    }

    static func tooManyChannels(_ text: String) -> ChatError {
        ChatError(.refused, "too_many_channels", "\(text); one has to be left before.")
    }

    static let channelNotFound = ChatError(
        .notFound, "channel_not_found", "There is no channel with this id, or you may not see it.")
    static let messageNotFound = ChatError(
        .notFound, "message_not_found", "There is no message with this id, or you may not see it.")
    static let userNotFound = ChatError(.notFound, "user_not_found", "There is no user with this id.")
    static let notMember = ChatError(
        .forbidden, "not_a_member", "You are not a member of this channel; join it or ask a member to add you.")
    static let notYourMessage = ChatError(
        .forbidden, "not_your_message", "Only the author may change a message.")
    static let notYourMessageToDelete = ChatError(
        .forbidden, "not_your_message", "Only the author or a moderator of the channel may delete a message.")
    static let channelIsArchived = ChatError(
        .forbidden, "channel_is_archived", "The channel is archived: it can be read, not changed.")
    static let directIsClosed = ChatError(
        .forbidden, "direct_is_closed", "A direct channel has two members for ever.")
    static let memberNotFound = ChatError(
        .notFound, "member_not_found", "This user is not a member of the channel.")
    static let lastOwner = ChatError(
        .conflict, "last_owner",
        "The channel would be left without an owner; give somebody else the role \"owner\" before.")
    static let changedMeanwhile = ChatError(
        .conflict, "changed_meanwhile", "What this depends on has changed in the same moment; look and try again.")
    static let groupIsFull = ChatError(
        .conflict, "group_is_full", "A group has at most \(ChatLimits.groupMembers) members.", pointer: "/users")
    static let messageDeleted = ChatError(
        .conflict, "message_deleted", "The message was deleted; it takes no answers and no reactions any more.")
    static let hookSuspended = ChatError(
        .forbidden, "hook_suspended",
        "Who answers for this webhook may not write to its channel any more; an administrator can take it over.")
    /// Users who were named are not there, or closed.
    static func unknownUsers(_ users: [some CustomStringConvertible], _ pointer: String) -> ChatError {
        let names = users.prefix(10).map(\.description).joined(separator: ", ") + (users.count > 10 ? ", …" : "")
        return ChatError(
            .notFound, "user_not_found",
            users.count == 1 ? "There is no user \(names)." : "There are no users \(names).", pointer: pointer)
    }

    /// - Parameter wait: Until the next message may be sent.
    static func slowMode(_ seconds: Int32, wait: Duration) -> ChatError {
        ChatError(
            .overloaded, "slow_mode",
            "This channel is in slow mode: \(seconds) seconds lie between two messages of a member.", retryAfter: wait)
    }

    static let adminOnly = ChatError(.forbidden, "admin_only", "Only an administrator may do this.")
    static let badCredentials = ChatError(
        .unauthenticated, "bad_credentials", "The handle or the password is wrong.")
    static let badToken = ChatError(
        .unauthenticated, "bad_token", "The access token is not valid; log in again.")
    package static let expiredTokenCode = "token_expired"
    static let expiredToken = ChatError(
        .unauthenticated, expiredTokenCode, "The access token has expired; refresh it at /v1/auth/refresh.")
}
