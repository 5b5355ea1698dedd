import ChatModel
import ChatStore

/// A message as the filters let it through.
struct JudgedMessage {
    var text: String
    var content: JSONValue?
    var flags: [String] = []
}

extension ChatService {
    private static let maximumDepth = 16

    /// Has the text and every string of the attachments judged, in one go; masks what has to be masked.
    ///
    /// - Throws: ``ChatError`` when a rule refuses the message.
    func judge(
        _ draft: MessageDraft, _ access: ChatStore.Access, isEdit: Bool, _ principal: Principal
    ) async throws -> JudgedMessage {
        var judged = JudgedMessage(text: draft.text, content: draft.content)
        var texts: [String] = []
        if !draft.text.isEmpty { texts.append(draft.text) }
        if let content = draft.content {
            try Self.walk(content, 0) { text in
                texts.append(text)
                return text
            }
        }
        guard !texts.isEmpty, !filters.isEmpty else { return judged }
        let verdicts = await filters.judge(
            texts.map { text in
                FilterInput(
                    appID: principal.appID, channelID: draft.channelID, channelName: access.channelName,
                    author: access.author, text: text, isEdit: isEdit)
            })
        func note(_ action: String, _ rules: [String], _ text: String) async throws {
            try await store.insertFlag(
                app: principal.appID, channel: draft.channelID, author: access.author.id, action: action,
                rules: rules, text: text)
        }
        var isChanged = false
        for (index, verdict) in verdicts.enumerated() {
            let text = texts[index]
            switch verdict {
            case .allow(let flags):
                judged.flags += flags
                if !flags.isEmpty { try await note("flag", flags, text) }
            case .mask(let masked, let flags):
                judged.flags += flags
                try await note("mask", flags, text)
                texts[index] = masked
                isChanged = true
            case .block(let reason, let rules):
                try await note("block", rules, text)
                throw ChatError(.refused, "message_blocked", reason, pointer: "/text")
            }
        }
        judged.flags = Array(Set(judged.flags)).sorted()
        guard isChanged else { return judged }
        var rest = texts[...]
        if !draft.text.isEmpty { judged.text = rest.removeFirst() }
        if let content = draft.content {
            judged.content = try Self.walk(content, 0) { _ in rest.removeFirst() }
        }
        return judged
    }

    /// Visits every string of a value, always in the same order, and puts what `visit` makes of it in its place.
    @discardableResult
    private static func walk(
        _ value: JSONValue, _ depth: Int, _ visit: (String) -> String
    ) throws -> JSONValue {
        guard depth < maximumDepth else {
            throw ChatError.invalid("/content", "Attachments and blocks are nested at most \(maximumDepth) deep.")
        }
        switch value {
        case .string(let text): return .string(visit(text))
        case .array(let values): return .array(try values.map { try walk($0, depth + 1, visit) })
        case .object(let fields):
            var result: [String: JSONValue] = [:]
            for key in fields.keys.sorted() { result[key] = try walk(fields[key] ?? .null, depth + 1, visit) }
            return .object(result)
        default: return value
        }
    }
}
