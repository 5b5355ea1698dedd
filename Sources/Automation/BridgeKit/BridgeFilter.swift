public import ChatModel

/// Judges a message before it is stored.
public protocol BridgeFilter: Sendable {
    /// How long the strings of one message may take together before the filter counts as failed.
    var deadline: Duration { get }
    /// The longest message, in bytes, that is judged so quickly that nobody need watch it: where it is sent, without a
    /// task and a deadline of its own. 0 for a filter that waits for anything.
    var quickBytes: Int { get }
    /// Whether a message is stored that could not be judged.
    var allowsWhenFailing: Bool { get }
    /// - Throws: When it cannot judge.
    func judge(_ draft: BridgeDraft) async throws -> BridgeVerdict
}

extension BridgeFilter {
    /// None.
    public var quickBytes: Int { 0 }
}

/// What a filter sees of a message.
public struct BridgeDraft: Sendable {
    /// The tenant.
    public let app: AppID
    /// The channel's name; empty for direct and group channels.
    public let channelName: String
    /// Who wants to say it.
    public let author: Author
    /// What is to be said; attachments are judged text by text.
    public let text: String
    /// Whether a stored message is to be changed.
    public let isEdit: Bool

    /// Makes a value; tests of a filter do it themselves.
    public init(app: AppID, channelName: String, author: Author, text: String, isEdit: Bool) {
        self.app = app
        self.channelName = channelName
        self.author = author
        self.text = text
        self.isEdit = isEdit
    }
}

/// What is to become of a message.
public enum BridgeVerdict: Sendable, Equatable {
    /// Stored as it is, marked with the rules named.
    case allow(flags: [String])
    /// Stored with another text.
    case mask(text: String, flags: [String])
    /// Not stored; the author is told the reason.
    case block(reason: String, rules: [String])
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
