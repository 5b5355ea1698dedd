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

    /// Has the text and every string of the attachments judged; masks what has to be masked.
    ///
    /// - Throws: ``ChatError`` when a rule refuses the message.
    func judge(
        _ draft: MessageDraft, _ access: ChatStore.Access, isEdit: Bool, _ principal: Principal
    ) async throws -> JudgedMessage {
        var judged = JudgedMessage(text: draft.text, content: draft.content)
        func judge(_ text: String) async throws -> String {
            let verdict = await filters.judge(
                FilterInput(
                    appID: principal.appID, channelID: draft.channelID, channelName: access.channelName,
                    author: access.author, text: text, isEdit: isEdit))
            switch verdict {
            case .allow(let flags):
                judged.flags += flags
                if !flags.isEmpty { try await note("flag", flags, text) }
                return text
            case .mask(let masked, let flags):
                judged.flags += flags
                try await note("mask", flags, text)
                return masked
            case .block(let reason, let rules):
                try await note("block", rules, text)
                throw ChatError(.refused, "message_blocked", reason, pointer: "/text")
            }
        }
        func note(_ action: String, _ rules: [String], _ text: String) async throws {
            try await store.insertFlag(
                app: principal.appID, channel: draft.channelID, author: access.author.id, action: action,
                rules: rules, text: text)
        }
        func judge(_ value: JSONValue, _ depth: Int) async throws -> JSONValue {
            guard depth < Self.maximumDepth else {
                throw ChatError.invalid(
                    "/content", "Attachments and blocks are nested at most \(Self.maximumDepth) deep.")
            }
            switch value {
            case .string(let text): return .string(try await judge(text))
            case .array(let values):
                var result: [JSONValue] = []
                for value in values { result.append(try await judge(value, depth + 1)) }
                return .array(result)
            case .object(let fields):
                var result: [String: JSONValue] = [:]
                for (key, value) in fields { result[key] = try await judge(value, depth + 1) }
                return .object(result)
            default: return value
            }
        }
        if !draft.text.isEmpty { judged.text = try await judge(draft.text) }
        if let content = draft.content { judged.content = try await judge(content, 0) }
        judged.flags = Array(Set(judged.flags)).sorted()
        return judged
    }
}
