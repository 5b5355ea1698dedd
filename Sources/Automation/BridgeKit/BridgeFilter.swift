public import ChatModel

/// Judges a message before it is stored.
public protocol BridgeFilter: Sendable {
    /// How long the strings of one message may take together before the filter counts as failed; of one that is not
    /// bounded.
    var deadline: Duration { get }
    /// Whether its work is bounded by the size of the texts, and waits for nothing: then it is done at once, without a
    /// task and a deadline of its own.
    var isBounded: Bool { get }
    /// Whether a message is stored that could not be judged.
    var allowsWhenFailing: Bool { get }
    /// - Throws: When it cannot judge.
    func judge(_ draft: BridgeDraft) async throws -> BridgeVerdict
}

extension BridgeFilter {
    /// It may ask somebody else.
    public var isBounded: Bool { false }
}

/// What a filter sees of a message.
public struct BridgeDraft: Sendable {
    /// The tenant.
    public let app: AppID
    /// The channel's name; empty for direct and group channels.
    public let channelName: String
    /// Who wants to say it.
    public let author: Author
    /// The name under which a webhook or a bridge says it, when it is not the author's own.
    public let authorName: String?
    /// What is to be said; attachments are judged text by text.
    public let text: String
    /// Whether a stored message is to be changed.
    public let isEdit: Bool

    /// Makes a value; tests of a filter do it themselves.
    public init(app: AppID, channelName: String, author: Author, text: String, isEdit: Bool, authorName: String? = nil)
    {
        self.app = app
        self.channelName = channelName
        self.author = author
        self.text = text
        self.isEdit = isEdit
        self.authorName = authorName
    }
}

/// What is to become of a message.
public enum BridgeVerdict: Sendable, Equatable {
    /// Stored as it is, marked with the rules named.
    case allow(flags: [String])
    /// Stored with other texts in some places, and marked.
    ///
    /// `rules` are those that ask for the edits, `flags` those that mark only.
    case mask(edits: [BridgeEdit], rules: [String], flags: [String])
    /// Not stored; the author is told the reason.
    case block(reason: String, rules: [String])
}

/// Another text for a part of what was written.
public struct BridgeEdit: Sendable, Hashable {
    /// In the UTF-8 form of the text, between characters.
    public let range: Range<Int>
    /// One character stands for each character of the part; a longer text for all of it.
    public let text: String

    /// Makes an edit.
    public init(range: Range<Int>, text: String) {
        self.range = range
        self.text = text
    }
}

/// Finds messages.
public protocol BridgeSearch: Sendable {
    /// Told with each answer: `elasticsearch`.
    var name: String { get }
    /// The ids of messages with all words of `query`, newest first; each is read and checked again by the server.
    func search(
        _ query: String, channels: [ChannelID], app: AppID, before: MessageID?, limit: Int
    ) async throws -> [MessageID]
}
