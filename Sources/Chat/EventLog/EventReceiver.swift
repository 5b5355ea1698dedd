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
///
/// Memberships belong to the user, not to the receiver: however many sockets somebody has open, a channel is remembered
/// once.
final class EventReceiverIndex: @unchecked Sendable {
    final class Entry {
        /// Without channels once the receiver is live; ``Member`` has them.
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

    /// A user who has receivers here, with the channels as they are at the place of the log that this loop has reached.
    final class Member {
        let userID: UserID
        var channels: Set<ChannelID>
        var entries = ReceiverGroup<Entry>()

        init(userID: UserID, channels: Set<ChannelID>) {
            self.userID = userID
            self.channels = channels
        }
    }

    let loop: EventLoop
    private var byChannel: [ChannelID: ReceiverGroup<Member>] = [:]
    private var byUser: [UserID: Member] = [:]
    private var byApp: [AppID: ReceiverGroup<Entry>] = [:]
    private var administrators: [AppID: ReceiverGroup<Entry>] = [:]
    private var watchers: [UserID: ReceiverGroup<Entry>] = [:]

    init(loop: EventLoop) { self.loop = loop }

    /// How many memberships are remembered, for tests.
    var membershipCount: Int { byUser.values.reduce(0) { $0 + $1.channels.count } }

    func add(_ entry: Entry) {
        let userID = entry.viewer.userID
        // What a further receiver knows of later changes, its events will tell this loop in their turn.
        let channels = entry.viewer.handOverChannels()
        if let member = byUser[userID] {
            member.entries.insert(entry)
        } else {
            let member = Member(userID: userID, channels: channels)
            member.entries.insert(entry)
            byUser[userID] = member
            for channel in channels { byChannel[channel, default: ReceiverGroup()].insert(member) }
        }
        byApp[entry.viewer.appID, default: ReceiverGroup()].insert(entry)
        if entry.viewer.isAdministrator { administrators[entry.viewer.appID, default: ReceiverGroup()].insert(entry) }
    }

    func remove(_ entry: Entry) {
        byApp.remove(entry, from: entry.viewer.appID)
        administrators.remove(entry, from: entry.viewer.appID)
        guard let member = byUser[entry.viewer.userID] else { return }
        member.entries.remove(entry)
        guard member.entries.isEmpty else { return }
        byUser.removeValue(forKey: member.userID)
        for channel in member.channels { byChannel.remove(member, from: channel) }
    }

    /// Has `entry` told of these users, in place of those before.
    func watch(_ users: Set<UserID>, _ entry: Entry) {
        guard users != entry.watched else { return }
        for user in entry.watched.subtracting(users) { watchers.remove(entry, from: user) }
        for user in users.subtracting(entry.watched) { watchers[user, default: ReceiverGroup()].insert(entry) }
        entry.watched = users
    }

    func deliver(_ frame: SharedBytes, toMembersOf channel: ChannelID, except user: UserID?) {
        byChannel[channel]?.forEach { member in
            if member.userID != user { member.entries.forEach { $0.receiver.receive(frame: frame) } }
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
        byUser[UserID(subject)]?.entries.forEach { entry in
            if event.record.cursor > entry.cursor { entry.receiver.mayHaveEnded() }
        }
    }

    private func spread(_ event: PublishedEvent) {
        let record = event.record
        switch record.audience {
        case .administrators: return hand(event, to: administrators[record.appID])
        case .user(let user): return hand(event, to: byUser[user]?.entries)
        case .members: break
        }
        guard EventViewer.types.contains(record.type), let subject = record.subjectID else {
            guard let channel = record.channelID else { return hand(event, to: byApp[record.appID]) }
            hand(event, toMembersOf: channel)
            if record.type == .channelUpdated {
                byChannel[channel]?.forEach { member in member.entries.forEach { $0.viewer.follow(record) } }
            }
            return
        }
        let own = byUser[UserID(subject)]
        guard let channel = record.channelID else {
            hand(event, to: byApp[record.appID])
            own?.entries.forEach { entry in
                entry.viewer.end(record)
                administrators.remove(entry, from: record.appID)
                if entry.viewer.isAdministrator {
                    administrators[record.appID, default: ReceiverGroup()].insert(entry)
                }
            }
            return
        }
        if record.type == .memberAdded, let own {
            own.channels.insert(channel)
            own.entries.forEach { $0.viewer.limit(by: record) }
            byChannel[channel, default: ReceiverGroup()].insert(own)
        }
        hand(event, toMembersOf: channel)
        if record.type == .memberRemoved, let own {
            byChannel.remove(own, from: channel)
            own.entries.forEach { $0.viewer.end(record) }
            // When the membership was read after the removal, its end is told all the same.
            if own.channels.remove(channel) == nil { hand(event, to: own.entries) }
        }
    }

    private func hand(_ event: PublishedEvent, toMembersOf channel: ChannelID) {
        // Copies of the groups: a receiver that closes itself changes the index.
        byChannel[channel]?.forEach { hand(event, to: $0.entries) }
    }

    private func hand(_ event: PublishedEvent, to receivers: ReceiverGroup<Entry>?) {
        guard let receivers, !receivers.isEmpty else { return }
        let frame = event.frame
        // A new message is for every member; what happens to an old one may not be.
        let isOfOldMessage = event.record.type != .messageCreated && event.record.type.isOfMessages
        receivers.forEach { entry in
            guard event.record.cursor > entry.cursor, !isOfOldMessage || entry.viewer.reads(event.record) else {
                return
            }
            entry.receiver.receive(event, frame: frame)
        }
    }
}
