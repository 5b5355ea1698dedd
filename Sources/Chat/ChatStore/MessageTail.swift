import ChatModel
import Telemetry

/// The JSON of a new message from behind its `id` and `seq`, which the database puts in front.
enum MessageTail {
    static func encode(_ new: NewMessage) -> String {
        var author = new.author
        if let name = new.authorName { author.name = name }
        let message = Message(
            id: MessageID(0), seq: 0, channelID: new.channelID, author: author, kind: new.kind, text: new.text,
            mentions: new.mentions, threadRootID: new.threadRootID, nonce: new.nonce, flags: new.flags, hops: new.hops,
            createdAt: Timestamp.format(milliseconds: new.createdAt))
        var json: [UInt8] = []
        json.reserveCapacity(360 + new.text.utf8.count + (new.content?.utf8.count ?? 0))
        message.appendTail(to: &json, content: new.content)
        return String(decoding: json, as: UTF8.self)
    }
}
