package import ChatModel
package import ChatStore
import Foundation
import Limits
import Telemetry

/// What somebody wants to say.
package struct MessageDraft: Sendable {
    package var channelID: ChannelID
    package var text: String
    package var content: JSONValue?
    package var threadRootID: MessageID?
    /// The sender's own mark: sending again with it answers with the first message.
    package var nonce: String?
    package var kind: Message.Kind
    /// Speaks as somebody else; for administrators, who import and bridge.
    package var authorID: UserID?
    /// The name that a hook writes under.
    package var authorName: String?
    /// When it was really said, milliseconds since 1970; for administrators.
    package var at: Int64?
    /// How many automations it came through already.
    package var hops: Int

    package init(
        channelID: ChannelID, text: String, content: JSONValue? = nil, threadRootID: MessageID? = nil,
        nonce: String? = nil, kind: Message.Kind = .text, authorID: UserID? = nil, authorName: String? = nil,
        at: Int64? = nil, hops: Int = 0
    ) {
        self.channelID = channelID
        self.text = text
        self.content = content
        self.threadRootID = threadRootID
        self.nonce = nonce
        self.kind = kind
        self.authorID = authorID
        self.authorName = authorName
        self.at = at
        self.hops = hops
    }
}

extension ChatService {
    /// Says something; returns when it is committed.
    ///
    /// - Returns: The message, and whether it is a repeat of one that was stored before.
    package func send(
        _ draft: MessageDraft, as principal: Principal
    ) async throws -> (message: Message, isRepeat: Bool) {
        let (new, place) = try await store(draft, as: principal)
        if place.isRepeat, let first = try await store.message(place.id, in: principal.appID) {
            return (first, true)
        }
        var author = new.author
        if let name = new.authorName { author.name = name }
        let content = try new.content.map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
        return (
            Message(
                id: place.id, seq: place.seq, channelID: new.channelID, author: author, kind: new.kind, text: new.text,
                content: content, threadRootID: new.threadRootID, nonce: new.nonce, flags: new.flags, hops: new.hops,
                createdAt: Timestamp.format(milliseconds: new.createdAt)),
            false
        )
    }

    /// Says something; returns the message's JSON when it is committed, the same bytes that the event carries.
    ///
    /// - Returns: The message, and whether it is a repeat of one that was stored before.
    package func sendEncoded(
        _ draft: MessageDraft, as principal: Principal
    ) async throws -> (json: [UInt8], isRepeat: Bool) {
        let (new, place) = try await store(draft, as: principal)
        if place.isRepeat, let first = try await store.message(place.id, in: principal.appID) {
            var json: [UInt8] = []
            first.appendJSON(to: &json)
            return (json, true)
        }
        return (Array("{\"id\":\(place.id),\"seq\":\(place.seq),\(new.tail)".utf8), false)
    }

    private func store(
        _ draft: MessageDraft, as principal: Principal
    ) async throws -> (message: NewMessage, place: StoredPlace) {
        let new = try await prepare(draft, principal)
        let place: StoredPlace? = try await withCheckedThrowingContinuation { continuation in
            sendQueue.append(new) { result in continuation.resume(with: result) }
        }
        guard let place else { throw ChatError.channelNotFound }
        return (new, place)
    }

    /// Says something without waiting for the commit: for connections that send many messages in order.
    ///
    /// Returns when the message has its place in the queue; two calls, one after the other, keep their order.
    ///
    /// - Parameter answer: Called once, on any thread, with the place of the committed message.
    package func submit(
        _ draft: MessageDraft, as principal: Principal,
        answer: @escaping @Sendable (Result<StoredPlace, any Error>) -> Void
    ) async {
        do {
            sendQueue.append(try await prepare(draft, principal)) { result in
                answer(
                    result.flatMap { place in
                        place.map { .success($0) } ?? .failure(ChatError.channelNotFound)
                    })
            }
        } catch {
            answer(.failure(error))
        }
    }

