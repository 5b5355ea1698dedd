import ChatModel
import ChatStore
import Foundation
import Synchronization

/// Follows the log for ``LoopState``, and knows which bots read messages at all.
final class LoopGuard: Sendable {
    /// A stop that a person has ended.
    struct Release {
        let channel: ChannelID
        let app: AppID
        let message: Int64
    }

    /// What a message of the server's own tells the other nodes.
    struct Notice: Codable {
        enum State: String, Codable { case stopped, resumed, ended }

        var state: State
        var participants: [UserID]
        var after: Int64?
    }

    /// An hour: so often it is noted that a bot still reads.
    private static let notingInterval = Duration.seconds(3600)
    private static let maximumReaders = 100_000
    fileprivate static let maximumHooks = 10_000

    fileprivate struct State {
        var loops = LoopState()
        /// Bots that read messages, with when that was noted by this node.
        var readers: [UserID: ContinuousClock.Instant?] = [:]
        /// The last message of a hook in a channel, when nobody else has spoken since.
        var hooks: [ChannelID: (hook: UserID, message: Int64)] = [:]
    }

    private let state = Mutex(State())

    // MARK: The log

    /// Takes what the log tells; every node gets to know it in the same order.
    func follow(_ records: [EventRecord]) -> [Release] {
        var releases: [Release] = []
        let now = ContinuousClock.now
        for record in records where record.type == .messageCreated {
            guard let channel = record.channelID, let author = record.actorID, let message = record.subjectID,
                let head = MessageHead(record.data)
            else { continue }
            if head.isSystem {
                if let notice = Self.notice(record) { take(notice, channel) }
                continue
            }
            let isReleased = state.withLock { state in
                state.take(
                    ChatStore.Utterance(
                        channel: channel, app: record.appID, author: author, kind: head.author, message: message,
                        hops: record.hops, at: record.at), now)
            }
            if isReleased { releases.append(Release(channel: channel, app: record.appID, message: message)) }
        }
        return releases
    }

    /// Begins with what other nodes know, and counts anew what was said last.
    func begin(stops: [ChatStore.StoppedLoop], readers: [UserID], said: [ChatStore.Utterance]) {
        state.withLock { state in
            for bot in readers { state.readers[bot] = .some(nil) }
            let now = ContinuousClock.now
            for utterance in said { _ = state.take(utterance, now) }
            for stop in stops {
                state.loops.stop(
                    stop.channel, .init(participants: stop.participants, after: stop.after.rawValue))
            }
        }
    }

    private func take(_ notice: Notice, _ channel: ChannelID) {
        state.withLock { state in
            switch notice.state {
            case .stopped:
                state.loops.stop(channel, .init(participants: notice.participants, after: notice.after ?? 0))
            case .resumed: state.loops.resume(channel)
            case .ended: break
            }
        }
    }

    private static func notice(_ record: EventRecord) -> Notice? {
        struct Message: Decodable {
            struct Content: Decodable { var automation_loop: Notice? }
            var content: Content?
        }
        return (try? JSONDecoder().decode(Message.self, from: Data(record.data.utf8)))?.content?.automation_loop
    }

    // MARK: Readers

    /// Notes that a bot is handed messages.
    ///
    /// - Returns: Whether the database is to be told.
    func noteReading(_ bot: UserID) -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            if let noted = state.readers[bot], let noted, now - noted < Self.notingInterval { return false }
            if state.readers.count >= Self.maximumReaders { state.readers = [:] }
            state.readers[bot] = now
            return true
        }
    }

    /// Takes over which bots read at other nodes.
    func learn(readers: [UserID]) {
        state.withLock { state in
            for bot in readers where state.readers[bot] == nil { state.readers[bot] = .some(nil) }
        }
    }

    // MARK: Questions

    /// - Parameter hops: What the message came through: beyond one, it answers an automation.
    func verdict(on author: UserID, in channel: ChannelID, hops: Int) -> LoopState.Verdict {
        state.withLock { state in
            guard state.reads(author, hops) else { return .free }
            return state.loops.verdict(on: author, in: channel, now: .now)
        }
    }

    func stop(_ channel: ChannelID, _ stop: LoopState.Stop) { state.withLock { $0.loops.stop(channel, stop) } }
    func resume(_ channel: ChannelID) { state.withLock { $0.loops.resume(channel) } }
    func tellsEnd(in channel: ChannelID) -> Bool { state.withLock { $0.loops.tellsEnd(in: channel) } }

    /// Whether nobody has spoken in a channel since this message of a hook.
    func isLast(_ message: Int64, of hook: UserID, in channel: ChannelID) -> Bool {
        state.withLock { state in
            state.hooks[channel].map { $0.hook == hook && $0.message == message } ?? false
        }
    }
}

extension LoopGuard.State {
    fileprivate func reads(_ author: UserID, _ hops: Int) -> Bool { hops > 1 || readers[author] != nil }

    /// - Returns: Whether that ends a stop.
    fileprivate mutating func take(_ said: ChatStore.Utterance, _ now: ContinuousClock.Instant) -> Bool {
        if said.kind != .hook { hooks.removeValue(forKey: said.channel) }
        switch said.kind {
        case .person: return loops.personSpoke(in: said.channel, message: said.message)
        case .hook:
            if hooks.count >= LoopGuard.maximumHooks { hooks = [:] }
            hooks[said.channel] = (said.author, said.message)
            loops.feedSpoke(in: said.channel)
        case .bot where reads(said.author, said.hops):
            loops.automationSpoke(said.author, in: said.channel, message: said.message, at: said.at, arrived: now)
        case .bot: loops.feedSpoke(in: said.channel)
        }
        return false
    }
}
