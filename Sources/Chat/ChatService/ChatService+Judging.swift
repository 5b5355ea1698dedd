import ChatModel
import ChatStore
import Text

/// A message as the filters let it through.
struct JudgedMessage {
    var text: String
    var content: JSONValue?
    var authorName: String?
    var flags: [String] = []
    /// What each rule did, for the moderators.
    var marks: [ModerationMark] = []
}

extension ChatService {
    private static let maximumDepth = 16

    /// Has the text, every string and key of the attachments and the name of who says it judged, in one go; masks what has
    /// to be masked.
    ///
    /// - Throws: ``ChatError`` when a rule refuses the message.
    func judge(
        _ draft: MessageDraft, _ access: ChatStore.Access, isEdit: Bool, _ principal: Principal
    ) async throws -> JudgedMessage {
        var judged = JudgedMessage(text: draft.text, content: draft.content, authorName: draft.authorName)
        if let content = draft.content { try Self.checkDepth(content, 0) }
        guard !filters.isEmpty else { return judged }
        var parts = JudgedParts()
        if !draft.text.isEmpty { parts.add(draft.text, .text) }
        if let name = draft.authorName { parts.add(name, .authorName) }
        if let content = draft.content {
            Self.walk(content) { text in
                parts.add(text, .content)
                return text
            }
        }
        guard !parts.texts.isEmpty else { return judged }
        let outcomes = try await filters.judge(
            parts.texts.map { part in
                FilterInput(
                    appID: principal.appID, channelID: draft.channelID, channelName: access.channelName,
                    author: access.author, text: part.text, isEdit: isEdit, authorName: draft.authorName,
                    field: part.field)
            })
        judged.marks = Self.marks(outcomes, parts.texts)
        if let refusal = outcomes.lazy.compactMap(\.refusal).first {
            try await store.insertFlags(
                judged.marks.filter { $0.action == FilterAction.block.name }, message: nil, channel: draft.channelID,
                author: access.author.id, app: principal.appID)
            throw ChatError(.refused, "message_blocked", refusal, pointer: "/text")
        }
        judged.flags = judged.marks.map(\.rule).sorted()
        guard outcomes.contains(where: { !$0.edits.isEmpty }) else { return judged }
        // What the attachments may grow by is shared among their strings.
        let room = max(0, ChatLimits.content - parts.bytes * 2) / (8 * parts.texts.count)
        let masked = zip(parts.texts, outcomes).map { part, outcome in
            guard !outcome.edits.isEmpty else { return part.text }
            let limit =
                switch part.field {
                case .text: ChatLimits.text
                case .authorName: ChatLimits.name
                default: part.text.unicodeScalars.count + room
                }
            return TextEdit.applied(outcome.edits, to: part.text, limit: limit)
        }
        func edited(_ text: String, _ field: FilterField) -> String {
            parts.place(of: text, field).map { masked[$0] } ?? text
        }
        judged.text = edited(draft.text, .text)
        judged.authorName = draft.authorName.map { edited($0, .authorName) }
        judged.content = draft.content.map { content in Self.walk(content) { edited($0, .content) } }
        return judged
    }

    /// Has names and the like judged, which cannot be masked: what a rule masks in a message it refuses here.
    ///
    /// - Parameter channel: Where it is to stand, if it belongs to a channel.
    /// - Throws: ``ChatError`` with the place of what a rule refuses.
    func judge(
        _ fields: [(field: FilterField, text: String?, pointer: String)], by author: Author, in app: AppID,
        channel: (id: ChannelID, name: String)? = nil, message: MessageID? = nil
    ) async throws {
        let given = fields.compactMap { field in
            field.text.flatMap { $0.isEmpty ? nil : (field: field.field, text: $0, pointer: field.pointer) }
        }
        guard !given.isEmpty, !filters.isEmpty else { return }
        let none = ChannelID(0)
        let outcomes = try await filters.judge(
            given.map { part in
                FilterInput(
                    appID: app, channelID: channel?.id ?? none, channelName: channel?.name ?? "", author: author,
                    text: part.text, isEdit: false, field: part.field)
            })
        var marks = Self.marks(outcomes, given.map { ($0.text, $0.field) })
        let refused = outcomes.firstIndex { $0.refusal != nil || !$0.edits.isEmpty }
        if refused != nil {
            // What would have been masked is refused.
            marks = marks.filter { $0.action != FilterAction.flag.name }.map { mark in
                var mark = mark
                mark.action = FilterAction.block.name
                return mark
            }
        }
        if !marks.isEmpty {
            try await store.insertFlags(
                marks, message: message, channel: channel?.id ?? none, author: author.id, app: app)
        }
        guard let refused else { return }
        throw ChatError(
            .refused, "message_blocked", outcomes[refused].refusal ?? "This breaks the rules of this place.",
            pointer: given[refused].pointer)
    }

