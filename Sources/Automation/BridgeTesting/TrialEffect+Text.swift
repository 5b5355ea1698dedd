import ChatModel

extension TrialEffect {
    /// The effect in a few words.
    package var summary: String {
        let often = times > 1 ? " (\(times) times)" : ""
        switch kind {
        case .http: return "\(text("method") ?? "") \(text("url") ?? "")\(often)"
        case .mail:
            let people = (content["recipients"]?.array ?? []).compactMap(\.string)
            let more = people.count > 3 ? " and \(people.count - 3) more" : ""
            return "mail \(quoted("subject")) to \(people.prefix(3).joined(separator: ", "))\(more)\(often)"
        case .post:
            let thread = content["thread"]?.integer.map { ", in the thread of message \($0)" } ?? ""
            return "post to #\(text("channel") ?? "")\(thread): \(quoted("text"))"
        case .edit: return "edit of message \(number("message")): \(quoted("text"))"
        case .react:
            let verb = content["removed"]?.bool == true ? "reaction taken back" : "reaction"
            return "\(verb) \(text("emoji") ?? "") to message \(number("message"))"
        case .delete: return "delete message \(number("message"))"
        case .verdict:
            let rules = (content["rules"]?.array ?? []).compactMap(\.string)
            let by = rules.isEmpty ? "" : " by \(rules.joined(separator: ", "))"
            let outcome =
                text("text").map { _ in ": \(quoted("text"))" } ?? text("reason").map { _ in ": \(quoted("reason"))" }
            return "\(text("action") ?? "")\(by)\(outcome ?? "")"
        case .deadLetter:
            let count = content["attempts"]?.integer ?? 1
            return "dead letter after \(count) \(count == 1 ? "try" : "tries"): \(text("reason") ?? "")"
        case .pause: return "the bridge rests: \(text("reason") ?? "")"
        case .skip: return "skipped by \(text("by") ?? ""): \(text("reason") ?? "")"
        case .retry: return "tried again\(often): \(text("reason") ?? ""); first after \(text("after") ?? "")"
        case .wait: return "put off until \(text("until") ?? "")"
        case .down: return "the target is down: \(text("reason") ?? "")"
        case .log:
            let values = content["values"]?.object?.isEmpty == false ? " \(content["values"]?.text ?? "")" : ""
            return "log \(text("level") ?? ""): \(text("event") ?? "")\(values)"
        }
    }

    private func number(_ key: String) -> String { content[key]?.integer.map(String.init) ?? "?" }

    private func quoted(_ key: String) -> String {
        let text = text(key) ?? ""
        return JSONValue.string(text.count > 80 ? text.prefix(79) + "…" : text).text ?? ""
    }

    /// What the summary leaves out, a line each.
    package var details: [String] {
        switch kind {
        case .http:
            return fields("headers") + lines(content["body"])
        case .mail:
            let names = ["from", "to", "message_id", "in_reply_to"]
            return names.compactMap { name in
                content[name].map { value in
                    let text = value.string ?? (value.array ?? []).compactMap(\.string).joined(separator: ", ")
                    return "\(name): \(text)"
                }
            } + fields("headers") + lines(content["text"])
        case .post, .edit: return (text("text") ?? "").count > 80 ? lines(content["text"]) : []
        case .react, .delete, .verdict, .deadLetter, .pause, .skip, .retry, .wait, .down, .log: return []
        }
    }

    private func fields(_ key: String) -> [String] {
        (content[key]?.object ?? [:]).sorted { $0.key < $1.key }
            .filter { !Self.plainHeaders.contains($0.key) }.map { "\($0.key): \($0.value.string ?? "")" }
    }

    /// They say nothing, or what is told anyway.
    static let plainHeaders: Set<String> = [
        "content-length", "content-transfer-encoding", "date", "from", "in-reply-to", "message-id", "mime-version",
        "references", "subject", "to",
    ]
    private static let mostLines = 60

    private func lines(_ value: JSONValue?) -> [String] {
        var all: [String]
        switch value {
        case nil, .null?: return []
        case .string(let text)?:
            all = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
            while all.last == "" { all.removeLast() }
        case let tree?: all = YAMLLines.lines(tree)
        }
        guard all.count > Self.mostLines else { return all }
        return all.prefix(Self.mostLines) + ["… \(all.count - Self.mostLines) more lines; --json has them"]
    }
}

extension TrialEffect: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var all = content
        all["effect"] = .string(kind.rawValue)
        all["is_note"] = .bool(isNote)
        all["given"] = given.map { .integer(Int64($0)) }
        try JSONValue.object(all).encode(to: encoder)
    }
}
