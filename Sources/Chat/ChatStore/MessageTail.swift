import ChatModel
import Telemetry

/// The JSON of a new message from behind its `id` and `seq`, which the database puts in front.
///
/// Written by hand, once a message, because every receiver gets these bytes. The order of the keys is fixed.
enum MessageTail {
    static func encode(_ message: NewMessage) -> String {
        var json = "\"channel_id\":\(message.channelID.rawValue),\"author\":{\"id\":\(message.author.id.rawValue)"
        json.reserveCapacity(360 + message.text.utf8.count + (message.content?.utf8.count ?? 0))
        json += ",\"handle\":"
        json.appendJSONString(message.author.handle)
        json += ",\"name\":"
        json.appendJSONString(message.authorName ?? message.author.name)
        json += ",\"kind\":\"\(message.author.kind.rawValue)\"},\"kind\":\"\(message.kind.rawValue)\",\"text\":"
        json.appendJSONString(message.text)
        if let content = message.content { json += ",\"content\":\(content)" }
        if let root = message.threadRootID { json += ",\"thread_root_id\":\(root.rawValue)" }
        json += ",\"reply_count\":0,\"reactions\":[]"
        if let nonce = message.nonce {
            json += ",\"nonce\":"
            json.appendJSONString(nonce)
        }
        json += ",\"flags\":["
        for (index, flag) in message.flags.enumerated() {
            if index > 0 { json += "," }
            json.appendJSONString(flag)
        }
        json += "],\"hops\":\(message.hops),\"created_at\":\"\(Timestamp.format(milliseconds: message.createdAt))\"}"
        return json
    }
}

extension String {
    /// Appends `text` as a JSON string (RFC 8259, section 7).
    mutating func appendJSONString(_ text: String) {
        append("\"")
        var start = text.utf8.startIndex
        let bytes = text.utf8
        var index = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            let escape: String? =
                switch byte {
                case UInt8(ascii: "\""): "\\\""
                case UInt8(ascii: "\\"): "\\\\"
                case UInt8(ascii: "\n"): "\\n"
                case UInt8(ascii: "\r"): "\\r"
                case UInt8(ascii: "\t"): "\\t"
                case 0..<0x20: "\\u00" + (byte < 0x10 ? "0" : "1") + String(byte & 0xF, radix: 16)
                default: nil
                }
            index = bytes.index(after: index)
            if let escape {
                append(contentsOf: text[start..<bytes.index(before: index)])
                append(escape)
                start = index
            }
        }
        append(contentsOf: text[start...])
        append("\"")
    }
}
