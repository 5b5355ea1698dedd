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
    /// Which mentions of the text count; all that the sender may when nil.
    package var allowedMentions: AllowedMentions?

    package init(
        channelID: ChannelID, text: String, content: JSONValue? = nil, threadRootID: MessageID? = nil,
        nonce: String? = nil, kind: Message.Kind = .text, authorID: UserID? = nil, authorName: String? = nil,
        at: Int64? = nil, hops: Int = 0, allowedMentions: AllowedMentions? = nil
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
        self.allowedMentions = allowedMentions
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
                content: content, mentions: new.mentions, threadRootID: new.threadRootID, nonce: new.nonce,
                flags: new.flags, hops: new.hops,
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
        let place: StoredPlace = try await withCheckedThrowingContinuation { continuation in
            sendQueue.append(new, from: principal.userID) { result in continuation.resume(with: result) }
        }
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
            sendQueue.append(try await prepare(draft, principal), from: principal.userID, answer: answer)
        } catch {
            answer(.failure(error))
        }
    }

    /// Checks a draft, its author's rights and the community's rules.
    private func prepare(_ draft: MessageDraft, _ principal: Principal) async throws -> NewMessage {
        try checkDraft(draft, principal)
        let author = draft.authorID ?? principal.userID
        let (access, rights) = try await standing(
            of: author, in: draft.channelID, draft.threadRootID == nil ? .send : .reply, principal)
        let hops = hops(declared: draft.hops, nonce: draft.nonce, text: draft.text, in: draft.channelID, principal)
        try await checkChain(hops, access.author, in: draft.channelID, principal)
        try await checkTurns(
            access.author, hops, nonce: draft.nonce, in: draft.channelID, access.channelName, principal)
        let root = try await threadRoot(draft.threadRootID, in: draft.channelID, principal)
        var judged = JudgedMessage(text: draft.text, content: draft.content, authorName: draft.authorName)
        if draft.kind != .system {
            judged = try await judge(draft, access, isEdit: false, principal)
        }
        let read = try await readMentions(
            judged.text, allowed: draft.allowedMentions, mayCallAll: rights.capabilities.contains(.mentionEveryone),
            author: author, in: principal.appID)
        return NewMessage(
            appID: principal.appID, channelID: draft.channelID, author: access.author,
            authorName: try Self.check(name: judged.authorName, "/username"),
            kind: draft.kind, text: judged.text, content: try judged.content.map(Self.encodeContent),
            mentions: read.mentions, notified: read.notified,
            threadRootID: root, nonce: draft.nonce, flags: judged.flags,
            marks: judged.marks, hops: hops,
            createdAt: draft.at ?? Timestamp.nowMilliseconds(), slowMode: slowMode(access, rights, principal))
    }

    /// How long who sends waits for the next message, in seconds.
    ///
    /// Webhooks and bridges, which say what many have said,
    /// have limits of their own.
    private func slowMode(_ access: ChatStore.Access, _ rights: ChannelRights, _ principal: Principal) -> Int32 {
        guard access.slowMode > 0, !rights.capabilities.contains(.skipSlowMode), !principal.isBridge,
            access.author.kind != .hook
        else { return 0 }
        return access.slowMode
    }

    /// One page of a channel, by the numbers of its messages.
    package func messages(
        in id: ChannelID, before: Int64?, after: Int64?, limit: Int, for principal: Principal
    ) async throws -> [Message] {
        let hidden = try await rights(in: id, principal).hiddenUpTo
        // Who asks for what comes after what it knows follows the channel.
        if after != nil { noteReading(principal) }
        var (before, after) = (before, after)
        if hidden > 0 {
            // The newest page stays the newest, and ends where the past begins.
            if after == nil { before = before ?? .max }
            after = max(after ?? 0, hidden)
        }
        return try await store.messages(
            in: id, app: principal.appID, before: before, after: after, limit: min(limit, ChatLimits.page))
    }

    package func message(_ id: MessageID, for principal: Principal) async throws -> Message {
        guard let message = try await store.message(id, in: principal.appID) else { throw ChatError.messageNotFound }
        let hidden: Int64
        do {
            hidden = try await rights(in: message.channelID, principal).hiddenUpTo
        } catch is ChatError {
            throw ChatError.messageNotFound
        }
        guard message.seq > hidden else { throw ChatError.messageNotFound }
        return message
    }

    package func replies(
        to id: MessageID, after: Int64, limit: Int, for principal: Principal
    ) async throws -> [Message] {
        let root = try await message(id, for: principal)
        let hidden = try await rights(in: root.channelID, principal).hiddenUpTo
        return try await store.replies(
            to: id, app: principal.appID, after: max(after, hidden), limit: min(limit, ChatLimits.page))
    }

    /// Changes the text of one's own message; it is judged like a new one.
    ///
    /// - Parameter hops: How many automations the change came through; as many as the message when nil.
    package func edit(
        _ id: MessageID, text: String, hops: Int? = nil, allowedMentions: AllowedMentions? = nil,
        by principal: Principal
    ) async throws -> Message {
        let old = try await message(id, for: principal)
        let hops = try await checkedHops(hops, in: old.channelID, principal)
        let (access, rights) = try await standing(
            in: old.channelID, .editMessage(isOwn: old.author.id == principal.userID), principal)
        guard old.deletedAt == nil else { throw ChatError.messageNotFound }
        try Self.check(text: text, isEmptyAllowed: old.content != nil)
        // An edit that changes nothing is none: nobody is told of it.
        guard text != old.text else { return old }
        let judged = try await judge(
            MessageDraft(channelID: old.channelID, text: text), access, isEdit: true, principal)
        // As far as the author may call somebody, whoever has mended the text.
        let read = try await readMentions(
            judged.text, allowed: allowedMentions, mayCallAll: rights.capabilities.contains(.mentionEveryone),
            author: old.author.id, in: principal.appID)
        if let changed = try await store.updateMessage(
            id, in: old.channelID, app: principal.appID, by: principal.auditActor, text: judged.text,
            mentions: read.mentions, notified: read.notified, flags: judged.flags, marks: judged.marks, hops: hops)
        {
            return changed
        }
        let now = try await message(id, for: principal)
        guard now.deletedAt == nil else { throw ChatError.messageNotFound }
        guard now.text == judged.text else { throw ChatError.channelIsArchived }
        return now
    }

    /// Empties a message; authors their own, moderators of the channel every one.
    package func delete(_ id: MessageID, hops: Int? = nil, by principal: Principal) async throws -> Message {
        let old = try await message(id, for: principal)
        let hops = try await checkedHops(hops, in: old.channelID, principal)
        try await rights(in: old.channelID, principal)
            .require(.deleteMessage(isOwn: old.author.id == principal.userID))
        guard
            let changed = try await store.deleteMessage(
                id, in: old.channelID, app: principal.appID, by: principal.auditActor, hops: hops)
        else { throw ChatError.messageNotFound }
        return changed
    }

    /// Puts back what a message said before it was deleted; for moderators of its channel, within thirty days.
    package func restore(_ id: MessageID, by principal: Principal) async throws -> Message {
        let old = try await message(id, for: principal)
        try await rights(in: old.channelID, principal).require(.restoreMessage)
        guard old.deletedAt != nil else {
            throw ChatError(.conflict, "not_deleted", "The message is not deleted.")
        }
        guard
            let restored = try await store.restoreMessage(
                id, in: old.channelID, app: principal.appID, by: principal.auditActor)
        else {
            throw ChatError(.notFound, "text_erased", "What the message said is not kept any more.")
        }
        return restored
    }

    /// How long a deletion can be undone.
    package static let undoDays = ChatStore.undoDays

    /// Erases for good what a deleted message said; for administrators.
    package func erase(_ id: MessageID, by principal: Principal) async throws {
        try principal.require(.administer)
        let old = try await message(id, for: principal)
        guard old.deletedAt != nil else {
            throw ChatError(.conflict, "not_deleted", "Delete the message first.")
        }
        _ = try await store.eraseDeletedMessage(id, in: principal.appID)
    }

    package func react(
        _ emoji: String, to id: MessageID, isOn: Bool, hops: Int = 0, by principal: Principal
    ) async throws {
        let emoji = try Self.check(emoji: emoji)
        let message = try await message(id, for: principal)
        let hops = try await checkedHops(hops, in: message.channelID, principal) ?? 0
        let access = try await standing(in: message.channelID, .react, principal).access
        if isOn {
            try await judge(
                [(.reaction, emoji, "/emoji")], by: principal.author, in: principal.appID,
                channel: (message.channelID, access.channelName), message: id)
        }
        let change =
            isOn
            ? try await store.addReaction(
                emoji, to: message, by: principal.author, kinds: ChatLimits.reactionKinds, hops: hops,
                app: principal.appID)
            : try await store.removeReaction(
                emoji, from: message, by: principal.author, hops: hops, app: principal.appID)
        switch change {
        case .done, .unchanged: return
        case .full:
            throw ChatError(
                .refused, "too_many_reactions",
                "A message has at most \(ChatLimits.reactionKinds) different reactions.")
        case .closed:
            let now = try await self.message(id, for: principal)
            throw now.deletedAt == nil ? ChatError.channelIsArchived : ChatError.messageDeleted
        }
    }

    /// - Throws: ``ChatError`` when the caller may not write in the channel.
    package func checkMayType(in id: ChannelID, _ principal: Principal) async throws {
        _ = try await standing(in: id, .type, principal)
    }

    // MARK: Parts

    private func checkDraft(_ draft: MessageDraft, _ principal: Principal) throws(ChatError) {
        try Self.check(text: draft.text, isEmptyAllowed: draft.content != nil)
        try Self.check(draft.allowedMentions)
        if let nonce = draft.nonce, !(1...ChatLimits.nonce).contains(nonce.unicodeScalars.count) || nonce.contains("\0")
        {
            throw ChatError.invalid("/nonce", "A nonce has 1 to \(ChatLimits.nonce) characters.")
        }
        if draft.authorID != nil || draft.at != nil || draft.kind == .system {
            try principal.require(.speakForOthers)
        }
        guard !principal.may(.sendWithoutLimit) else { return }
        try (principal.isBridge ? limits.bridgePosts : limits.sends).pass(
            LimitKey(principal.userID.rawValue), "rate_limited", "You are sending too fast; wait a little.")
    }

    /// How many automations a change has come through; nil when it is as many as the message.
    private func checkedHops(_ declared: Int?, in channel: ChannelID, _ principal: Principal) async throws -> Int? {
        let hops = hops(declared: declared ?? 0, nonce: nil, in: channel, principal)
        try await checkChain(hops, principal.author, in: channel, principal)
        return hops > 0 ? hops : declared
    }

    static func check(text: String, isEmptyAllowed: Bool, _ pointer: String = "/text") throws(ChatError) {
        // Counting bytes first keeps a huge text from being counted by characters.
        guard text.utf8.count <= ChatLimits.text * 4, text.unicodeScalars.count <= ChatLimits.text else {
            throw ChatError.invalid(pointer, "A message has at most \(ChatLimits.text) characters.")
        }
        guard !text.utf8.contains(0) else { throw ChatError.invalid(pointer, "A message cannot hold NUL.") }
        guard isEmptyAllowed || text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw ChatError.invalid(pointer, "A message needs a text.")
        }
    }

    /// How somebody stands to a channel in which something is to be done.
    ///
    /// - Parameter author: In whose name the caller acts; their own when nil.
    private func standing(
        of author: UserID? = nil, in id: ChannelID, _ action: ChannelRights.Action, _ principal: Principal
    ) async throws -> (access: ChatStore.Access, rights: ChannelRights) {
        let author = author ?? principal.userID
        guard let access = try await access.access(of: author, to: id, in: principal.appID) else {
            throw ChatError.channelNotFound
        }
        let rights = ChannelRights(principal, access)
        try rights.require(action)
        return (access, rights)
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
        guard message.deletedAt == nil else { throw ChatError.messageDeleted }
        return message.threadRootID ?? message.id
    }

    static func encodeContent(_ content: JSONValue) throws -> String {
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
