import Foundation
import MartletBot
import Telemetry
import Text

/// Everything that a chat knows.
struct TestChatState {
    var now = Date(timeIntervalSince1970: 1_767_258_000)

    // What is stored.
    var users: [String: User] = [:]
    var channels: [String: Channel] = [:]
    var members: [ChannelID: [Member]] = [:]
    var messages: [Message] = []
    var nonces: [String: MessageID] = [:]
    var reactors: [MessageID: [String: Set<UserID>]] = [:]
    var events: [Event] = []
    var acknowledged = Cursor.beginning
    var stateBytes: [UInt8]?
    let botHandle: String

    // The bot's process and its connection.
    var process = 0
    var isProcessAlive = false
    var hasCrashed = false
    var ending: (any Error)?
    var timers = 0
    var link: TestChatLink?
    var isReady = false
    var subscribed: Set<EventType> = []
    var nextEvent = 0
    var sleepers: [Sleeper] = []

    // What the test asked for and what it can see.
    var crashPoint: CrashPoint?
    var failures: [RequestFailure] = []
    var waits: [Duration] = []
    var deadLetters: [DeadLetter] = []
    var deliveries: [Cursor: Int] = [:]
    var mostInFlight = 0

    /// A timer that waits for its time.
    struct Sleeper {
        var id: Int
        var due: Date
        var continuation: CheckedContinuation<Bool, Never>
    }

    static let maxInFlight = 64
    static let epoch = "chat"

    init(botHandle: String) {
        self.botHandle = botHandle
        user(botHandle, kind: .bot)
        channel("general")
    }

    var time: String { Timestamp.format(milliseconds: Int64(now.timeIntervalSince1970 * 1000)) }

    // MARK: People and channels

    @discardableResult
    mutating func user(_ handle: String, kind: User.Kind = .person) -> User {
        if let user = users[handle] { return user }
        let user = User(
            id: UserID(Int64(users.count + 1)), kind: kind, handle: handle, name: handle.capitalized, email: nil,
            role: .member, isActive: true, createdAt: time)
        users[handle] = user
        return user
    }

    @discardableResult
    mutating func channel(_ name: String) -> Channel {
        if let channel = channels[name] { return channel }
        let channel = Channel(
            id: ChannelID(Int64(channels.count + 1)), kind: .public, name: name, topic: "", lastSeq: 0,
            isArchived: false, createdAt: time, membership: nil)
        channels[name] = channel
        return channel
    }

    mutating func setRole(_ role: Membership.Role, of who: String, in name: String) {
        let (author, channel) = (author(user(who)), channel(name))
        members[channel.id, default: []].removeAll { $0.user.id == author.id }
        members[channel.id, default: []].append(Member(user: author, role: role, readSeq: 0, joinedAt: time))
    }

    mutating func setAppRole(_ role: User.Role, of who: String) {
        user(who)
        users[who]?.role = role
    }

    func author(_ user: User) -> Author { Author(id: user.id, handle: user.handle, name: user.name, kind: user.kind) }

    // MARK: What happens

    mutating func say(
        _ who: String, _ text: String, in name: String, thread: MessageID?, kind: Message.Kind, hops: Int
    ) {
        let user = user(who)
        if members[channel(name).id]?.contains(where: { $0.user.id == user.id }) != true {
            setRole(.member, of: who, in: name)
        }
        store(text, by: user, in: name, thread: thread, kind: kind, hops: hops, nonce: nil, content: nil)
    }

    @discardableResult
    mutating func store(
        _ text: String, by user: User, in name: String, thread: MessageID?, kind: Message.Kind, hops: Int,
        nonce: String?, content: JSONValue?
    ) -> Message {
        let seq = channel(name).lastSeq + 1
        channels[name]?.lastSeq = seq
        let message = Message(
            id: MessageID(Int64(messages.count + 1)), seq: seq, channelID: channel(name).id, author: author(user),
            kind: kind, text: text, content: content, threadRootID: thread, nonce: nonce, hops: hops,
            createdAt: time)
        messages.append(message)
        emit(.messageCreated, message.channelID, user.id, message.id.rawValue, hops: hops, message)
        return message
    }

