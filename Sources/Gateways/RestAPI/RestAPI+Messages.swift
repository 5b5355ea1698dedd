import ChatModel
import ChatService
import ChatStore
import HTTPRouting
import HTTPTypes
import Telemetry

struct MessageList: Codable, Sendable {
    /// In the order of their numbers.
    var messages: [Message]

    var json: [UInt8] {
        var json: [UInt8] = []
        json.append("{\"messages\":")
        messages.appendJSON(to: &json)
        json.append("}")
        return json
    }
}

struct NewMessageBody: Codable, Sendable, SchemaDescribing {
    var text: String?
    var content: JSONValue?
    var threadRootID: MessageID?
    var nonce: String?
    var kind: Message.Kind?
    var hops: Int?
    var authorID: UserID?
    var at: String?
    var allowedMentions: AllowedMentions?

    enum CodingKeys: String, CodingKey {
        case text, content, nonce, kind, hops, at
        case allowedMentions = "allowed_mentions"
        case threadRootID = "thread_root_id"
        case authorID = "author_id"
    }

    static let schemaDescription = SchemaRefinement(properties: [
        "text": .init("Markdown.", maximumLength: ChatLimits.text, example: "Hello!"),
        "content": .init("Attachments and blocks in Slack's shape."),
        "nonce": .init(
            "Your own mark; sending again with it answers with the first message.", minimumLength: 1,
            maximumLength: ChatLimits.nonce),
        "hops": .init("How many automations the message came through.", minimum: 0, maximum: ChatLimits.hops),
        "author_id": .init("Speak as this user; administrators only."),
        "at": .init("When it was said; administrators only.", format: "date-time"),
        "allowed_mentions": .init("Which mentions of the text count; all that the sender may when left out."),
    ])
}

struct MessageChanges: Codable, Sendable, SchemaDescribing {
    var text: String
    var allowedMentions: AllowedMentions?

    enum CodingKeys: String, CodingKey {
        case text
        case allowedMentions = "allowed_mentions"
    }

    static let schemaDescription = SchemaRefinement(properties: [
        "text": .init("Markdown.", maximumLength: ChatLimits.text),
        "allowed_mentions": .init("As with a new message."),
    ])
}

struct SearchResult: Codable, Sendable {
    /// Newest first.
    var messages: [Message]
    /// What found them: `postgresql` or the search engine.
    var engine: String

    var json: [UInt8] {
        var json: [UInt8] = []
        json.append("{\"messages\":")
        messages.appendJSON(to: &json)
        json.append(",\"engine\":")
        json.appendJSON(engine)
        json.append("}")
        return json
    }
}

extension RestAPI {
    var messages: [Route<Principal>] {
        [
            .getEncoded(
                "/v1/channels/{channel_id}/messages", "A page of a channel, oldest first", tag: "messages",
                query: [
                    .integer("before", "Only messages numbered below this `seq`."),
                    .integer("after", "Only messages numbered above this `seq`."), Self.limit,
                ], returns: MessageList.self
            ) { context in
                MessageList(
                    messages: try await service.messages(
                        in: try Self.channel(context), before: try context.query("before", Int64.self),
                        after: try context.query("after", Int64.self), limit: try Self.page(context),
                        for: context.principal)
                ).json
            },
            .choosing(
                .post, "/v1/channels/{channel_id}/messages", "Say something; 200 when the nonce was seen before",
                tag: "messages", body: NewMessageBody.self, returns: Message.self, status: 201, others: [200]
            ) { context, body in
                let sent = try await service.sendEncoded(try Self.draft(body, context), as: context.principal)
                return (sent.isRepeat ? 200 : 201, sent.json)
            },
            .get("/v1/messages/{message_id}", "One message", tag: "messages", returns: Message.self) { context in
                try await service.message(try Self.message(context), for: context.principal)
            },
            .patch(
                "/v1/messages/{message_id}", "Change the text of your message", tag: "messages",
                body: MessageChanges.self, returns: Message.self
            ) { context, body in
                try await service.edit(
                    try Self.message(context), text: body.text, allowedMentions: body.allowedMentions,
                    by: context.principal)
            },
            .delete(
                "/v1/messages/{message_id}", "Delete a message; its number stays", tag: "messages",
                returns: Message.self
            ) { context in
                try await service.delete(try Self.message(context), by: context.principal)
            },
            .post(
                "/v1/messages/{message_id}/restore",
                "Put back what a deleted message said; for moderators, within \(ChatService.undoDays) days",
                tag: "messages", returns: Message.self
            ) { context in
                try await service.restore(try Self.message(context), by: context.principal)
            },
            .post(
                "/v1/messages/{message_id}/erase", "Erase for good what a deleted message said; for administrators",
                tag: "messages"
            ) { context in
                try await service.erase(try Self.message(context), by: context.principal)
            },
            .getEncoded(
                "/v1/messages/{message_id}/replies", "The answers to a message, oldest first", tag: "messages",
                query: [.integer("after", "Only answers numbered above this `seq`."), Self.limit],
                returns: MessageList.self
            ) { context in
                MessageList(
                    messages: try await service.replies(
                        to: try Self.message(context), after: try context.query("after", Int64.self) ?? 0,
                        limit: try Self.page(context), for: context.principal)
                ).json
            },
            .put(
                "/v1/messages/{message_id}/reactions/{emoji}", "React", tag: "messages",
                path: [.string("emoji", "An emoji or its short name: 👍, thumbsup, :+1:.")]
            ) { context in
                try await service.react(
                    context.string("emoji"), to: try Self.message(context), isOn: true, by: context.principal)
            },
            .delete(
                "/v1/messages/{message_id}/reactions/{emoji}", "Take a reaction back", tag: "messages",
                path: [.string("emoji", "An emoji or its short name: 👍, thumbsup, :+1:.")]
            ) { context in
                try await service.react(
                    context.string("emoji"), to: try Self.message(context), isOn: false, by: context.principal)
            },
        ]
    }

    var search: [Route<Principal>] {
        [
            .getEncoded(
                "/v1/search", "Find messages in the channels you may read, newest first", tag: "messages",
                query: [
                    .string("q", "Words; \"a phrase\"; -without.", isRequired: true),
                    .integer("channel", "Only this channel."), .integer("before", "Only messages with a lower id."),
                    Self.limit,
                ], returns: SearchResult.self
            ) { context in
                let found = try await service.search(
                    try context.query("q", String.self) ?? "",
                    in: try context.query("channel", Int64.self).map { ChannelID($0) },
                    before: try context.query("before", Int64.self).map { MessageID($0) },
                    limit: try Self.page(context), for: context.principal)
                return SearchResult(messages: found.messages, engine: found.engine).json
            }
        ]
    }

    private static func message(_ context: Route<Principal>.Context) throws -> MessageID {
        MessageID(try context.id("message_id"))
    }

    private static func draft(
        _ body: NewMessageBody, _ context: Route<Principal>.Context
    ) throws -> MessageDraft {
        var at: Int64?
        if let text = body.at {
            guard let time = Timestamp.parse(text) else {
                throw Problem.unprocessable("`at` is a time such as 2026-01-31T09:05:07Z.", pointer: "/at")
            }
            at = time
        }
        return MessageDraft(
            channelID: try channel(context), text: body.text ?? "", content: body.content,
            threadRootID: body.threadRootID, nonce: body.nonce ?? context.idempotencyKey, kind: body.kind ?? .text,
            authorID: body.authorID, at: at, hops: max(0, body.hops ?? 0), allowedMentions: body.allowedMentions)
    }
}