    /// Checks a draft, its author's rights and the community's rules.
    private func prepare(_ draft: MessageDraft, _ principal: Principal) async throws -> NewMessage {
        try checkDraft(draft, principal)
        let author = draft.authorID ?? principal.userID
        let access = try await writableAccess(draft.channelID, author: author, principal)
        let root = try await threadRoot(draft.threadRootID, in: draft.channelID, principal)
        var judged = JudgedMessage(text: draft.text, content: draft.content)
        if draft.kind != .system {
            judged = try await judge(draft, access, isEdit: false, principal)
        }
        return NewMessage(
            appID: principal.appID, channelID: draft.channelID, author: access.author, authorName: draft.authorName,
            kind: draft.kind, text: judged.text, content: try judged.content.map(Self.encodeContent),
            threadRootID: root, nonce: draft.nonce, flags: judged.flags, hops: draft.hops,
            createdAt: draft.at ?? Timestamp.nowMilliseconds())
    }

    /// One page of a channel, by the numbers of its messages.
    package func messages(
        in id: ChannelID, before: Int64?, after: Int64?, limit: Int, for principal: Principal
    ) async throws -> [Message] {
        _ = try await visibleAccess(id, principal)
        return try await store.messages(
            in: id, app: principal.appID, before: before, after: after, limit: min(limit, ChatLimits.page))
    }

    package func message(_ id: MessageID, for principal: Principal) async throws -> Message {
        guard let message = try await store.message(id, in: principal.appID) else { throw ChatError.messageNotFound }
        do {
            _ = try await visibleAccess(message.channelID, principal)
        } catch is ChatError {
            throw ChatError.messageNotFound
        }
        return message
    }

    package func replies(
        to id: MessageID, after: Int64, limit: Int, for principal: Principal
    ) async throws -> [Message] {
        _ = try await message(id, for: principal)
        return try await store.replies(to: id, app: principal.appID, after: after, limit: min(limit, ChatLimits.page))
    }

    /// Changes the text of one's own message; it is judged like a new one.
    ///
    /// - Parameter hops: How many automations the change came through; as many as the message when nil.
    package func edit(
        _ id: MessageID, text: String, hops: Int? = nil, by principal: Principal
    ) async throws -> Message {
        try Self.check(hops: hops)
        let old = try await message(id, for: principal)
        guard old.author.id == principal.userID || principal.isAdmin else {
            throw ChatError(.forbidden, "not_your_message", "Only the author may change a message.")
        }
        guard old.deletedAt == nil else { throw ChatError.messageNotFound }
        try Self.check(text: text, isEmptyAllowed: old.content != nil)
        let access = try await writableAccess(old.channelID, author: principal.userID, principal)
        let judged = try await judge(
            MessageDraft(channelID: old.channelID, text: text), access, isEdit: true, principal)
        guard
            let changed = try await store.updateMessage(
                id, in: old.channelID, app: principal.appID, by: principal.auditActor, text: judged.text,
                flags: judged.flags, hops: hops)
        else { throw ChatError.messageNotFound }
        return changed
    }

    /// Empties a message; authors their own, moderators of the channel every one.
    package func delete(_ id: MessageID, hops: Int? = nil, by principal: Principal) async throws -> Message {
        try Self.check(hops: hops)
        let old = try await message(id, for: principal)
        let access = try await visibleAccess(old.channelID, principal)
        guard old.author.id == principal.userID || principal.isAdmin || (access.role?.rank ?? -1) >= 1 else {
            throw ChatError(
                .forbidden, "not_your_message", "Only the author or a moderator of the channel may delete a message.")
        }
        guard
            let changed = try await store.deleteMessage(
                id, in: old.channelID, app: principal.appID, by: principal.auditActor, hops: hops)
        else { throw ChatError.messageNotFound }
        return changed
    }

    package func react(
        _ emoji: String, to id: MessageID, isOn: Bool, hops: Int = 0, by principal: Principal
    ) async throws {
        try Self.check(hops: hops)
        try Self.check(emoji: emoji)
        let message = try await message(id, for: principal)
        _ = try await writableAccess(message.channelID, author: principal.userID, principal)
        if isOn, try await store.reactionKinds(of: id, in: principal.appID) >= ChatLimits.reactionKinds,
            !message.reactions.contains(where: { $0.emoji == emoji })
        {
            throw ChatError(
                .refused, "too_many_reactions",
                "A message has at most \(ChatLimits.reactionKinds) different reactions.")
        }
        _ = try await store.setReaction(
            emoji, on: message, by: principal.author, isOn: isOn, hops: hops, app: principal.appID)
    }

