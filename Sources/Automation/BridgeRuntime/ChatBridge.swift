import BridgeKit
import ChatModel
import ChatService
import EventLoop
import Synchronization

/// The chat as one bridge sees it: the use cases of ``ChatService``, done by the bridge's own bot.
final class ChatBridge: BridgeChat {
    private let service: ChatService
    private let name: String
    /// The only tenant whose messages and searches are the bridge's business; nil for all.
    private let app: AppID?
    private let loops: EventLoopGroup
    private let bots = Mutex<[AppID: User]>([:])
    private let filter = Mutex<FilterChain.Registration?>(nil)
    private let engine = Mutex<SearchAdapter?>(nil)
    private let rests = Atomic<Bool>(false)

    /// Whether the bridge rests.
    var isPaused: Bool {
        get { rests.load(ordering: .relaxed) }
        set { rests.store(newValue, ordering: .relaxed) }
    }

    init(service: ChatService, name: String, app: AppID?, loops: EventLoopGroup) {
        self.service = service
        self.name = name
        self.app = app
        self.loops = loops
    }

    // MARK: Writing

    func post(_ post: BridgePost, in app: AppID) async throws -> Message {
        let principal = try await principal(in: app)
        let draft = MessageDraft(
            channelID: post.channel, text: post.text, content: post.content, threadRootID: post.threadRoot,
            nonce: post.nonce,
            authorName: post.authorName, hops: post.hops + 1)
        return try await joining(post.channel, principal) { try await service.send(draft, as: principal).message }
    }

    func edit(_ message: MessageID, text: String, hops: Int, in app: AppID) async throws -> Message {
        let principal = try await principal(in: app)
        guard let old = try await service.message(message, of: app), old.deletedAt == nil else {
            throw BridgeError.giveUp(reason: "there is no message \(message)")
        }
        guard old.text != text else { return old }
        return try await joining(old.channelID, principal) {
            try await service.edit(message, text: text, hops: hops + 1, by: principal)
        }
    }

    func react(_ emoji: String, to message: MessageID, isOn: Bool, hops: Int, in app: AppID) async throws {
        let principal = try await principal(in: app)
        guard let target = try await service.message(message, of: app), target.deletedAt == nil else {
            throw BridgeError.giveUp(reason: "there is no message \(message)")
        }
        try await joining(target.channelID, principal) {
            try await service.react(emoji, to: message, isOn: isOn, hops: hops + 1, by: principal)
        }
    }

    func delete(_ message: MessageID, hops: Int, in app: AppID) async throws {
        let principal = try await principal(in: app)
        guard let old = try await service.message(message, of: app), old.deletedAt == nil else { return }
        _ = try await joining(old.channelID, principal) {
            try await service.delete(message, hops: hops + 1, by: principal)
        }
    }

    /// Does what needs the bot to be a member of a channel, which it becomes when it is not.
    private func joining<Result>(
        _ channel: ChannelID, _ principal: Principal, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            do {
                return try await body()
            } catch let error as ChatError where Self.strangerCodes.contains(error.code) {
                // The server's own hand opens private channels too: an administrator has named them in the file.
                _ = try await service.addMembers(
                    [principal.userID], role: nil, to: channel, by: Self.administrator(principal))
                do {
                    return try await body()
                } catch let error as ChatError where Self.absenceCodes.contains(error.code) {
                    // Two of its posts joined at once, and what the one remembered is older than what the other did.
                    throw BridgeError.retry(after: .milliseconds(100), reason: error.description)
                }
            }
        } catch let error as ChatError {
            switch error.kind {
            case .overloaded: throw BridgeError.retry(after: error.retryAfter, reason: error.description)
            default: throw BridgeError.giveUp(reason: error.description)
            }
        }
    }

    /// What somebody is told who is no member of a channel.
    private static let strangerCodes: Set<String> = ["not_a_member", "channel_not_found", "message_not_found"]

    /// What is told of a channel to who is not in it.
    private static let absenceCodes: Set<String> = ["not_a_member", "channel_not_found"]

    func bot(in app: AppID) async throws -> UserID { try await principal(in: app).userID }

    /// The bot, when it was needed before.
    func knownBot(in app: AppID) -> UserID? { bots.withLock { $0[app]?.id } }

    private func principal(in app: AppID) async throws -> Principal {
        if let bot = bots.withLock({ $0[app] }) { return Principal(appID: app, user: bot, isBridge: true) }
        guard let bot = try await service.bridgeAccount(of: name, in: app) else {
            throw BridgeError.giveUp(reason: "the account of this bridge was closed")
        }
        bots.withLock { $0[app] = bot }
        return Principal(appID: app, user: bot, isBridge: true)
    }

    private static func administrator(_ principal: Principal) -> Principal {
        var user = principal.user
        user.role = .admin
        return Principal(appID: principal.appID, user: user, isBridge: true)
    }

    // MARK: Reading

    func channel(named name: String, in app: AppID) async throws -> Channel? {
        try await service.channel(named: name, of: app)
    }

    func channel(_ id: ChannelID, in app: AppID) async throws -> Channel? {
        try await service.channel(id, of: app)
    }

    func message(_ id: MessageID, in app: AppID) async throws -> Message? {
        try await service.message(id, of: app)
    }

    func emailAddresses(in channel: ChannelID, of app: AppID) async throws -> [BridgeRecipient] {
        try await service.emailAddresses(in: channel, of: app)
            .map { BridgeRecipient(user: $0.user, email: $0.email) }
    }

    // MARK: Filters and search

    func register(_ filter: any BridgeFilter) {
        let registration = service.filters.add(
            FilterAdapter(
                name: "bridge:\(name)", app: app, filter: filter, loops: loops,
                // The filter goes with the bridge.
                isPaused: { [weak self] in self?.isPaused ?? false }))
        self.filter.withLock { $0 = registration }
    }

    func register(_ engine: any BridgeSearch) {
        let adapter = SearchAdapter(engine: engine, app: app)
        self.engine.withLock { $0 = adapter }
        service.search.set(adapter)
    }

    /// Takes back what the bridge has registered.
    func unregister() {
        let registration = filter.withLock { filter in
            defer { filter = nil }
            return filter
        }
        if let registration { service.filters.remove(registration) }
        let own = engine.withLock { engine in
            defer { engine = nil }
            return engine
        }
        if let own, (service.search.current as? SearchAdapter) === own { service.search.set(nil) }
    }
}

/// A bridge's search engine as the service knows it.
private final class SearchAdapter: SearchEngine {
    private let engine: any BridgeSearch
    private let app: AppID?

    init(engine: any BridgeSearch, app: AppID?) {
        self.engine = engine
        self.app = app
    }

    var name: String { engine.name }

    func search(
        _ query: String, channels: [ChannelID], app: AppID, before: MessageID?, limit: Int
    ) async throws -> [MessageID] {
        if let own = self.app, own != app { throw BridgeError.giveUp(reason: "the index is of another tenant") }
        return try await engine.search(query, channels: channels, app: app, before: before, limit: limit)
    }
}
