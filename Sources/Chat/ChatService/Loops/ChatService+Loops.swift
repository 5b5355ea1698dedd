package import ChatModel
package import ChatStore
import EventLog
import Foundation
import Telemetry

/// Keeps automations from answering one another without end.
///
/// Two guards, of which neither trusts what an automation says of itself. What a bot says while it has events in hand
/// came through one automation more than those, and ends at ``ChatLimits/hops``. Beside that turns are counted; at
/// ``ChatLimits/turns`` those who take them are stopped, until a person speaks or an administrator lets them go on.
extension ChatService {
    // MARK: Start

    /// Learns what was stopped before this process began, and counts once more what was said last.
    package func loadLoops() async throws {
        loops.begin(
            stops: try await store.stoppedLoops(in: nil, limit: Self.maximumStops),
            readers: try await store.readingBots(), said: try await store.recentUtterances(limit: 2000))
    }

    /// Learns which bots read at other nodes.
    package func refreshReaders() async throws { loops.learn(readers: try await store.readingBots()) }

    private static let maximumStops = 10_000

    // MARK: Reading

    /// Notes that a bot is handed messages: whoever only writes is a feed, and answers nobody.
    ///
    /// - Parameter types: What it asked for; nil for everything.
    package func noteReading(_ principal: Principal, types: [EventType]? = nil) {
        guard principal.user.kind == .bot, types.map({ $0.contains { $0.isOfTexts } }) ?? true,
            loops.noteReading(principal.userID)
        else { return }
        // Ends with the answer; another call within the day says it again.
        Task {
            do {
                try await self.store.noteReading(of: principal.userID, in: principal.appID)
            } catch {
                self.logger.warn("loop.reader_not_noted", ["error": .error(error)])
            }
        }
    }

    // MARK: Writing

    /// How many automations something that the caller does has come through, declared or not.
    func hops(
        declared: Int, nonce: String?, text: String = "", in channel: ChannelID, _ principal: Principal
    ) -> Int {
        switch principal.user.kind {
        case .person: return declared
        case .bot:
            let named = nonce.flatMap(Self.named)
            var cause = inHand.hops(of: principal.userID, in: channel, named: named)
            // The bot may be connected to another node; what it names, every node knows.
            if let named, let record = log.hub.recent(at: named), record.appID == principal.appID {
                cause = record.hops
            }
            return max(declared, (cause ?? -1) + 1)
        case .hook:
            let hook = principal.userID
            let brought = hookDeliveries.hops(of: hook, in: channel, text: text) {
                loops.isLast($0, of: hook, in: channel)
            }
            return max(declared, brought ?? 0)
        }
    }

    /// The event that a nonce is made of: `812-77`, `812-77:0`, `name_812-77`.
    private static func named(_ nonce: String) -> Cursor? {
        guard nonce.utf8.contains(UInt8(ascii: "-")) else { return nil }
        let first = nonce.prefix { $0 != ":" }
        return Cursor(String(first[(first.lastIndex(of: "_").map { first.index(after: $0) } ?? first.startIndex)...]))
    }

    /// - Throws: ``ChatError`` when a chain of automations is too long.
    func checkChain(_ hops: Int, _ author: Author, in channel: ChannelID, _ principal: Principal) async throws {
        guard hops > ChatLimits.hops else { return }
        if principal.user.kind != .person { await tellEnd(of: channel, author, in: principal.appID, nonce: nil) }
        throw ChatError(
            .refused, "automation_loop",
            "This has come through \(hops) automations; \(ChatLimits.hops) is the limit.")
    }

    /// - Throws: ``ChatError`` when the author is stopped, or has to be.
    func checkTurns(
        _ author: Author, _ hops: Int, nonce: String?, in channel: ChannelID, _ name: String, _ principal: Principal
    ) async throws {
        guard principal.user.kind == .bot, author.kind == .bot else { return }
        switch loops.verdict(on: author.id, in: channel, hops: hops) {
        case .free: return
        case .stopped: break
        case .atBound(let stop): try await self.stop(stop, author, in: channel, name, principal.appID)
        }
        // Who asks what became of a message that was stored is told.
        if let nonce, try await store.isStored(nonce: nonce, of: author.id, in: channel) { return }
        throw ChatError(
            .refused, "automation_stopped",
            "Automations have answered one another \(ChatLimits.turns) times here with no person between, so this one "
                + "is stopped in this channel until a person writes or an administrator lets it go on.")
    }

