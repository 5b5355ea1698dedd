package import ChatModel
package import Text

/// Judges what people write before it is stored.
package protocol MessageFilter: Sendable {
    var name: String { get }
    /// - Throws: When it cannot judge; what happens then is ``whenFailing``.
    func judge(_ draft: FilterInput) async throws -> FilterVerdict
    /// Judges all strings of one message.
    ///
    /// - Returns: One verdict a string, in their order.
    /// - Throws: When it cannot judge.
    func judge(_ drafts: [FilterInput]) async throws -> [FilterVerdict]
    /// Whether its work is bounded by the size of the texts and waits for nothing: it is done where the message is sent,
    /// or, for a long text, where one goes after the other.
    var isBounded: Bool { get }
    var whenFailing: FilterFailure { get }
}

extension MessageFilter {
    package var isBounded: Bool { false }

    /// One after another.
    package func judge(_ drafts: [FilterInput]) async throws -> [FilterVerdict] {
        var verdicts: [FilterVerdict] = []
        for draft in drafts { verdicts.append(try await judge(draft)) }
        return verdicts
    }
}

/// Which part of what is written a text is.
package enum FilterField: String, Sendable, CaseIterable {
    /// A message's text.
    case text
    /// A string or a key of a message's attachments and blocks: labels, alternative texts, names of files.
    case content
    /// The name that a webhook or a mail writes under.
    case authorName = "author_name"
    case reaction
    case handle
    case name
    case channelName = "channel_name"
    case topic
    case hookName = "hook_name"
}

/// What a filter sees.
package struct FilterInput: Sendable {
    package let appID: AppID
    package let channelID: ChannelID
    package let channelName: String
    package let author: Author
    package let text: String
    package let isEdit: Bool
    /// The name under which a webhook or a bridge says it.
    package var authorName: String?
    package var field: FilterField = .text
}

/// What happens to a message when a filter cannot judge it.
package enum FilterFailure: String, Sendable, CaseIterable {
    case allow, block
}

package enum FilterVerdict: Sendable {
    /// Stored as it is, marked with the rules named.
    case allow(flags: [String])
    /// Stored with other texts in some places, and marked.
    ///
    /// `rules` are those that ask for the edits, `flags` those that mark only.
    case mask(edits: [TextEdit], rules: [String], flags: [String])
    /// Not stored; the author is told the reason.
    case block(reason: String, rules: [String])

    /// The mark of what could not be judged.
    package static let unjudged = "unjudged"
}
