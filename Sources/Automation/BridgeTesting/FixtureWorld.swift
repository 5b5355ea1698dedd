import ChatModel
import Telemetry

/// The chat of a fixture: what it names, and what it takes for granted.
///
/// Channels and users are numbered as they are met, each from 1 on.
struct FixtureWorld: Sendable {
    static let app = AppID(1)

    private(set) var channels: [Channel] = []
    private(set) var users: [User] = []
    private(set) var members: [ChannelID: [UserID]] = [:]
    private(set) var messages: [MessageID: Message] = [:]
    let bot: User
    let createdAt: String

    /// - Parameter now: Milliseconds since 1970.
    init(bridge: String, now: Int64) {
        createdAt = Timestamp.format(milliseconds: now)
        // Far from the numbers that a fixture names.
        bot = User(
            id: UserID(1_000_000), kind: .bot, handle: "bridge-\(bridge)", name: bridge, email: nil, role: .member,
            isActive: true, createdAt: createdAt)
    }

    func channel(named name: String) -> Channel? {
        channels.first { $0.name.lowercased() == name.lowercased() && !name.isEmpty }
    }

    func channel(_ id: ChannelID) -> Channel? { channels.first { $0.id == id } }
    func user(_ id: UserID) -> User? { id == bot.id ? bot : users.first { $0.id == id } }

    @discardableResult
    mutating func add(
        channel name: String, id: Int64? = nil, kind: Channel.Kind = .public, topic: String = "",
        isArchived: Bool = false
    ) -> Channel {
        if let known = channel(named: name) { return known }
        let id = id ?? max(0, channels.map(\.id.rawValue).max() ?? 0) + 1
        let channel = Channel(
            id: ChannelID(id), kind: kind, name: name, topic: topic, lastSeq: 0, isArchived: isArchived,
            createdAt: createdAt, membership: nil)
        channels.append(channel)
        return channel
    }

    /// Takes a channel as it is on a server.
    mutating func add(_ channel: Channel) { channels.append(channel) }

    @discardableResult
    mutating func add(
        user handle: String, id: Int64? = nil, name: String? = nil, kind: User.Kind = .person, email: String? = nil
    ) -> User {
        if handle == bot.handle { return bot }
        if let index = users.firstIndex(where: { $0.handle == handle }) {
            if let name { users[index].name = name }
            if let email { users[index].email = email }
            return users[index]
        }
        let user = User(
            id: UserID(id ?? max(0, users.map(\.id.rawValue).max() ?? 0) + 1), kind: kind, handle: handle,
            name: name ?? handle.prefix(1).uppercased() + handle.dropFirst(), email: email, role: .member,
            isActive: true, createdAt: createdAt)
        users.append(user)
        return user
    }

    mutating func add(member user: UserID, to channel: ChannelID) {
        if members[channel]?.contains(user) != true { members[channel, default: []].append(user) }
    }

    mutating func keep(_ message: Message) { messages[message.id] = message }

    /// The number of the next message, on the server and in its channel.
    mutating func nextNumbers(in channel: ChannelID, id: Int64?) -> (id: MessageID, seq: Int64) {
        var seq: Int64 = 1
        if let index = channels.firstIndex(where: { $0.id == channel }) {
            channels[index].lastSeq += 1
            seq = channels[index].lastSeq
        }
        return (MessageID(id ?? max(0, messages.keys.map(\.rawValue).max() ?? 0) + 1), seq)
    }

    func author(_ user: User) -> Author {
        Author(id: user.id, handle: user.handle, name: user.name, kind: user.kind)
    }
}
