package import ChatModel

/// Something that a bridge would have done, or that befell an event on the way.
package struct TrialEffect: Sendable, Hashable {
    /// What it is; the raw value is its key in fixtures and in JSON.
    package enum Kind: String, Sendable, CaseIterable {
        case http, mail, post, edit, react, delete, verdict, pause
        case deadLetter = "dead_letter"
        case skip, retry, wait, down, log

        /// What it means, for the reference.
        var sentence: String {
            switch self {
            case .http: "A request leaves."
            case .mail: "A mail leaves."
            case .post: "A message is posted."
            case .edit: "A message of the bridge's own is changed."
            case .react: "A reaction is added, or taken back."
            case .delete: "A message is deleted."
            case .verdict: "A filter has judged: `allow`, `mask` or `block`. A note when it allows without a mark."
            case .pause: "The bridge rests until a person resumes it."
            case .deadLetter: "The event is given up."
            case .skip: "A note: the event is not for the bridge; `by` is the line of the file that says so."
            case .retry: "A note: a try has failed; `after` is the longest first wait."
            case .wait: "A note: the bridge wants the event again at that time."
            case .down: "The target cannot be reached. A note when another answer follows."
            case .log: "A note: a line of the log."
            }
        }

        /// The keys of its content, the main one first: a text alone stands for that one.
        var keys: [String] {
            switch self {
            case .http: ["url", "method", "headers", "body", "times"]
            case .mail:
                [
                    "subject", "sender", "recipients", "from", "to", "text", "message_id", "in_reply_to", "headers",
                    "times",
                ]
            case .post: ["text", "channel", "author_name", "thread", "nonce", "hops"]
            case .edit: ["text", "message", "hops"]
            case .react: ["emoji", "message", "removed", "hops"]
            case .delete: ["message", "hops"]
            case .verdict: ["action", "text", "reason", "rules"]
            case .deadLetter: ["reason", "attempts"]
            case .pause: ["reason"]
            case .skip: ["by", "reason"]
            case .retry: ["reason", "after", "times"]
            case .wait: ["until"]
            case .down: ["reason"]
            case .log: ["event", "level", "values"]
            }
        }
    }

    /// The effects with their keys as a table, for the reference.
    package static var documentation: String {
        let rows = Kind.allCases.map { kind in
            "| `\(kind.rawValue)` | \(kind.keys.map { "`\($0)`" }.joined(separator: ", ")) | \(kind.sentence) |"
        }
        return (["| effect | keys, the main one first | meaning |", "| --- | --- | --- |"] + rows)
            .joined(separator: "\n") + "\n"
    }

    package let kind: Kind
    package internal(set) var content: [String: JSONValue]
    /// Notes tell how it went; only effects have to be expected.
    package let isNote: Bool
    /// The place in `given` of what it follows from; nil before the first and behind the last.
    package let given: Int?

    /// A value of the content; nil when it is no text.
    package func text(_ key: String) -> String? { content[key]?.string }

    /// How often it was repeated, with the first time.
    package var times: Int { content["times"]?.integer.map { Int($0) } ?? 1 }
}
