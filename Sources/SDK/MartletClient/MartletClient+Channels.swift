public import ChatModel
import HTTPTypes

extension MartletClient {
    /// The channel of a name, with or without `#`.
    public func channel(named name: String) async throws -> Channel {
        let plain = name.hasPrefix("#") ? String(name.dropFirst()) : name
        return try await call(.get, "/v1/channels/by-name/\(Self.segment(plain))")
    }

    /// Makes a channel that the caller owns.
    public func createChannel(
        _ name: String, kind: Channel.Kind = .public, topic: String? = nil
    ) async throws -> Channel {
        struct Body: Encodable {
            var kind: Channel.Kind
            var name: String
            var topic: String?
        }
        return try await call(.post, "/v1/channels", Body(kind: kind, name: name, topic: topic))
    }

    /// Becomes a member of a public channel; a member stays one.
    public func join(_ channel: ChannelID) async throws -> Channel {
        try await call(.post, "/v1/channels/\(channel)/join")
    }

    /// Adds up to 1000 users to a channel; who is a member already stays as it is.
    public func addMembers(_ users: [UserID], to channel: ChannelID) async throws {
        struct Body: Encodable {
            var users: [UserID]
        }
        let _: NoBody = try await call(.post, "/v1/channels/\(channel)/members", Body(users: users))
    }

    /// One page of a channel's messages, ordered by number.
    ///
    /// - Parameters:
    ///   - before: Only messages numbered below; the page ends right before it.
    ///   - after: Only messages numbered above.
    ///   - limit: 1 to 200.
    public func messages(
        in channel: ChannelID, before: Int64? = nil, after: Int64? = nil, limit: Int = 50
    ) async throws -> [Message] {
        struct Page: Decodable {
            var messages: [Message]
        }
        var path = "/v1/channels/\(channel)/messages?limit=\(limit)"
        if let before { path += "&before=\(before)" }
        if let after { path += "&after=\(after)" }
        return try await (call(.get, path) as Page).messages
    }

    /// Says something; returns when the server has stored it.
    ///
    /// - Parameter nonce: The caller's own mark: sending again with it does not send twice.
    @discardableResult
    public func send(
        _ text: String, to channel: ChannelID, threadRoot: MessageID? = nil, nonce: String? = nil
    ) async throws -> Message {
        struct Body: Encodable {
            var text: String
            var nonce: String?
            var thread_root_id: MessageID?
        }
        return try await call(
            .post, "/v1/channels/\(channel)/messages", Body(text: text, nonce: nonce, thread_root_id: threadRoot))
    }
}
