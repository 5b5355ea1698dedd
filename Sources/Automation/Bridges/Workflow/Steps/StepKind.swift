/// A kind of step: its keys, declared once for the reader, the errors and the reference.
struct StepKind: Sendable {
    struct Field: Sendable {
        let name: String
        /// What may stand there, as the reference says it.
        let type: String
        let documentation: String
        var isRequired = false

        init(_ name: String, _ type: String, _ documentation: String, required: Bool = false) {
            self.name = name
            self.type = type
            self.documentation = documentation
            isRequired = required
        }
    }

    let name: String
    let summary: String
    /// The keys below its name.
    var fields: [Field] = []
    /// The key that a value without keys stands for.
    var short: String?
    /// The keys beside its name.
    var companions: [Field] = []
    /// What `steps.<id>` holds afterwards; nil when it is not known beforehand.
    var answer: [(name: String, meaning: String)]? = []

    /// Keys that every step may have.
    static let common: [Field] = [
        Field("id", "text", "Its answer is `steps.<id>` from then on. A letter, then letters, digits, `_` and `-`."),
        Field("when", "condition", "The step is passed over when this does not hold; its answer is null then."),
    ]

    private static let message: [(name: String, meaning: String)] = [
        ("id", "Its number."), ("seq", "Its number in the channel."), ("channel_id", "Where it is."),
        ("thread_root_id", "The message that it answers."), ("text", "What it says."),
        ("created_at", "When it was stored."),
    ]
    private static let ownMessage = Field("message", "template", "The number of the message.", required: true)
    private static let eventMessage = Field(
        "message", "template", "The number of the message; the event's when left out.")

