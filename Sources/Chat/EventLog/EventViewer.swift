import ChatModel
import ChatStore
import Foundation

/// A user as the log sees it: decides which events the user may see, and follows what changes that.
struct EventViewer: Sendable {
    /// The events that change what somebody may see.
    static let types: Set<EventType> = [.memberAdded, .memberRemoved, .userUpdated]

    let appID: AppID
    let userID: UserID
    private(set) var channels: Set<ChannelID>
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
        defer { end(event) }
        if seesEverything { return true }
        return switch event.audience {
        case .administrators: isAdministrator
        case .user(let user): user == userID
        case .members:
            // The end of the own membership is always told, also when it was over already as the reader began.
            event.channelID.map { channels.contains($0) } ?? true
                || event.type == .memberRemoved && event.subjectID == userID.rawValue
        }
    }

    /// A membership begins with the event that tells of it.
    mutating func begin(_ event: EventRecord) {
        guard event.type == .memberAdded, event.subjectID == userID.rawValue, let channel = event.channelID else {
            return
        }
        channels.insert(channel)
    }

    /// A membership, or a role, ends behind the event that tells of it.
    mutating func end(_ event: EventRecord) {
        guard event.subjectID == userID.rawValue else { return }
        switch event.type {
        case .memberRemoved:
            if let channel = event.channelID { channels.remove(channel) }
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
