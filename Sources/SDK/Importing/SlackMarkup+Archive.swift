import SlackText
import Text

extension SlackMarkup {
    /// As an export has it: names instead of ids, and emoji instead of their short names.
    ///
    /// - Parameters:
    ///   - handles: By the ids of people.
    ///   - channels: By the ids of channels.
    static func archived(handles: [String: String], channels: [String: String]) -> SlackMarkup {
        SlackMarkup(
            resolve: { reference in
                switch reference {
                case .user(let id): handles[id]
                case .channel(let id): channels[id]
                }
            }, emoji: { Emoji.canonical($0) })
    }
}
