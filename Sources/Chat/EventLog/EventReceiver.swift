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
        let appID: AppID
        let userID: UserID
        var channels: Set<ChannelID>
        /// Whose coming and going it wants to be told.
        var watched: Set<UserID> = []
        /// What lies at or below was delivered already.
        var cursor = Cursor.beginning
        let receiver: any EventReceiver

        init(appID: AppID, userID: UserID, channels: Set<ChannelID>, receiver: any EventReceiver) {
            self.appID = appID
            self.userID = userID
            self.channels = channels
            self.receiver = receiver
        }
    }

    let loop: EventLoop
    private var byChannel: [ChannelID: [ObjectIdentifier: Entry]] = [:]
    private var byUser: [UserID: [ObjectIdentifier: Entry]] = [:]
    private var byApp: [AppID: [ObjectIdentifier: Entry]] = [:]
    private var watchers: [UserID: [ObjectIdentifier: Entry]] = [:]

    init(loop: EventLoop) { self.loop = loop }

    func add(_ entry: Entry) {
        let id = ObjectIdentifier(entry)
        byUser[entry.userID, default: [:]][id] = entry
        byApp[entry.appID, default: [:]][id] = entry
        for channel in entry.channels { byChannel[channel, default: [:]][id] = entry }
    }

    func remove(_ entry: Entry) {
        let id = ObjectIdentifier(entry)
        Self.drop(id, from: &byUser, entry.userID)
        Self.drop(id, from: &byApp, entry.appID)
        for channel in entry.channels { Self.drop(id, from: &byChannel, channel) }
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
        for entry in entries.values where entry.userID != user { entry.receiver.receive(frame: frame) }
    }

    func deliver(_ frame: SharedBytes, toWatchersOf user: UserID, in app: AppID) {
        guard let entries = watchers[user] else { return }
        for entry in entries.values where entry.appID == app { entry.receiver.receive(frame: frame) }
    }

    /// Hands each event to those who may see it, and follows the membership on the way.
    func deliver(_ events: [PublishedEvent]) {
        for event in events { deliver(event) }
    }

    private func deliver(_ event: PublishedEvent) {
        let record = event.record
        if let audience = record.audienceID { return hand(event, to: byUser[audience]) }
        guard let channel = record.channelID else { return hand(event, to: byApp[record.appID]) }
        if record.type == .memberAdded, let subject = record.subjectID {
            for (id, entry) in byUser[UserID(subject)] ?? [:] where entry.channels.insert(channel).inserted {
                byChannel[channel, default: [:]][id] = entry
            }
        }
        hand(event, to: byChannel[channel])
        if record.type == .memberRemoved, let subject = record.subjectID {
            for (id, entry) in byUser[UserID(subject)] ?? [:] {
                if entry.channels.remove(channel) != nil {
                    Self.drop(id, from: &byChannel, channel)
                } else if record.cursor > entry.cursor {
                    // Its membership was read after the removal: it is told all the same.
                    entry.receiver.receive(event, frame: event.frame)
                }
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
