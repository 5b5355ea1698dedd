import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Foundation
import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MessageJSONTests {
    static let bare = Message(
        id: MessageID(1), seq: 1, channelID: ChannelID(-5),
        author: Author(id: UserID(3), handle: "ada", name: "Ada", kind: .person), text: "",
        createdAt: "2026-01-31T09:05:07.120Z")

    static let full = Message(
        id: MessageID(.max), seq: .max, channelID: ChannelID(.min),
        author: Author(id: UserID(10), handle: "h\"ook", name: #"Build "Bot" \ 🤖"#, kind: .hook), kind: .action,
        text: String(String.UnicodeScalarView((1...0x9F).compactMap(Unicode.Scalar.init))) + "\u{2028}</é👩‍👩‍👧\u{10FFFF}",
        content: [
            "attachments": [["text": "a\"b\n\u{7F}", "n": .number(1.5), "": nil, "k\"y\\": [true, false, [], [:]]]],
            "numbers": .array(
                [.integer(.min), .integer(.max), .integer(0)]
                    + [0.1, -0.0, 5, 1e16, 1e300, -.leastNonzeroMagnitude, .greatestFiniteMagnitude].map(
                        JSONValue.number)),
        ], threadRootID: MessageID(7), replyCount: 3,
        reactions: [ReactionCount(emoji: "👍", count: 2), ReactionCount(emoji: "a\"b", count: 1)], nonce: "nö\"nce",
        flags: ["rule one", "two\\"], hops: 3, createdAt: "2026-01-31T09:05:07.120Z",
        editedAt: "2026-02-01T00:00:00.000Z", deletedAt: "2026-02-02T00:00:00.000Z")

    private func value(_ json: some Sequence<UInt8>) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(json))
    }

    @Test(arguments: [[], [bare], [full], [bare, full, bare]])
    func `messages are written with the values that their coding gives`(messages: [Message]) throws {
        var json: [UInt8] = []
        messages.appendJSON(to: &json)
        #expect(try value(json) == value(try JSONEncoder().encode(messages)))
        #expect(try JSONDecoder().decode([Message].self, from: Data(json)).map(\.text) == messages.map(\.text))
    }

    /// The store formats times itself; the events of changes have them from PostgreSQL.
    @Test(arguments: [
        "2026-01-31T09:05:07.120Z", "2024-02-29T23:59:59.999999Z", "1999-12-31T23:59:59.9995Z", "2000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999Z",
        "0001-01-01T00:00:00Z",
    ])
    func `a time reads as PostgreSQL writes it`(time: String) async throws {
        let fixture = try await ChatFixture.shared()
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let new = NewMessage(
            appID: tenant.app.id, channelID: channel.id, author: tenant.admin.author, text: "now", createdAt: 0)
        let places = try await fixture.store.pool.withConnection { try await fixture.store.append([new], on: $0) }
        let id = try #require(places[0]).id
        let rows = try await fixture.store.pool.query(
            """
            UPDATE messages SET created_at = $2::text::timestamptz, edited_at = $2::text::timestamptz,
                deleted_at = $2::text::timestamptz
            WHERE id = $1 RETURNING rfc3339(created_at)
            """, id.rawValue, time)
        let written = try #require(rows.first).decode(0, as: String.self)
        let message = try #require(try await fixture.store.message(id, in: tenant.app.id))
        #expect([message.createdAt, message.editedAt, message.deletedAt] == [written, written, written])
    }
}
