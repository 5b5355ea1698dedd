package import ChatModel
import Telemetry

/// A message's JSON, written by hand: a page has up to 200 of them, and every receiver of a new one gets these bytes.
///
/// The same values as `Codable` gives, at a tenth of the price; the order of the keys is fixed.
extension Message {
    package func appendJSON(to json: inout [UInt8]) {
        json.append("{\"id\":")
        json.append(decimal: id.rawValue)
        json.append(",\"seq\":")
        json.append(decimal: seq)
        json.append(",")
        appendTail(to: &json)
    }

    /// Everything from behind `id` and `seq` to the closing brace.
    ///
    /// - Parameter content: The JSON of ``content``, where it is at hand as text.
    func appendTail(to json: inout [UInt8], content encodedContent: String? = nil) {
        json.append("\"channel_id\":")
        json.append(decimal: channelID.rawValue)
        json.append(",\"author\":{\"id\":")
        json.append(decimal: author.id.rawValue)
        json.append(",\"handle\":")
        json.appendJSON(author.handle)
        json.append(",\"name\":")
        json.appendJSON(author.name)
        json.append(",\"kind\":")
        json.appendJSON(author.kind.rawValue)
        json.append("},\"kind\":")
        json.appendJSON(kind.rawValue)
        json.append(",\"text\":")
        json.appendJSON(text)
        if let encodedContent {
            json.append(",\"content\":")
            json.append(contentsOf: encodedContent.utf8)
        } else if let content {
            json.append(",\"content\":")
            json.appendJSON(content)
        }
        if let mentions {
            json.append(",\"mentions\":")
            mentions.appendJSON(to: &json)
        }
        if let threadRootID {
            json.append(",\"thread_root_id\":")
            json.append(decimal: threadRootID.rawValue)
        }
        json.append(",\"reply_count\":")
        json.append(decimal: Int64(replyCount))
        json.append(",\"reactions\":[")
        for (index, reaction) in reactions.enumerated() {
            json.append(index > 0 ? ",{\"emoji\":" : "{\"emoji\":")
            json.appendJSON(reaction.emoji)
            json.append(",\"count\":")
            json.append(decimal: Int64(reaction.count))
            json.append("}")
        }
        json.append("]")
        json.appendField(",\"nonce\":", nonce)
        json.append(",\"flags\":[")
        for (index, flag) in flags.enumerated() {
            if index > 0 { json.append(",") }
            json.appendJSON(flag)
        }
        json.append("],\"hops\":")
        json.append(decimal: Int64(hops))
        json.appendField(",\"created_at\":", createdAt)
        json.appendField(",\"edited_at\":", editedAt)
        json.appendField(",\"deleted_at\":", deletedAt)
        json.append("}")
    }
}

extension MessageMentions {
    /// One shape in all places: events, answers and the column of the database, from which SQL takes it as it is.
    func appendJSON(to json: inout [UInt8]) {
        json.append("{\"users\":[")
        for (index, user) in users.enumerated() {
            json.append(index > 0 ? ",{\"id\":" : "{\"id\":")
            json.append(decimal: user.id.rawValue)
            json.append(",\"handle\":")
            json.appendJSON(user.handle)
            json.append("}")
        }
        json.append("],\"channel\":")
        json.append(channel ? "true" : "false")
        json.append(",\"here\":")
        json.append(here ? "true" : "false")
        json.append("}")
    }

    var json: String {
        var json: [UInt8] = []
        appendJSON(to: &json)
        return String(decoding: json, as: UTF8.self)
    }
}

extension [Message] {
    /// Appends a JSON array.
    package func appendJSON(to json: inout [UInt8]) {
        json.reserveCapacity(json.count + reduce(2) { $0 + 400 + $1.text.utf8.count })
        json.append("[")
        for (index, message) in enumerated() {
            if index > 0 { json.append(",") }
            message.appendJSON(to: &json)
        }
        json.append("]")
    }
}

extension [UInt8] {
    fileprivate mutating func appendField(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        append(key)
        appendJSON(value)
    }

    /// As deep as the value is, which its reader has bounded.
    fileprivate mutating func appendJSON(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(decimal: value)
        case .number(let value): appendJSON(value)
        case .string(let value): appendJSON(value)
        case .array(let values):
            append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { append(",") }
                appendJSON(value)
            }
            append("]")
        case .object(let fields):
            append("{")
            for (index, field) in fields.enumerated() {
                if index > 0 { append(",") }
                appendJSON(field.key)
                append(":")
                appendJSON(field.value)
            }
            append("}")
        }
    }

    /// JSON has no word for what is not finite, and no JSON that was read can hold it.
    private mutating func appendJSON(_ value: Double) {
        guard value.isFinite else { return append("null") }
        let text = value.description
        append(contentsOf: (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8)
    }
}