    static let all: [StepKind] = [
        StepKind(
            name: "match", summary: "Ends the run here, in peace, when the condition does not hold.",
            fields: [Field("match", "condition", "What must hold.", required: true)], answer: []),
        StepKind(
            name: "post", summary: "Posts a message.",
            fields: [
                Field("text", "template", "Markdown, at most 16,000 characters.", required: true),
                Field("channel", "template", "A name or a number; the event's channel when left out."),
                Field("thread", "template", "The number of the message that it answers in a thread."),
                Field("author", "template", "The name to show instead of the bot's."),
            ], short: "text", answer: message),
        StepKind(
            name: "reply", summary: "Answers the event's message in its thread.",
            fields: [
                Field("text", "template", "Markdown, at most 16,000 characters.", required: true),
                Field("author", "template", "The name to show instead of the bot's."),
            ], short: "text", answer: message),
        StepKind(
            name: "edit", summary: "Changes the text of a message that this bridge has posted.",
            fields: [ownMessage, Field("text", "template", "The new text.", required: true)], answer: message),
        StepKind(
            name: "react", summary: "Adds a reaction to a message, or takes it back.",
            fields: [
                Field("emoji", "template", "The emoji or its short name: 👍, thumbsup.", required: true), eventMessage,
                Field("remove", "true or false", "Whether the reaction is taken back; `false` when left out."),
            ], short: "emoji"),
        StepKind(
            name: "delete", summary: "Deletes a message that this bridge has posted.", fields: [ownMessage],
            short: "message"),
        StepKind(
            name: "read",
            summary: "Looks a message up as it is now: its text, its reactions, how often it was answered.",
            fields: [eventMessage], short: "message",
            answer: [
                ("exists", "False when there is no such message, or when it was deleted."),
                ("id", "As in an event's message, and so are the following."), ("seq", ""), ("channel_id", ""),
                ("author", ""), ("kind", ""), ("text", ""), ("content", ""), ("thread_root_id", ""),
                ("reply_count", ""), ("reactions", ""), ("nonce", ""), ("flags", ""), ("hops", ""), ("created_at", ""),
                ("edited_at", ""),
            ]),
        StepKind(
            name: "call", summary: "Calls an HTTP API.",
            fields: [
                Field(
                    "url", "template",
                    "Where to; `https` or `http`. What templates fill in behind its beginning is percent-encoded.",
                    required: true),
                Field(
                    "method", "`GET`, `POST`, `PUT`, `PATCH` or `DELETE`", "`GET` when left out, `POST` with a body."),
                Field("headers", "map of templates", "Further headers."),
                Field("json", "any value with templates", "A body of JSON, at most 1 MiB."),
                Field("form", "map of templates", "A body as a web form sends it."),
                Field("body", "template", "A body of text."),
                Field("timeout", "duration up to 2m", "For the whole call; `15s` when left out."),
                Field(
                    "expect", "list of statuses",
                    "The statuses that are answers: `200`, `2xx` or `200-204`; `2xx` when left out."),
                Field(
                    "on_error", "`fail` or `continue`",
                    "Whether the run goes on when the call fails, with the reason as its answer; `fail` when left out."),
            ], short: "url",
            answer: [
                ("status", "The status."), ("headers", "The headers, by their names in small letters."),
                ("body", "The body: JSON as values, everything else as text; at most 1 MiB."),
                ("error", "Why it failed, when the step goes on nevertheless."),
            ]),
        StepKind(
            name: "mail", summary: "Sends a mail through the relay of `settings.smtp`.",
            fields: [
                Field("to", "list of templates", "Addresses, at most 50.", required: true),
                Field("subject", "template", "One line.", required: true),
                Field("text", "template", "The mail.", required: true),
                Field("reply_to", "template", "Where answers go."),
                Field(
                    "on_error", "`fail` or `continue`",
                    "Whether the run goes on when the mail fails, with the reason as its answer; `fail` when left out."),
            ],
            answer: [
                ("message_id", "The mail's identifier."), ("refused", "The addresses that the relay has refused."),
                ("error", "Why it failed, when the step goes on nevertheless."),
            ]),
        StepKind(
            name: "set", summary: "Keeps a value for later runs, under a key of this bridge.",
            fields: [
                Field("key", "template", "1 to 256 bytes.", required: true),
                Field("value", "any value with templates", "What is kept, at most 16 KiB as JSON; null forgets it."),
                Field("increment", "template", "In place of `value`: a whole number to add, to 0 at first."),
                Field("if_absent", "true or false", "Whether a value that is there stays; `false` when left out."),
                Field("ttl", "duration", "After this it is forgotten; a counter keeps its first time."),
            ],
            answer: [
                ("value", "What is kept now."), ("before", "What was kept before."),
                ("existed", "Whether something was."),
            ]),
        StepKind(
            name: "get", summary: "Looks up what was kept.",
            fields: [
                Field("key", "template", "The key."),
                Field("under", "template", "In place of `key`: all keys that begin so."),
                Field(
                    "limit", "whole number up to 100",
                    "How many of them, in the order of their keys; 100 when left out."),
            ], short: "key",
            answer: [
                ("value", "What is kept, or null."), ("exists", "Whether something is."),
                ("values", "With `under`: a list of `key` and `value`."),
                ("count", "With `under`: how many there are."),
            ]),
        StepKind(
            name: "unset", summary: "Forgets what was kept.",
            fields: [
                Field("key", "template", "The key."),
                Field("under", "template", "In place of `key`: all keys that begin so."),
            ], short: "key"),
        StepKind(
            name: "wait", summary: "Goes on later, also after a restart; other events of the channel do not wait.",
            fields: [
                Field("for", "duration or template", "How long, at most 30d."),
                Field("until", "template", "In place of `for`: a time, at most 30 days away; at once when it is past."),
            ], short: "for", answer: [("until", "When it went on.")]),
        StepKind(
            name: "if", summary: "Goes one of two ways.",
            fields: [Field("if", "condition", "What decides.", required: true)],
            companions: [
                Field("then", "list of steps", "When it holds.", required: true),
                Field("else", "list of steps", "When it does not."),
            ]),
        StepKind(
            name: "for_each", summary: "Does the same for each item of a list, at most 100.",
            fields: [Field("for_each", "template or list", "The list; null is an empty one.", required: true)],
            companions: [
                Field(
                    "do", "list of steps", "With the item as `item` and its number, from 0, as `index`.", required: true
                )
            ]),
        StepKind(
            name: "dead_letter", summary: "Gives the event up: it becomes a dead letter with this reason.",
            fields: [Field("reason", "template", "What a person should know.", required: true)], short: "reason"),
        StepKind(
            name: "stop", summary: "Ends the run, in peace. Written `stop: true`.",
            fields: [Field("stop", "`true`", "Nothing else.", required: true)]),
    ]

    static let names = all.map(\.name)

    static func named(_ name: String) -> StepKind? { all.first { $0.name == name } }

    /// What templates may name of its answer.
    var shape: TemplateShape { answer.map { .fields($0.map(\.name)) } ?? .any }
}