    /// - Throws: ``ChatError`` when the caller may not write in the channel.
    package func checkMayWrite(in id: ChannelID, _ principal: Principal) async throws {
        _ = try await writableAccess(id, author: principal.userID, principal)
    }

    // MARK: Parts

    private func checkDraft(_ draft: MessageDraft, _ principal: Principal) throws(ChatError) {
        try Self.check(text: draft.text, isEmptyAllowed: draft.content != nil)
        if let nonce = draft.nonce, !(1...ChatLimits.nonce).contains(nonce.unicodeScalars.count) || nonce.contains("\0")
        {
            throw ChatError.invalid("/nonce", "A nonce has 1 to \(ChatLimits.nonce) characters.")
        }
        try Self.check(name: draft.authorName, "/username")
        try Self.check(hops: draft.hops)
        guard !principal.isAdmin else { return }
        if draft.authorID != nil || draft.at != nil || draft.kind == .system {
            throw ChatError.adminOnly
        }
        try limits.sends.pass(
            LimitKey(principal.userID.rawValue), "rate_limited", "You are sending too fast; wait a little.")
    }

    private static func check(hops: Int?) throws(ChatError) {
        guard let hops, hops > ChatLimits.hops else { return }
        throw ChatError(
            .refused, "automation_loop",
            "The message came through \(hops) automations; \(ChatLimits.hops) is the limit.")
    }

    static func check(text: String, isEmptyAllowed: Bool) throws(ChatError) {
        // Counting bytes first keeps a huge text from being counted by characters.
        guard text.utf8.count <= ChatLimits.text * 4, text.unicodeScalars.count <= ChatLimits.text else {
            throw ChatError.invalid("/text", "A message has at most \(ChatLimits.text) characters.")
        }
        guard !text.utf8.contains(0) else { throw ChatError.invalid("/text", "A message cannot hold NUL.") }
        guard isEmptyAllowed || text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw ChatError.invalid("/text", "A message needs a text.")
        }
    }

    /// The author's standing in a channel that can be written.
    private func writableAccess(
        _ id: ChannelID, author: UserID, _ principal: Principal
    ) async throws -> ChatStore.Access {
        guard let access = try await access.access(of: author, to: id, in: principal.appID) else {
            throw ChatError.channelNotFound
        }
        guard access.role != nil else {
            let isKnown = access.kind == .public && principal.user.role != .guest
            throw isKnown || principal.isAdmin ? ChatError.notMember : ChatError.channelNotFound
        }
        guard !access.isArchived else { throw Self.archived }
        return access
    }

    /// The root of the thread that an answer to `id` belongs to.
    private func threadRoot(
        _ id: MessageID?, in channel: ChannelID, _ principal: Principal
    ) async throws -> MessageID? {
        guard let id else { return nil }
        guard let message = try await store.message(id, in: principal.appID), message.channelID == channel else {
            throw ChatError(
                .notFound, "message_not_found", "There is no such message in this channel.",
                pointer: "/thread_root_id")
        }
        return message.threadRootID ?? message.id
    }

    private static func encodeContent(_ content: JSONValue) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(content)
        // JSON may spell NUL, but PostgreSQL has no text that holds it.
        guard !content.containsNUL else {
            throw ChatError.invalid("/content", "Attachments and blocks cannot hold NUL.")
        }
        guard data.count <= ChatLimits.content else {
            throw ChatError.invalid("/content", "Attachments and blocks have at most \(ChatLimits.content) bytes.")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

extension JSONValue {
    /// Whether a string in it, keys included, holds U+0000.
    fileprivate var containsNUL: Bool {
        switch self {
        case .string(let text): text.utf8.contains(0)
        case .array(let values): values.contains(where: \.containsNUL)
        case .object(let fields): fields.contains { $0.key.utf8.contains(0) || $0.value.containsNUL }
        default: false
        }
    }
}
