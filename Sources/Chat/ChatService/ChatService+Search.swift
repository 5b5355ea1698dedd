package import ChatModel
import ChatStore
import Limits
import Synchronization
import Telemetry

/// Finds messages; the database's own full text unless a bridge offers better.
package protocol SearchEngine: Sendable {
    var name: String { get }
    /// The ids of messages that match, newest first; the service reads and checks each again.
    func search(
        _ query: String, channels: [ChannelID], app: AppID, before: MessageID?, limit: Int
    ) async throws -> [MessageID]
}

/// The engine in force; set by the bridge that feeds it.
package final class SearchDirectory: Sendable {
    private let engine = Mutex<(any SearchEngine)?>(nil)
    package init() {}
    package func set(_ engine: (any SearchEngine)?) { self.engine.withLock { $0 = engine } }
    package var current: (any SearchEngine)? { engine.withLock { $0 } }
}

extension ChatService {
    /// Messages with the words of `query` in the channels that the caller may read.
    ///
    /// - Returns: The messages, newest first, and the name of what found them.
    package func search(
        _ query: String, in channel: ChannelID?, before: MessageID?, limit: Int, for principal: Principal
    ) async throws -> (messages: [Message], engine: String) {
        // By scalars: one character as people count them may be a megabyte of accents.
        let query = String(String.UnicodeScalarView(query.unicodeScalars.prefix(ChatLimits.query)))
        guard query.contains(where: { !$0.isWhitespace }) else {
            throw ChatError.invalid("/q", "Say what to search for.")
        }
        try limits.searches.pass(
            LimitKey(principal.userID.rawValue), "rate_limited", "You are searching too often; wait a little.")
        let standing = try await store.viewpoint(of: principal.userID, in: principal.appID)
        var channels = standing.channels
        var hidden = principal.may(.readEverything) ? [:] : standing.limits
        if let channel {
            if !channels.contains(channel) { hidden[channel] = try await rights(in: channel, principal).hiddenUpTo }
            channels = [channel]
        }
        let limit = min(limit, ChatLimits.page)
        if let engine = search.current {
            do {
                let ids = try await engine.search(
                    query, channels: channels, app: principal.appID, before: before, limit: limit)
                let allowed = Set(channels)
                // The index may lag behind an edit, a deletion or a membership: the database decides.
                let found = try await store.messages(ids, in: principal.appID)
                    .filter {
                        allowed.contains($0.channelID) && $0.deletedAt == nil && $0.seq > hidden[$0.channelID] ?? 0
                    }
                return (found.sorted { $0.id > $1.id }, engine.name)
            } catch {
                logger.warn("search.fallback", ["engine": .string(engine.name), "error": .error(error)])
            }
        }
        let found = try await store.search(
            query, channels: channels, limits: hidden, app: principal.appID, before: before, limit: limit)
        return (found, "postgresql")
    }
}
