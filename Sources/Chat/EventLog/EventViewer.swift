import ChatModel
import ChatStore
import Foundation

/// A user as the log sees it: decides which events the user may see, and follows what changes that.
struct EventViewer: Sendable {
    /// The events that change what somebody may see.
    static let types: Set<EventType> = [.memberAdded, .memberRemoved, .userUpdated]

    /// The events that may end somebody's account, log-in or token.
    static let endings: Set<EventType> = [.userUpdated, .sessionEnded, .botTokenRotated]

    /// Whether an event may end what its subject has shown to be let in.
    static func mayEnd(_ event: EventRecord) -> Bool { event.channelID == nil && endings.contains(event.type) }

    let appID: AppID
    let userID: UserID
    private(set) var channels: Set<ChannelID>
    /// Of channels that show a member only what was said since it came: messages up to here are not for the user.
    private(set) var limits: [ChannelID: Int64]
    private(set) var isAdministrator: Bool
    private let asksForEverything: Bool
    /// The role is known as it was here, or later; what happened before changes nothing of it.
    private let position: Cursor

    /// Reads how the user stands.
    ///
    /// - Parameters:
    ///   - position: The end of the log, taken before this call.
    ///   - isEverything: All events of the app, whoever they are for, while the user is an administrator.
    init(
        store: ChatStore, user: UserID, app: AppID, position: Cursor, isEverything: Bool = false
    ) async throws {
        let viewpoint = try await store.viewpoint(of: user, in: app)
        appID = app
        userID = user
        channels = Set(viewpoint.channels)
        limits = viewpoint.isAdministrator ? [:] : viewpoint.limits
        isAdministrator = viewpoint.isAdministrator
        asksForEverything = isEverything
        self.position = position
    }

    var seesEverything: Bool { asksForEverything && isAdministrator }

    /// Gives away the channels, to whoever follows them from now on.
    mutating func handOverChannels() -> Set<ChannelID> {
        defer { channels = [] }
        return channels
    }

    /// Whether events that were left out for the other may be seen now.
    func seesMore(than other: EventViewer) -> Bool {
        channels.count > other.channels.count || isAdministrator && !other.isAdministrator
    }

    /// Whether the user gets an event; follows what the event changes.
    mutating func takes(_ event: EventRecord) -> Bool {
        guard event.appID == appID else { return false }
        begin(event)
        defer {
            end(event)
            follow(event)
        }
        if seesEverything { return true }
        return switch event.audience {
        case .administrators: isAdministrator
        case .user(let user): user == userID
        case .members:
            // The end of the own membership is always told, also when it was over already as the reader began.
            event.channelID.map { channels.contains($0) && reads(event) } ?? true
                || event.type == .memberRemoved && event.subjectID == userID.rawValue
        }
    }

    /// Whether an event may end what this user has shown to be let in.
    func mayEnd(by event: EventRecord) -> Bool { event.subjectID == userID.rawValue && Self.mayEnd(event) }

    /// Whether the message that an event tells of is for the user.
    func reads(_ event: EventRecord) -> Bool {
        guard !limits.isEmpty, let limit = event.channelID.flatMap({ limits[$0] }), limit > 0,
            event.type.isOfMessages, let seq = event.messageSeq
        else { return true }
        return seq > limit
    }

    /// A channel shows more or less of its past from now on.
    mutating func follow(_ event: EventRecord) {
        struct Change: Decodable {
            var history: Channel.History?
            var last_seq: Int64
        }
        guard event.type == .channelUpdated, let channel = event.channelID, !isAdministrator,
            let change = try? JSONDecoder().decode(Change.self, from: Data(event.data.utf8))
        else { return }
        if change.history == .sinceJoined {
            // When the user came is not told here: the past ends with the change until the next reading of the standing.
            if limits[channel] == nil, event.cursor > position { limits[channel] = change.last_seq }
        } else {
            limits[channel] = nil
        }
    }

    /// A membership begins with the event that tells of it.
    mutating func begin(_ event: EventRecord) {
        guard event.type == .memberAdded, event.subjectID == userID.rawValue, let channel = event.channelID else {
            return
        }
        channels.insert(channel)
        limit(by: event)
    }

    /// A channel that the user comes to may show only what is said from then on.
    mutating func limit(by event: EventRecord) {
        guard let channel = event.channelID else { return }
        struct Member: Decodable { var hidden_up_to: Int64? }
        let hidden = (try? JSONDecoder().decode(Member.self, from: Data(event.data.utf8)))?.hidden_up_to ?? 0
        if hidden > 0, !isAdministrator { limits[channel] = max(hidden, limits[channel] ?? 0) }
    }

    /// A membership, or a role, ends behind the event that tells of it.
    mutating func end(_ event: EventRecord) {
        guard event.subjectID == userID.rawValue else { return }
        switch event.type {
        case .memberRemoved:
            if let channel = event.channelID {
                channels.remove(channel)
                limits[channel] = nil
            }
        case .userUpdated where event.cursor > position:
            struct Change: Decodable {
                var role: User.Role
                var is_active: Bool
            }
            // An event without a role was written before roles were told, and so before this reader began.
            guard let change = try? JSONDecoder().decode(Change.self, from: Data(event.data.utf8)) else { return }
            isAdministrator = change.role == .admin && change.is_active
        default: return
        }
    }
}

extension EventType {
    /// Whether it tells of one message of a channel.
    var isOfMessages: Bool {
        switch self {
        case .messageCreated, .messageUpdated, .messageDeleted, .reactionAdded, .reactionRemoved: true
        default: false
        }
    }
}

extension EventRecord {
    /// The number of the message that it tells of.
    fileprivate var messageSeq: Int64? {
        struct Content: Decodable { var seq: Int64? }
        return (try? JSONDecoder().decode(Content.self, from: Data(data.utf8)))?.seq
    }
}

extension ChatStore {
    /// Events behind `cursor` that a user may see, in order.
    func events(
        after cursor: Cursor, for viewer: EventViewer, types: [EventType]?, limit: Int
    ) async throws -> [EventRecord] {
        try await events(
            after: cursor, for: viewer.userID, channels: Array(viewer.channels),
            isAdministrator: viewer.isAdministrator, isEverything: viewer.seesEverything, app: viewer.appID,
            types: types, limit: limit)
    }
}
