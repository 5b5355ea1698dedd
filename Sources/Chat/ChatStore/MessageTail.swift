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
        json.appendJSON(message.author.handle)
        json += ",\"name\":"
        json.appendJSON(message.authorName ?? message.author.name)
        json += ",\"kind\":\"\(message.author.kind.rawValue)\"},\"kind\":\"\(message.kind.rawValue)\",\"text\":"
        json.appendJSON(message.text)
        if let content = message.content { json += ",\"content\":\(content)" }
        if let root = message.threadRootID { json += ",\"thread_root_id\":\(root.rawValue)" }
        json += ",\"reply_count\":0,\"reactions\":[]"
        if let nonce = message.nonce {
            json += ",\"nonce\":"
            json.appendJSON(nonce)
        }
        json += ",\"flags\":["
        for (index, flag) in message.flags.enumerated() {
            if index > 0 { json += "," }
            json.appendJSON(flag)
        }
        json += "],\"hops\":\(message.hops),\"created_at\":\"\(Timestamp.format(milliseconds: message.createdAt))\"}"
        return json
    }
}