    private func stop(
        _ stop: LoopState.Stop, _ author: Author, in channel: ChannelID, _ name: String, _ app: AppID
    ) async throws {
        let isFirst = try await store.insertStop(
            channel, participants: stop.participants, after: stop.after, since: stop.since, in: app)
        loops.stop(channel, stop)
        guard isFirst else { return }
        stopped.add()
        logger.warn("loop.stopped", ["channel": .string("\(channel)"), "automations": .int(stop.participants.count)])
        let names = await handles(stop.participants, in: app)
        await tell(
            "\(names) have answered one another \(ChatLimits.turns) times with no person between, so what they write "
                + "here is refused from now on. They go on when a person writes here, or when an administrator says "
                + "`martlet loop resume \(name.isEmpty ? "\(channel)" : "#\(name)")`.",
            LoopGuard.Notice(state: .stopped, participants: stop.participants, after: stop.after), author, in: channel,
            app, nonce: nil)
    }

    // MARK: Telling

    /// Says in the channel that a chain of automations ends there.
    ///
    /// - Parameters:
    ///   - author: The automation that will not answer.
    ///   - nonce: The same for what is told twice.
    private func tellEnd(of channel: ChannelID, _ author: Author, in app: AppID, nonce: String?) async {
        guard loops.tellsEnd(in: channel) else { return }
        ended.add()
        await tell(
            "This has gone from automation to automation \(ChatLimits.hops) times, which is the limit, so "
                + "@\(author.handle) does not answer any more. It begins anew when a person writes here.",
            LoopGuard.Notice(state: .ended, participants: [author.id]), author, in: channel, app, nonce: nonce)
    }

    /// Says in the channel that a bridge is not given an event, since it came through too many automations.
    package func tellEnd(of record: EventRecord, bridge account: UserID) async {
        guard let channel = record.channelID,
            let user = try? await users.user(account, in: record.appID)?.user
        else { return }
        await tellEnd(
            of: channel, Author(id: user.id, handle: user.handle, name: user.name, kind: user.kind),
            in: record.appID, nonce: "loop:\(record.cursor)")
    }

    /// Writes a message of the system's, which no automation answers: it has come through as many as there may be.
    private func tell(
        _ text: String, _ notice: LoopGuard.Notice, _ author: Author, in channel: ChannelID, _ app: AppID,
        nonce: String?
    ) async {
        let content = (try? JSONEncoder().encode(["automation_loop": notice])).map {
            String(decoding: $0, as: UTF8.self)
        }
        let message = NewMessage(
            appID: app, channelID: channel, author: author, kind: .system, text: text, content: content, nonce: nonce,
            hops: ChatLimits.hops, createdAt: Timestamp.nowMilliseconds())
        let result = await withCheckedContinuation { continuation in
            sendQueue.append(message, from: message.author.id) { continuation.resume(returning: $0) }
        }
        if case .failure(let error) = result { logger.warn("loop.not_told", ["error": .error(error)]) }
    }

    private func handles(_ ids: [UserID], in app: AppID) async -> String {
        var names: [String] = []
        for id in ids.prefix(8) {
            if let user = try? await users.user(id, in: app)?.user { names.append("@\(user.handle)") }
        }
        let others = ids.count - names.count
        if others > 0 { names.append("\(others) other\(others == 1 ? "" : "s")") }
        guard let last = names.last, names.count > 1 else { return names.first ?? "Automations" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }

    // MARK: Administrators

    /// Where automations are stopped, the last first; for administrators.
    package func stoppedLoops(for principal: Principal) async throws -> [ChatStore.StoppedLoop] {
        try principal.require(.administer)
        return try await store.stoppedLoops(in: principal.appID, limit: ChatLimits.page)
    }

    /// Lets the automations of a channel go on; for administrators.
    package func resumeLoop(in channel: ChannelID, by principal: Principal) async throws {
        try principal.require(.administer)
        guard try await store.deleteStop(channel, by: principal.auditActor, in: principal.appID) else {
            throw ChatError(.notFound, "not_stopped", "No automations are stopped in this channel.")
        }
        loops.resume(channel)
        await tell(
            "@\(principal.user.handle) lets the automations go on.",
            LoopGuard.Notice(state: .resumed, participants: []), principal.author, in: channel, principal.appID,
            nonce: nil)
    }
}

extension EventType {
    /// Whether it brings what somebody said.
    fileprivate var isOfTexts: Bool { self == .messageCreated || self == .messageUpdated }
}
