import BridgeKit
import ChatModel
import Synchronization

/// The chat of a fixture as a bridge sees it; what the bridge writes is written down.
final class FixtureChat: BridgeChat {
    private static let longestText = 16_000
    private static let mostHops = 8

    private struct State {
        var world: FixtureWorld
        var posts: [String: Message] = [:]
        /// Of the bridge: a message and an emoji each.
        var reactions: Set<String> = []
        var filter: (any BridgeFilter)?
    }

    private let recorder: EffectRecorder
    private let state: Mutex<State>

    init(world: FixtureWorld, recorder: EffectRecorder) {
        self.recorder = recorder
        state = Mutex(State(world: world))
    }

    var filter: (any BridgeFilter)? { state.withLock { $0.filter } }

    /// What a given event has changed can be read from then on.
    func keep(_ message: Message) { state.withLock { $0.world.keep(message) } }

    // MARK: Writing

    func post(_ post: BridgePost, in app: AppID) async throws -> Message {
        let hops = post.hops + 1
        let (message, channel, isNew) = try state.withLock { state in
            guard let channel = state.world.channel(post.channel) else {
                throw BridgeError.giveUp(reason: "There is no channel \(post.channel) here.")
            }
            if let first = state.posts[post.nonce] { return (first, channel, false) }
            guard !channel.isArchived else { throw BridgeError.giveUp(reason: "The channel is archived.") }
            guard !post.text.isEmpty, post.text.unicodeScalars.count <= Self.longestText else {
                throw BridgeError.giveUp(reason: "A message has 1 to \(Self.longestText) characters.")
            }
            guard hops <= Self.mostHops else {
                throw BridgeError.giveUp(reason: "The message has come through too many automations.")
            }
            let (id, seq) = state.world.nextNumbers(in: channel.id, id: nil)
            var author = state.world.author(state.world.bot)
            if let name = post.authorName { author.name = name }
            let message = Message(
                id: id, seq: seq, channelID: channel.id, author: author, text: post.text, content: post.content,
                threadRootID: post.threadRoot, nonce: post.nonce, hops: hops, createdAt: state.world.createdAt)
            state.world.keep(message)
            state.posts[post.nonce] = message
            return (message, channel, true)
        }
        guard isNew else { return message }
        var content: [String: JSONValue] = [
            "channel": .string(channel.name.isEmpty ? "\(channel.id)" : channel.name), "text": .string(post.text),
            "nonce": .string(post.nonce), "hops": .integer(Int64(hops)),
        ]
        content["author_name"] = post.authorName.map { .string($0) }
        content["thread"] = post.threadRoot.map { .integer($0.rawValue) }
        recorder.record(.post, content)
        return message
    }

    func edit(_ message: MessageID, text: String, hops: Int, in app: AppID) async throws -> Message {
        let (new, isChanged) = try state.withLock { state in
            guard var message = state.world.messages[message], message.deletedAt == nil else {
                throw Self.noMessage(message)
            }
            guard message.text != text else { return (message, false) }
            guard message.author.id == state.world.bot.id else {
                throw BridgeError.giveUp(reason: "Only its author may change a message.")
            }
            message.text = text
            state.world.keep(message)
            return (message, true)
        }
        if isChanged {
            recorder.record(
                .edit,
                ["message": .integer(message.rawValue), "text": .string(text), "hops": .integer(Int64(hops + 1))])
        }
        return new
    }

    func react(_ emoji: String, to message: MessageID, isOn: Bool, hops: Int, in app: AppID) async throws {
        let isNew = try state.withLock { state in
            guard state.world.messages[message]?.deletedAt == nil, state.world.messages[message] != nil else {
                throw Self.noMessage(message)
            }
            let key = "\(message) \(emoji)"
            return isOn ? state.reactions.insert(key).inserted : state.reactions.remove(key) != nil
        }
        guard isNew else { return }
        var content: [String: JSONValue] = [
            "message": .integer(message.rawValue), "emoji": .string(emoji), "hops": .integer(Int64(hops + 1)),
        ]
        if !isOn { content["removed"] = true }
        recorder.record(.react, content)
    }

    func delete(_ message: MessageID, hops: Int, in app: AppID) async throws {
        let isNew = state.withLock { state in
            guard var old = state.world.messages[message], old.deletedAt == nil else { return false }
            old.text = ""
            old.deletedAt = state.world.createdAt
            state.world.keep(old)
            return true
        }
        guard isNew else { return }
        recorder.record(
            .delete, ["message": .integer(message.rawValue), "hops": .integer(Int64(hops + 1))])
    }

    private static func noMessage(_ id: MessageID) -> BridgeError { .giveUp(reason: "there is no message \(id)") }

    // MARK: Reading

    func channel(named name: String, in app: AppID) async throws -> Channel? {
        state.withLock { $0.world.channel(named: name) }
    }

    func channel(_ id: ChannelID, in app: AppID) async throws -> Channel? { state.withLock { $0.world.channel(id) } }
    func message(_ id: MessageID, in app: AppID) async throws -> Message? { state.withLock { $0.world.messages[id] } }
    func bot(in app: AppID) async throws -> UserID { state.withLock { $0.world.bot.id } }

    func emailAddresses(in channel: ChannelID, of app: AppID) async throws -> [BridgeRecipient] {
        state.withLock { state in
            (state.world.members[channel] ?? []).compactMap { id in
                guard let user = state.world.user(id), user.kind == .person, let email = user.email else { return nil }
                return BridgeRecipient(user: state.world.author(user), email: email)
            }
        }
    }

    // MARK: Filters and search

    func register(_ filter: any BridgeFilter) { state.withLock { $0.filter = filter } }
    func register(_ engine: any BridgeSearch) {}
}
