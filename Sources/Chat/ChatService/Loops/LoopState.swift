import ChatModel
import ChatStore

/// How often automations have answered one another in each channel with no person between.
///
/// It goes by the log alone, so every node counts the same, and what was counted before a start can be counted again. A
/// *turn* is a message of an automation that reads, soon after one of another that reads, when it has spoken before: the
/// first that each says to a person or a feed answers those. Whoever only writes (hooks, imports, bots that never read)
/// is a feed and has no turns. Who answers too late for an answer goes by a clock of its own, and ends the count.
///
/// Without I/O; bounded in channels and in automations of each.
struct LoopState {
    /// Turns after which those who take them are stopped.
    static let bound = ChatLimits.turns
    /// What comes later than this answers nobody, in milliseconds: a timer.
    static let answerTime: Int64 = 20_000
    private static let maximumChannels = 10_000
    private static let maximumSpeakers = 32

    struct Stop: Equatable {
        var participants: [UserID]
        /// The newest message as they were stopped.
        let after: Int64
        /// The message that the talk began with.
        var since: Int64 = 0
    }

    enum Verdict: Equatable {
        case free
        /// The author is stopped already.
        case stopped
        /// One turn more would be too many.
        case atBound(Stop)
    }

    private struct Speaker {
        let id: UserID
        var lastMessage: Int64
        /// By the database's clock.
        var lastAt: Int64
        /// By this node's.
        var arrived: ContinuousClock.Instant
        /// Since somebody outside has given a cause.
        var hasSpoken = true
    }

    private struct Talk {
        var turns = 0
        var speakers: [Speaker] = []
        var newest: Int64 = 0
        var first: Int64 = 0

        func last(beside author: UserID, since message: Int64) -> Speaker? {
            speakers.filter { $0.id != author && $0.lastMessage > message }.max { $0.lastMessage < $1.lastMessage }
        }
    }

    private var talks: [ChannelID: Talk] = [:]
    private(set) var stops: [ChannelID: Stop] = [:]
    /// Where a chain's end was told since a person spoke.
    private var told: Set<ChannelID> = []

    /// Channels that are counted.
    var count: Int { talks.count }

    // MARK: What happens

    /// - Returns: Whether that ends a stop.
    mutating func personSpoke(in channel: ChannelID, message: Int64) -> Bool {
        talks.removeValue(forKey: channel)
        told.remove(channel)
        guard let stop = stops[channel], stop.after < message else { return false }
        stops.removeValue(forKey: channel)
        return true
    }

    /// Somebody who does not read has spoken: what follows may be an answer to that.
    mutating func feedSpoke(in channel: ChannelID) {
        guard let talk = talks[channel], talk.speakers.contains(where: \.hasSpoken) else { return }
        for index in talk.speakers.indices { talks[channel]?.speakers[index].hasSpoken = false }
    }

    /// An automation that reads has spoken.
    ///
    /// - Parameters:
    ///   - at: When, by the database's clock, in milliseconds.
    ///   - arrived: When this node got to know.
    mutating func automationSpoke(
        _ author: UserID, in channel: ChannelID, message: Int64, at: Int64, arrived: ContinuousClock.Instant
    ) {
        if talks[channel] == nil { makeRoom(at) }
        var talk = talks.removeValue(forKey: channel) ?? Talk()
        talk.newest = max(talk.newest, message)
        if talk.speakers.isEmpty { talk.first = message }
        let place = talk.speakers.firstIndex { $0.id == author }
        if let place, talk.speakers[place].hasSpoken,
            let other = talk.last(beside: author, since: talk.speakers[place].lastMessage)
        {
            if at - other.lastAt <= Self.answerTime { talk.turns += 1 } else { talk.turns = 0 }
        }
        let speaker = Speaker(id: author, lastMessage: message, lastAt: at, arrived: arrived)
        if let place {
            talk.speakers[place] = speaker
        } else {
            if talk.speakers.count == Self.maximumSpeakers { talk.speakers.removeFirst() }
            talk.speakers.append(speaker)
        }
        talks[channel] = talk
    }

    /// Counts without those who have said nothing for so long that their talk is over.
    private mutating func makeRoom(_ now: Int64) {
        guard talks.count >= Self.maximumChannels else { return }
        talks = talks.filter { $0.value.speakers.contains { now - $0.lastAt <= Self.answerTime } }
        guard talks.count >= Self.maximumChannels else { return }
        // Many at once, so that not each further one has to look at all.
        for channel in Array(talks.keys.prefix(Self.maximumChannels / 4)) { talks.removeValue(forKey: channel) }
    }

    mutating func stop(_ channel: ChannelID, _ stop: Stop) {
        var stop = stop
        for id in stops[channel]?.participants ?? [] where !stop.participants.contains(id) {
            stop.participants.append(id)
        }
        stops[channel] = stop
    }

    mutating func resume(_ channel: ChannelID) {
        stops.removeValue(forKey: channel)
        talks.removeValue(forKey: channel)
        told.remove(channel)
    }

    /// - Returns: Whether the end of a chain is to be told: once until a person speaks.
    mutating func tellsEnd(in channel: ChannelID) -> Bool {
        if told.count >= Self.maximumChannels { told = [] }
        return stops[channel] == nil && told.insert(channel).inserted
    }

    // MARK: What is asked

    /// Whether an automation that reads may write.
    func verdict(on author: UserID, in channel: ChannelID, now: ContinuousClock.Instant) -> Verdict {
        if let stop = stops[channel], stop.participants.contains(author) { return .stopped }
        guard let talk = talks[channel], talk.turns >= Self.bound,
            let own = talk.speakers.first(where: { $0.id == author }), own.hasSpoken,
            let other = talk.last(beside: author, since: own.lastMessage),
            now - other.arrived <= .milliseconds(Self.answerTime)
        else { return .free }
        let participants = talk.speakers.filter(\.hasSpoken).map(\.id)
        return .atBound(Stop(participants: participants, after: talk.newest, since: talk.first))
    }
}
