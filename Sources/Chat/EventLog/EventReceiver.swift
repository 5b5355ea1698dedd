import ChatModel
import ChatStore
package import EventLoop

/// Gets the events of one user as they happen; called on its loop.
package protocol EventReceiver: AnyObject, Sendable {
    /// Takes an event and its frame, which many share; must not wait.
    func receive(_ event: PublishedEvent, frame: SharedBytes)
    /// Takes what is worth telling only now; may be dropped.
    func receive(frame: SharedBytes)
    /// True while so much is unsent that no history should be added to it.
    var isCongested: Bool { get }
}

/// Finds the receivers of an event among those of one loop; touched on that loop only.
final class EventReceiverIndex: @unchecked Sendable {
    final class Entry {
        var viewer: EventViewer
        /// Whose coming and going it wants to be told.
        var watched: Set<UserID> = []
        /// What lies at or below was delivered already.
        var cursor = Cursor.beginning
        let receiver: any EventReceiver

        init(viewer: EventViewer, receiver: any EventReceiver) {
            self.viewer = viewer
            self.receiver = receiver
        }
    }

    let loop: EventLoop
    private var byChannel: [ChannelID: [ObjectIdentifier: Entry]] = [:]
    private var byUser: [UserID: [ObjectIdentifier: Entry]] = [:]
    private var byApp: [AppID: [ObjectIdentifier: Entry]] = [:]
    private var administrators: [AppID: [ObjectIdentifier: Entry]] = [:]
    private var watchers: [UserID: [ObjectIdentifier: Entry]] = [:]

    init(loop: EventLoop) { self.loop = loop }

    func add(_ entry: Entry) {
        let id = ObjectIdentifier(entry)
        byUser[entry.viewer.userID, default: [:]][id] = entry
        byApp[entry.viewer.appID, default: [:]][id] = entry
        if entry.viewer.isAdministrator { administrators[entry.viewer.appID, default: [:]][id] = entry }
        for channel in entry.viewer.channels { byChannel[channel, default: [:]][id] = entry }
    }

    func remove(_ entry: Entry) {
        let id = ObjectIdentifier(entry)
        Self.drop(id, from: &byUser, entry.viewer.userID)
        Self.drop(id, from: &byApp, entry.viewer.appID)
        Self.drop(id, from: &administrators, entry.viewer.appID)
        for channel in entry.viewer.channels { Self.drop(id, from: &byChannel, channel) }
    }

    /// Has `entry` told of these users, in place of those before.
    func watch(_ users: Set<UserID>, _ entry: Entry) {
        guard users != entry.watched else { return }
        let id = ObjectIdentifier(entry)
        for user in entry.watched.subtracting(users) { Self.drop(id, from: &watchers, user) }
        for user in users.subtracting(entry.watched) { watchers[user, default: [:]][id] = entry }
        entry.watched = users
    }

    func deliver(_ frame: SharedBytes, toMembersOf channel: ChannelID, except user: UserID) {
        guard let entries = byChannel[channel] else { return }
        for entry in entries.values where entry.viewer.userID != user { entry.receiver.receive(frame: frame) }
    }

    func deliver(_ frame: SharedBytes, toWatchersOf user: UserID, in app: AppID) {
        guard let entries = watchers[user] else { return }
        for entry in entries.values where entry.viewer.appID == app { entry.receiver.receive(frame: frame) }
    }

    /// Hands each event to those who may see it, and follows what changes that on the way.
    func deliver(_ events: [PublishedEvent]) {
        for event in events { deliver(event) }
    }

    private func deliver(_ event: PublishedEvent) {
        let record = event.record
        switch record.audience {
        case .administrators: return hand(event, to: administrators[record.appID])
        case .user(let user): return hand(event, to: byUser[user])
        case .members: break
        }
        guard EventViewer.types.contains(record.type), let subject = record.subjectID else {
            return hand(event, to: record.channelID.map { byChannel[$0] } ?? byApp[record.appID])
        }
        let own = byUser[UserID(subject)] ?? [:]
        guard let channel = record.channelID else {
            hand(event, to: byApp[record.appID])
            for (id, entry) in own {
                entry.viewer.end(record)
                Self.drop(id, from: &administrators, record.appID)
                if entry.viewer.isAdministrator { administrators[record.appID, default: [:]][id] = entry }
            }
            return
        }
        if record.type == .memberAdded {
            for (id, entry) in own {
                entry.viewer.begin(record)
                byChannel[channel, default: [:]][id] = entry
            }
        }
        hand(event, to: byChannel[channel])
        if record.type == .memberRemoved {
            for (id, entry) in own {
                let wasMember = entry.viewer.channels.contains(channel)
                entry.viewer.end(record)
                Self.drop(id, from: &byChannel, channel)
                // Its membership was read after the removal: it is told all the same.
                if !wasMember, record.cursor > entry.cursor { entry.receiver.receive(event, frame: event.frame) }
            }
        }
    }

    private func hand(_ event: PublishedEvent, to entries: [ObjectIdentifier: Entry]?) {
        guard let entries else { return }
        let frame = event.frame
        // The values are copied out by the loop: a receiver that closes itself changes the index.
        for entry in entries.values where event.record.cursor > entry.cursor {
            entry.receiver.receive(event, frame: frame)
        }
    }

    private static func drop<Key: Hashable>(
        _ id: ObjectIdentifier, from index: inout [Key: [ObjectIdentifier: Entry]], _ key: Key
    ) {
        index[key]?.removeValue(forKey: id)
        if index[key]?.isEmpty == true { index.removeValue(forKey: key) }
    }
}
