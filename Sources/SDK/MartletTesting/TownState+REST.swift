import Foundation
import MartletBot
import Text

extension TestChatState {
    /// Answers a request of the bot as a server does.
    mutating func serve(_ request: APIRequest) -> APIResponse {
        let path = request.path.prefix { $0 != "?" }
        let words = path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
        let body = (try? JSONDecoder().decode(JSONValue.self, from: Data(request.body))) ?? .null
        guard words.count >= 3, words[0] == "v1" else { return .problem(404, "not_found") }
        switch (request.method, words[1], words.count) {
        case ("GET", "users", _), ("GET", "channels", _): return find(Array(words[1...]))
        case ("POST", "channels", 4) where words[3] == "messages": return post(body, to: words[2])
        case (_, "messages", 3): return serveMessage(request.method, words[2], body)
        case (_, "messages", 5) where words[3] == "reactions":
            guard let id = Int64(words[2]), message(MessageID(id)) != nil else { return .problem(404, "not_found") }
            guard Emoji.canonical(words[4]) != nil else { return .problem(422, "invalid_field") }
            react(user(botHandle), words[4], MessageID(id), isAdded: request.method == "PUT")
            return APIResponse(status: 204)
        default: return .problem(404, "not_found")
        }
    }

    private func find(_ words: [String]) -> APIResponse {
        switch (words[0], words[1], words.count) {
        case ("users", "by-handle", 3): .found(Mention.handles(in: words[2]).lazy.compactMap { users[$0] }.first)
        case ("users", _, 2): .found(users.values.first { "\($0.id)" == words[1] })
        case ("channels", "by-name", 3): .found(channels[words[2]])
        case ("channels", _, 2): .found(channels.values.first { "\($0.id)" == words[1] })
        case ("channels", _, 3) where words[2] == "members":
            .found(Int64(words[1]).map { ["members": members[ChannelID($0)] ?? []] })
        default: .problem(404, "not_found")
        }
    }

    private mutating func post(_ body: JSONValue, to channel: String) -> APIResponse {
        guard let name = channels.values.first(where: { "\($0.id)" == channel })?.name else {
            return .problem(404, "not_found")
        }
        guard let text = body["text"]?.string, !text.isEmpty else { return .problem(422, "bad_text") }
        let nonce = body["nonce"]?.string
        if let nonce, let first = nonces[nonce].flatMap({ self.message($0) }) { return .found(first) }
        let message = store(
            text, by: user(botHandle), in: name, thread: body["thread_root_id"]?.integer.map { MessageID($0) },
            kind: .text, hops: Int(body["hops"]?.integer ?? 0), nonce: nonce,
            content: body["content"].flatMap { $0 == .null ? nil : $0 })
        if let nonce { nonces[nonce] = message.id }
        _ = dies(at: .post)
        return .found(message, status: 201)
    }

    private mutating func serveMessage(_ method: String, _ id: String, _ body: JSONValue) -> APIResponse {
        guard let number = Int(id), let message = self.message(MessageID(Int64(number))), message.deletedAt == nil
        else {
            return .problem(404, "not_found")
        }
        switch method {
        case "GET": return .found(message)
        case "PATCH":
            messages[number - 1].text = body["text"]?.string ?? message.text
            messages[number - 1].editedAt = time
            emit(.messageUpdated, message.channelID, user(botHandle).id, message.id.rawValue, messages[number - 1])
            return .found(messages[number - 1])
        case "DELETE":
            messages[number - 1].text = ""
            messages[number - 1].deletedAt = time
            emit(.messageDeleted, message.channelID, user(botHandle).id, message.id.rawValue, messages[number - 1])
            return APIResponse(status: 204)
        default: return .problem(405, "method_not_allowed")
        }
    }
}

extension APIResponse {
    static func found(_ value: (some Encodable)?, status: Int = 200) -> APIResponse {
        guard let value, let data = try? JSONEncoder().encode(value) else { return .problem(404, "not_found") }
        return APIResponse(status: status, body: [UInt8](data))
    }

    static func problem(_ status: Int, _ code: String) -> APIResponse {
        let problem: JSONValue = ["type": "about:blank", "status": .integer(Int64(status)), "code": .string(code)]
        return APIResponse(status: status, body: Array(problem.text.utf8))
    }
}
