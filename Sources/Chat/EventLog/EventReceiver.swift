import ChatModel
import ChatStore
package import EventLoop

/// Gets the events of one user as they happen; called on its loop.
package protocol EventReceiver: AnyObject, Sendable {
    /// Takes an event and its frame, which many share; must not wait.
    func receive(_ event: PublishedEvent, frame: SharedBytes)
    /// Takes what is worth telling only now; may be dropped.
    func receive(frame: SharedBytes)
    /// Says that the user's account, log-in or token may have ended: called before anything that happened behind that is
    /// handed over.
    func mayHaveEnded()
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
    private var byChannel: [ChannelID: ReceiverGroup] = [:]
    private var byUser: [UserID: ReceiverGroup] = [:]
    private var byApp: [AppID: ReceiverGroup] = [:]
    private var administrators: [AppID: ReceiverGroup] = [:]
    private var watchers: [UserID: ReceiverGroup] = [:]

    init(loop: EventLoop) { self.loop = loop }

    func add(_ entry: Entry) {
        byUser[entry.viewer.userID, default: ReceiverGroup()].insert(entry)
        byApp[entry.viewer.appID, default: ReceiverGroup()].insert(entry)
        if entry.viewer.isAdministrator { administrators[entry.viewer.appID, default: ReceiverGroup()].insert(entry) }
        for channel in entry.viewer.channels { byChannel[channel, default: ReceiverGroup()].insert(entry) }
    }

    func remove(_ entry: Entry) {
        byUser.remove(entry, from: entry.viewer.userID)
        byApp.remove(entry, from: entry.viewer.appID)
        administrators.remove(entry, from: entry.viewer.appID)
        for channel in entry.viewer.channels { byChannel.remove(entry, from: channel) }
    }

    /// Has `entry` told of these users, in place of those before.
    func watch(_ users: Set<UserID>, _ entry: Entry) {
        guard users != entry.watched else { return }
        for user in entry.watched.subtracting(users) { watchers.remove(entry, from: user) }
        for user in users.subtracting(entry.watched) { watchers[user, default: ReceiverGroup()].insert(entry) }
        entry.watched = users
    }

    func deliver(_ frame: SharedBytes, toMembersOf channel: ChannelID, except user: UserID) {
        byChannel[channel]?.forEach { entry in
            if entry.viewer.userID != user { entry.receiver.receive(frame: frame) }
        }
    }

    func deliver(_ frame: SharedBytes, toWatchersOf user: UserID, in app: AppID) {
        watchers[user]?.forEach { entry in
            if entry.viewer.appID == app { entry.receiver.receive(frame: frame) }
        }
    }

    /// Hands each event to those who may see it, and follows what changes that on the way.
    func deliver(_ events: [PublishedEvent]) {
        for event in events { deliver(event) }
    }

    private func deliver(_ event: PublishedEvent) {
        spread(event)
        guard EventViewer.mayEnd(event.record), let subject = event.record.subjectID else { return }
        byUser[UserID(subject)]?.forEach { entry in
            if event.record.cursor > entry.cursor { entry.receiver.mayHaveEnded() }
        }
    }

    private func spread(_ event: PublishedEvent) {
        let record = event.record
        switch record.audience {
        case .administrators: return hand(event, to: administrators[record.appID])
        case .user(let user): return hand(event, to: byUser[user])
        case .members: break
        }
        guard EventViewer.types.contains(record.type), let subject = record.subjectID else {
            hand(event, to: record.channelID.map { byChannel[$0] } ?? byApp[record.appID])
            if record.type == .channelUpdated, let channel = record.channelID {
                byChannel[channel]?.forEach { $0.viewer.follow(record) }
            }
            return
        }
        let own = byUser[UserID(subject)] ?? ReceiverGroup()
        guard let channel = record.channelID else {
            hand(event, to: byApp[record.appID])
            own.forEach { entry in
                entry.viewer.end(record)
                administrators.remove(entry, from: record.appID)
                if entry.viewer.isAdministrator {
                    administrators[record.appID, default: ReceiverGroup()].insert(entry)
                }
            }
            return
        }
        if record.type == .memberAdded {
            own.forEach { entry in
                entry.viewer.begin(record)
                byChannel[channel, default: ReceiverGroup()].insert(entry)
            }
        }
        hand(event, to: byChannel[channel])
        if record.type == .memberRemoved {
            own.forEach { entry in
                let wasMember = entry.viewer.channels.contains(channel)
                entry.viewer.end(record)
                byChannel.remove(entry, from: channel)
                // Its membership was read after the removal: it is told all the same.
                if !wasMember, record.cursor > entry.cursor { entry.receiver.receive(event, frame: event.frame) }
            }
        }
    }

    private func hand(_ event: PublishedEvent, to receivers: ReceiverGroup?) {
        guard let receivers else { return }
        let frame = event.frame
        // A new message is for every member; what happens to an old one may not be.
        let isOfOldMessage = event.record.type != .messageCreated && event.record.type.isOfMessages
        // This is a copy of the group: a receiver that closes itself changes the index.
        receivers.forEach { entry in
            guard event.record.cursor > entry.cursor, !isOfOldMessage || entry.viewer.reads(event.record) else {
                return
            }
            entry.receiver.receive(event, frame: frame)
        }
    }
}
