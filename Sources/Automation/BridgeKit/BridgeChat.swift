public import ChatModel

/// What a bridge can do in the chat; it writes as a bot of its own, `bridge-<name>`.
///
/// The bot is made when it is first needed, and joins the channels that it writes to.
public protocol BridgeChat: Sendable {
    /// Posts a message and returns when it is stored.
    ///
    /// - Throws: ``BridgeError``: `giveUp` when the channel, the length or a moderation rule forbids it.
    func post(_ post: BridgePost, in app: AppID) async throws -> Message

    /// Changes the text of a message of the bridge's own; nothing happens when it says so already.
    ///
    /// - Parameter hops: The `hops` of the event that this answers.
    /// - Throws: ``BridgeError``: `giveUp` when there is no such message, or when a rule forbids it.
    func edit(_ message: MessageID, text: String, hops: Int, in app: AppID) async throws -> Message
    /// Adds a reaction to a message, or takes the bridge's own back; nothing happens when it is so already.
    ///
    /// - Parameter hops: The `hops` of the event that this answers.
    /// - Throws: ``BridgeError``: `giveUp` when there is no such message, or when a rule forbids it.
    func react(_ emoji: String, to message: MessageID, isOn: Bool, hops: Int, in app: AppID) async throws
    /// Deletes a message of the bridge's own, or of a channel that its bot moderates; nothing happens when it is gone.
    ///
    /// - Parameter hops: The `hops` of the event that this answers.
    /// - Throws: ``BridgeError``: `giveUp` when the bot may not.
    func delete(_ message: MessageID, hops: Int, in app: AppID) async throws

    /// The channel of this name; nil when there is none.
    func channel(named name: String, in app: AppID) async throws -> Channel?
    /// The channel with this id; nil when there is none.
    func channel(_ id: ChannelID, in app: AppID) async throws -> Channel?
    /// The message with this id; nil when there is none.
    func message(_ id: MessageID, in app: AppID) async throws -> Message?
    /// The active people of a channel who have an e-mail address, at most 10,000.
    func emailAddresses(in channel: ChannelID, of app: AppID) async throws -> [BridgeRecipient]
    /// The bot that the bridge writes as.
    func bot(in app: AppID) async throws -> UserID

    /// Judges every message before it is stored, until the bridge stops; there is one filter a bridge.
    func register(_ filter: any BridgeFilter)
    /// Answers the searches of the server until the bridge stops; the last bridge that registers wins.
    func register(_ engine: any BridgeSearch)
}

/// What a bridge wants to say.
public struct BridgePost: Sendable {
    /// Where to.
    public var channel: ChannelID
    /// Markdown, at most 16,000 characters.
    public var text: String
    /// What programs find beside the text: attachments, or whatever the kind says of itself.
    public var content: JSONValue?
    /// The name to show instead of the bot's.
    public var authorName: String?
    /// The message that this one answers.
    public var threadRoot: MessageID?
    /// At most 128 characters; posting again with the same one posts nothing and answers with the first message.
    public var nonce: String
    /// The `hops` of the event that this answers; 0 for what comes from outside.
    public var hops: Int

    /// Makes a value; nothing is posted.
    public init(
        channel: ChannelID, text: String, authorName: String? = nil, threadRoot: MessageID? = nil, nonce: String,
        hops: Int = 0
    ) {
        self.channel = channel
        self.text = text
        self.authorName = authorName
        self.threadRoot = threadRoot
        self.nonce = nonce
        self.hops = hops
    }
}

/// A member of a channel and where mail reaches them.
public struct BridgeRecipient: Sendable, Hashable {
    /// Who it is.
    public let user: Author
    /// The address.
    public let email: String

    /// Makes a value.
    public init(user: Author, email: String) {
        self.user = user
        self.email = email
    }
}