    mutating func join(_ who: String, _ name: String) {
        let (user, channel) = (user(who), channel(name))
        setRole(.member, of: who, in: name)
        let member = Member(user: author(user), role: .member, readSeq: 0, joinedAt: time)
        emit(.memberAdded, channel.id, user.id, user.id.rawValue, member)
    }

    mutating func react(_ user: User, _ emoji: String, _ id: MessageID, isAdded: Bool) {
        guard let message = message(id) else { return }
        let emoji = Emoji.canonical(emoji) ?? emoji
        var who = reactors[id, default: [:]][emoji, default: []]
        let isNew = isAdded ? who.insert(user.id).inserted : who.remove(user.id) != nil
        guard isNew else { return }
        reactors[id, default: [:]][emoji] = who.isEmpty ? nil : who
        let counts = reactors[id, default: [:]].map { ReactionCount(emoji: $0, count: $1.count) }
        messages[Int(id.rawValue) - 1].reactions = counts.sorted { $0.emoji < $1.emoji }
        let reaction = Reaction(messageID: id, seq: message.seq, user: author(user), emoji: emoji)
        emit(isAdded ? .reactionAdded : .reactionRemoved, message.channelID, user.id, id.rawValue, reaction)
    }

    mutating func emit(
        _ type: EventType, _ channel: ChannelID, _ actor: UserID, _ subject: Int64, hops: Int = 0,
        _ data: some Encodable
    ) {
        let cursor = Cursor(transaction: UInt64(events.count + 1), row: UInt64(events.count + 1))
        events.append(
            Event(
                cursor: cursor, type: type, channelID: channel, actorID: actor, subjectID: subject, hops: hops,
                at: time, data: JSONValue(encoding: data)))
        deliver()
    }

    func message(_ id: MessageID) -> Message? {
        messages.indices.contains(Int(id.rawValue) - 1) ? messages[Int(id.rawValue) - 1] : nil
    }

    /// What the bot said after the first `mark` messages.
    func said(since mark: Int) -> [Message] { messages[mark...].filter { $0.author.handle == botHandle } }

    // MARK: The stream

    private var inFlight: Int {
        events[..<nextEvent].count { $0.cursor > acknowledged && subscribed.contains($0.type) }
    }

    /// Sends what may be sent.
    mutating func deliver() {
        guard isProcessAlive, isReady, let link else { return }
        while nextEvent < events.count, inFlight < Self.maxInFlight {
            let event = events[nextEvent]
            nextEvent += 1
            guard subscribed.contains(event.type) else { continue }
            deliveries[event.cursor, default: 0] += 1
            mostInFlight = max(mostInFlight, inFlight)
            link.deliver(JSONValue(encoding: event).adding("op", "event"))
            if dies(at: .delivery) { return }
        }
    }

    mutating func dropLink() {
        link?.close()
        link = nil
        isReady = false
    }

    mutating func sayGoodbye(code: String, retry: Bool) {
        link?.deliver(["op": "bye", "code": .string(code), "retry": .bool(retry)])
        isReady = false
    }

    /// Kills the process when the test asked for it at this point.
    mutating func dies(at point: CrashPoint) -> Bool {
        guard crashPoint == point else { return false }
        crashPoint = nil
        isProcessAlive = false
        hasCrashed = true
        dropLink()
        return true
    }

    /// Whether nothing happens any more by itself.
    var isAtRest: Bool {
        guard isReady, sleepers.count == timers else { return false }
        return !events.contains { $0.cursor > acknowledged && subscribed.contains($0.type) }
    }
}

extension JSONValue {
    /// What `value` is in JSON.
    init(encoding value: some Encodable) {
        guard let data = try? JSONEncoder().encode(value),
            let json = try? JSONDecoder().decode(JSONValue.self, from: data)
        else { preconditionFailure("the models of chat always encode") }
        self = json
    }

    func adding(_ key: String, _ value: JSONValue) -> JSONValue {
        var fields = object ?? [:]
        fields[key] = value
        return .object(fields)
    }

    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}
