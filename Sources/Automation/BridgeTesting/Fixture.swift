import ChatModel
package import Settings

/// One test of a bridge: what happens, what targets answer, and what the bridge is expected to do.
package struct Fixture: Sendable {
    enum Given: Sendable {
        /// - Parameter isJudged: Whether it is a text that a filter judges before it is stored.
        case event(Event, isJudged: Bool)
        case mail([UInt8], recipient: String)
    }

    /// The file; empty for events that come from a server.
    package let path: String
    package let about: String
    var given: [Given]
    var answers: [TargetAnswers.Answer] = []
    var world: FixtureWorld
    var store: [String: String] = [:]
    /// Milliseconds since 1970.
    var now: Int64
    /// What the fixture adds to the environment.
    var environment: [String: String] = [:]
    /// Nil when the fixture expects nothing in particular: what happens is only shown.
    var expectation: Expectation?

    package var name: String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.hasSuffix(".yaml") ? String(file.dropLast(5)) : file
    }

    package static let mostGiven = 1000

    // MARK: Keys

    /// The keys of a fixture.
    package static let spec = SettingsSpec {
        SettingKey("about", .string, "One line on what it shows.")
        SettingKey("given", .list(.section(givenSpec)), "What happens, in order.", required: true)
        SettingKey(
            "answers", .list(.section(answerSpec)),
            "What targets answer, in order; the last one stands for all that follow.")
        SettingKey(
            "channels", .list(.section(channelSpec)), "Channels that there are, besides those that `given` names.")
        SettingKey("members", .map(.list(.section(userSpec))), "Who belongs to a channel, by its name.")
        SettingKey("store", .map(.string), "What the bridge remembers from before.")
        SettingKey(
            "now", .string, "The time when it begins, RFC 3339.", default: "2026-01-31T09:00:00Z",
            validation: { FixtureReader.time($0) == nil ? "expected a time such as 2026-01-31T09:00:00Z" : nil })
        SettingKey("environment", .map(.string), "Variables for the bridge's file, before those of the process.")
        SettingKey("expect", .any, "What the bridge does, in order; only the keys that are given are compared.")
        SettingKey("expect_nothing", .boolean, "Whether it does nothing at all.", default: false)
    }

    private static let givenSpec = SettingsSpec {
        SettingKey(
            "message",
            .section(
                SettingsSpec {
                    SettingKey("channel", .string, "Its name.", default: "general")
                    SettingKey("author", .section(userSpec), "Who says it; a text is the handle.")
                    SettingKey("text", .string, "What is said.", default: "Hello!")
                    SettingKey(
                        "kind", .enumeration(Message.Kind.allCases.map(\.rawValue)), "How it is meant.",
                        default: "text")
                    SettingKey("id", .integer(1...Int.max), "Its number; counted from 1 when left out.")
                    SettingKey("thread", .integer(1...Int.max), "The message that it answers.")
                    SettingKey("nonce", .string, "The sender's mark.")
                    SettingKey("flags", .list(.string), "The rules that marked it.", default: [])
                    SettingKey("hops", .integer(0...100), "The automations it came through.", default: 0)
                    SettingKey("at", .string, "When; a second after the event before when left out.")
                    SettingKey("content", .any, "Attachments and blocks.")
                }), "Somebody says something.")
        SettingKey(
            "edit",
            .section(
                SettingsSpec {
                    SettingKey("message", .integer(1...Int.max), "Its number; the newest when left out.")
                    SettingKey("text", .string, "The text from now on.", default: "Hello, all!")
                }), "A message is changed.")
        SettingKey(
            "delete",
            .section(
                SettingsSpec {
                    SettingKey("message", .integer(1...Int.max), "Its number; the newest when left out.")
                }), "A message is deleted.")
        SettingKey(
            "reaction",
            .section(
                SettingsSpec {
                    SettingKey("message", .integer(1...Int.max), "Its number; the newest when left out.")
                    SettingKey("emoji", .string, "The emoji.", default: "👍")
                    SettingKey("user", .section(userSpec), "Who reacts; a text is the handle.")
                    SettingKey("removed", .boolean, "Whether it is taken back.", default: false)
                }), "Somebody reacts.")
        SettingKey(
            "member",
            .section(
                SettingsSpec {
                    SettingKey("channel", .string, "Its name.", default: "general")
                    SettingKey("user", .section(userSpec), "Who; a text is the handle.")
                    SettingKey("removed", .boolean, "Whether they leave.", default: false)
                }), "Somebody joins or leaves.")
        SettingKey(
            "mail",
            .section(
                SettingsSpec {
                    SettingKey("from", .string, "The sender: an address, or `Jo <jo@example.com>`.")
                    SettingKey("to", .string, "The address that it comes to.", required: true)
                    SettingKey("subject", .string, "The subject.", default: "")
                    SettingKey("text", .string, "The text.", default: "")
                    SettingKey("message_id", .string, "Its identifier.")
                    SettingKey("in_reply_to", .string, "The identifier of the mail that it answers.")
                    SettingKey("headers", .map(.string), "Further headers.", default: [:])
                    SettingKey("raw", .string, "The whole mail instead, with its headers.")
                }), "A mail comes in.")
        SettingKey("event", .any, "Any event in its JSON form, or the JSON itself as text; what is missing is made up.")
    }

    private static let answerSpec = SettingsSpec {
        SettingKey(
            "for", .string, "Which requests it answers: `POST https://*/hooks/*` or `mail *`; all when left out.")
        SettingKey("status", .integer(100...599), "The status of HTTP, or the reply code of a relay.", default: 200)
        SettingKey("headers", .map(.string), "Its headers.", default: [:])
        SettingKey("body", .any, "Its body: text, or JSON.")
        SettingKey("refused", .list(.string), "Recipients that a relay refuses for now.", default: [])
        SettingKey(
            "fail", .enumeration(["timeout", "connection", "tls"]), "No answer at all; `timeout` alone says the same.")
    }

    private static let channelSpec = SettingsSpec {
        SettingKey("name", .string, "Its name; a text alone is one.", required: true)
        SettingKey("id", .integer(1...Int.max), "Its number; counted from 1 when left out.")
        SettingKey(
            "kind", .enumeration(Channel.Kind.allCases.map(\.rawValue)), "Who finds it.", default: "public")
        SettingKey("topic", .string, "What it is for.", default: "")
        SettingKey("archived", .boolean, "Whether it is closed.", default: false)
    }

    static let userSpec = SettingsSpec {
        SettingKey("handle", .string, "The short name; a text alone is one.", default: "ada")
        SettingKey("name", .string, "The name to show; the handle when left out.")
        SettingKey(
            "kind", .enumeration(User.Kind.allCases.map(\.rawValue)), "Who it is.", default: "person")
        SettingKey("id", .integer(1...Int.max), "The number; counted from 1 when left out.")
        SettingKey("email", .string, "The address.")
    }
}
