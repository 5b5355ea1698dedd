package import ChatModel
import ChatStore
import PatternMatching
import Text

/// Whom a message mentions, and for whom it counts.
struct ReadMentions: Sendable, Equatable {
    var mentions: MessageMentions?
    /// As in ``NewMessage/notified``.
    var notified: [UserID] = []
}

extension ChatService {
    /// Reads the mentions of a text; costs no query where its handles are known.
    ///
    /// - Parameters:
    ///   - allowed: Which of them count; all that the sender may when nil.
    ///   - right: Whether the sender may call all members.
    func readMentions(
        _ text: String, allowed: AllowedMentions?, mayCallAll right: Bool, author: UserID, in app: AppID
    ) async throws -> ReadMentions {
        var read = ReadMentions()
        let words = try await keywords.words(of: app)
        var notified = words.owners(in: text)
        let candidates = MentionCandidates(text)
        if !candidates.places.isEmpty {
            let known = try await handles.users(candidates.forms, in: app)
            let mentions = Self.mentions(
                candidates, known,
                kinds: allowed?.parse ?? (allowed?.users == nil ? AllowedMentions.Kind.allCases : []),
                only: allowed?.users, mayCallAll: right)
            if !mentions.isEmpty { read.mentions = mentions }
            notified.formUnion(mentions.users.lazy.map(\.id))
            // One row for all: nobody is counted twice.
            if mentions.channel { notified = [NewMessage.everybody] }
        }
        notified.remove(author)
        read.notified = notified.sorted { $0.rawValue < $1.rawValue }
        return read
    }

    private static func mentions(
        _ candidates: MentionCandidates, _ known: [String: MessageMentions.MentionedUser],
        kinds: [AllowedMentions.Kind], only: [UserID]?, mayCallAll: Bool
    ) -> MessageMentions {
        var mentions = MessageMentions()
        for place in candidates.places {
            if let user = place.forms.lazy.compactMap({ known[$0] }).first {
                let isAllowed = kinds.contains(.users) || only?.contains(user.id) == true
                if isAllowed, !mentions.users.contains(user) { mentions.users.append(user) }
            } else if mayCallAll {
                switch place.group {
                case .channel: mentions.channel = mentions.channel || kinds.contains(.channel)
                case .here: mentions.here = mentions.here || kinds.contains(.here)
                case nil: break
                }
            }
        }
        return mentions
    }

    /// - Throws: ``ChatError`` when the two parts contradict each other, or there are too many.
    static func check(_ allowed: AllowedMentions?) throws(ChatError) {
        guard let users = allowed?.users else { return }
        guard users.count <= MentionCandidates.maximum else {
            throw ChatError.invalid(
                "/allowed_mentions/users", "At most \(MentionCandidates.maximum) users are named here.")
        }
        guard allowed?.parse?.contains(.users) != true else {
            throw ChatError.invalid(
                "/allowed_mentions/users", "Either `users` in `parse`, for all, or a list of users; not both.")
        }
    }

    /// Messages that mention the caller, newest first.
    package func mentions(before: MessageID?, limit: Int, for principal: Principal) async throws -> [Message] {
        try await store.mentions(
            of: principal.userID, in: principal.appID, before: before, limit: min(limit, ChatLimits.page))
    }

    // MARK: Keywords

    package func keywords(of principal: Principal) async throws -> [String] {
        try await store.keywords(of: principal.userID, in: principal.appID)
    }

    /// Has messages with these words count as mentions of the caller; in place of the words of before.
    ///
    /// - Returns: The words as they are kept: without blanks at their ends, each once.
    package func setKeywords(_ words: [String], by principal: Principal) async throws -> [String] {
        guard words.count <= ChatLimits.keywords else {
            throw ChatError.invalid("/keywords", "There are at most \(ChatLimits.keywords) keywords.")
        }
        var kept: [String] = []
        for (index, word) in words.enumerated() {
            let word = try Self.keyword(word, "/keywords/\(index)")
            if !kept.contains(word) { kept.append(word) }
        }
        try await store.setKeywords(kept, of: principal.userID, in: principal.appID)
        keywords.forget(principal.appID)
        return kept
    }

    private static func keyword(_ word: String, _ pointer: String) throws(ChatError) -> String {
        let bounds = 2...ChatLimits.keyword
        let problem = ChatError.invalid(
            pointer,
            "A keyword has \(bounds.lowerBound) to \(bounds.upperBound) characters, a letter or digit among them, on one line."
        )
        guard word.utf8.count <= bounds.upperBound * 8 else { throw problem }
        let words = word.split { $0.isWhitespace && !$0.isNewline }
        let plain = words.joined(separator: " ")
        guard let form = TextForm.nfc.applied(to: plain), bounds.contains(form.unicodeScalars.count),
            !form.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }),
            form.unicodeScalars.contains(where: Handle.isOfWord), !form.contains(where: \.isNewline)
        else { throw problem }
        do {
            _ = try PatternSet([Pattern(id: 0, .literalWord(form))])
        } catch {
            throw ChatError.invalid(pointer, "This cannot be looked for: \(error.message).")
        }
        return form
    }
}