    /// One mark a rule, with the strongest that it did and the first text that it did it to.
    private static func marks(
        _ outcomes: [FilterOutcome], _ texts: [(text: String, field: FilterField)]
    ) -> [ModerationMark] {
        var marks: [ModerationMark] = []
        var places: [String: Int] = [:]
        var actions: [FilterAction] = []
        for (index, outcome) in outcomes.enumerated() {
            for (rule, action) in outcome.marks {
                let mark = ModerationMark(
                    rule: rule, action: action.name, field: texts[index].field.rawValue, text: texts[index].text)
                if let place = places[rule] {
                    guard actions[place] < action else { continue }
                    marks[place] = mark
                    actions[place] = action
                } else {
                    places[rule] = marks.count
                    marks.append(mark)
                    actions.append(action)
                }
            }
        }
        return marks
    }

    private static func checkDepth(_ value: JSONValue, _ depth: Int) throws {
        guard depth < maximumDepth else {
            throw ChatError.invalid("/content", "Attachments and blocks are nested at most \(maximumDepth) deep.")
        }
        switch value {
        case .array(let values): for value in values { try checkDepth(value, depth + 1) }
        case .object(let fields): for value in fields.values { try checkDepth(value, depth + 1) }
        default: break
        }
    }

    /// Visits every string and key of a value, and puts what `visit` makes of it in its place.
    @discardableResult
    private static func walk(_ value: JSONValue, _ visit: (String) -> String) -> JSONValue {
        switch value {
        case .string(let text): return .string(visit(text))
        case .array(let values): return .array(values.map { walk($0, visit) })
        case .object(let fields):
            var result: [String: JSONValue] = [:]
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
                var name = ordinaryKeys.contains(key) ? key : visit(key)
                while result[name] != nil { name += "*" }
                result[name] = walk(value, visit)
            }
            return .object(result)
        default: return value
        }
    }

    /// The words of the formats, which nobody has chosen.
    private static let ordinaryKeys: Set<String> = [
        "accessory", "action_id", "actions", "alt_text", "attachments", "author_icon", "author_link", "author_name",
        "block_id",
        "blocks", "color", "columns", "confirm", "content_type", "elements", "emoji", "fallback", "fields", "files",
        "footer",
        "height", "id", "image_url", "indent", "label", "level", "mime_type", "name", "options", "pretext", "short",
        "size", "style",
        "text", "thumb_url", "title", "title_link", "ts", "type", "url", "value", "verbatim", "width",
    ]
}

/// The strings of one message, each once.
private struct JudgedParts {
    private struct Key: Hashable {
        let text: String
        let field: FilterField
    }

    private(set) var texts: [(text: String, field: FilterField)] = []
    private(set) var bytes = 0
    private var places: [Key: Int] = [:]

    mutating func add(_ text: String, _ field: FilterField) {
        let key = Key(text: text, field: field)
        guard !text.isEmpty, places[key] == nil else { return }
        places[key] = texts.count
        texts.append((text, field))
        bytes += text.utf8.count
    }

    func place(of text: String, _ field: FilterField) -> Int? { places[Key(text: text, field: field)] }
}
