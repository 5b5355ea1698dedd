public import ChatModel
import HTTPTypes

extension MartletClient {
    /// What happened behind a cursor.
    public struct EventPage: Codable, Sendable {
        /// In the order of the log; empty when nothing happened in time.
        public var events: [Event]
        /// Where to go on.
        public var cursor: Cursor
        /// Names the log that the cursor belongs to; shown with it when it is used.
        public var epoch: String
    }

    /// What happened after a cursor and may be seen by the caller.
    ///
    /// - Parameters:
    ///   - after: From now on when nil.
    ///   - epoch: What the page told that gave the cursor; without it a backup that was put back may go unnoticed.
    ///   - types: Only these; all when empty.
    ///   - wait: Seconds, up to 50, to wait for an event when there is none.
    ///   - limit: 1 to 200.
    /// - Throws: ``MartletClientError``; with the code `events_gone` the events are not kept any
    ///   more, with `cursor_unknown` the log was put back to an older state.
    public func events(
        after: Cursor? = nil, epoch: String? = nil, types: [EventType] = [], wait: Int = 0, limit: Int = 200
    ) async throws -> EventPage {
        var path = "/v1/events?wait=\(wait)&limit=\(limit)"
        if let after { path += "&after=\(after)" }
        if let epoch { path += "&epoch=\(Self.segment(epoch))" }
        if !types.isEmpty { path += "&types=\(types.map { Self.segment($0.description) }.joined(separator: ","))" }
        return try await call(.get, path)
    }

    /// The channel of a number.
    public func channel(_ id: ChannelID) async throws -> Channel { try await call(.get, "/v1/channels/\(id)") }

    /// The user of a number.
    public func user(_ id: UserID) async throws -> User { try await call(.get, "/v1/users/\(id)") }
}
