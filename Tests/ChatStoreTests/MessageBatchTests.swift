import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Foundation
import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MessageBatchTests {
    private let fixture: ChatFixture
    private let tenant: ChatTenant
    private let channel: Channel

    init() async throws {
        fixture = try await ChatFixture.shared()
        tenant = try await fixture.tenant()
        channel = try await tenant.channel()
    }

    private func message(
        _ text: String, in channel: Channel? = nil, app: AppID? = nil, nonce: String? = nil, root: MessageID? = nil
    ) -> NewMessage {
        NewMessage(
            appID: app ?? tenant.app.id, channelID: (channel ?? self.channel).id, author: tenant.admin.author,
            text: text,
            threadRootID: root, nonce: nonce, createdAt: 1_700_000_000_123)
    }

    private func append(_ batch: [NewMessage]) async throws -> [StoredPlace?] {
        try await fixture.store.pool.withConnection { try await fixture.store.append(batch, on: $0) }
    }

    @Test func `a batch is numbered in its order, by seq and by id`() async throws {
        let other = try await tenant.channel("other")
        let batch = (0..<200).map { message("\($0)", in: $0 % 3 == 0 ? other : channel) }
        let places = try await append(batch).compactMap { $0 }
        #expect(places.count == 200)
        #expect(places.map(\.id) == places.map(\.id).sorted())
        for channelID in [channel.id, other.id] {
            let own = zip(batch, places).filter { $0.0.channelID == channelID }.map(\.1.seq)
            #expect(own == Array(1...Int64(own.count)))
        }
    }

    @Test func `a message for a channel of another app is not stored and leaves no gap`() async throws {
        let foreign = try await fixture.tenant()
        let places = try await append([message("a"), message("foreign", app: foreign.app.id), message("b")])
        #expect(places.map { $0?.seq } == [1, nil, 2])
        #expect(try await tenant.messages(in: channel).map(\.text) == ["a", "b"])
        #expect(try await tenant.service.channel(channel.id, for: tenant.admin).lastSeq == 2)
    }

    @Test func `a channel that does not exist is told apart from the others of the batch`() async throws {
        let missing = NewMessage(
            appID: tenant.app.id, channelID: ChannelID(.max), author: tenant.admin.author, text: "nowhere", createdAt: 0
        )
        let places = try await append([missing, message("here")])
        #expect(places[0] == nil)
        #expect(places[1]?.seq == 1)
    }

    @Test func `a nonce that is known answers with the first message, amid new ones`() async throws {
        let first = try await append([message("one", nonce: "n")])[0]
        let places = try await append([message("two"), message("again", nonce: "n"), message("three")])
        #expect(places[1]?.id == first?.id)
        #expect(places[1]?.seq == 1)
        #expect(places[1]?.isRepeat == true)
        #expect(places[1]?.createdAt == 1_700_000_000_123)
        #expect([places[0]?.seq, places[2]?.seq] == [2, 3])
    }

    @Test func `the event of a message reads as the message reads in the store`() async throws {
        let root = try #require(try await append([message("root")])[0])
        let rich = NewMessage(
            appID: tenant.app.id, channelID: channel.id, author: tenant.admin.author, authorName: "Build \"Bot\"",
            kind: .action, text: "tabs\t\"quotes\" \\ and\nlines \u{1}\u{1f}\u{2028} 👩‍👩‍👧 é",
            content: #"{"attachments":[{"text":"a\"b","n":1.5}]}"#, threadRootID: root.id, nonce: "nö\"nce",
            flags: ["rule one", "two"], hops: 3, createdAt: 1_700_000_000_123)
        let place = try #require(try await append([rich])[0])
        try await fixture.settle()
        let events = try await fixture.store.events(
            after: .beginning, for: tenant.admin.userID, channels: [channel.id], app: tenant.app.id,
            types: [.messageCreated], limit: 10)
        let event = try #require(events.last)
        let told = try JSONDecoder().decode(Message.self, from: Data(event.data.utf8))
        let stored = try #require(try await fixture.store.message(place.id, in: tenant.app.id))
        #expect(told == stored)
        #expect(stored.text == rich.text)
        #expect(stored.author.name == "Build \"Bot\"")
        #expect(try await fixture.store.message(root.id, in: tenant.app.id)?.replyCount == 1)
        let whole = try JSONDecoder().decode(Event.self, from: Data(event.json(op: true)))
        #expect(whole.type == .messageCreated)
        #expect(whole.channelID == channel.id)
        #expect(whole.hops == 3)
    }

    @Test func `a lone message is stored as it would be among others`() async throws {
        func rich(_ nonce: String) -> NewMessage {
            NewMessage(
                appID: tenant.app.id, channelID: channel.id, author: tenant.admin.author, authorName: "Build",
                kind: .notice, text: "tabs\t\"quotes\" \\ 👩‍👩‍👧", content: #"{"attachments":[{"n":1.5}]}"#, nonce: nonce,
                flags: ["one", "two"], hops: 2, createdAt: 1_700_000_000_123)
        }
        let alone = try #require(try await append([rich("alone")])[0])
        let amid = try #require(try await append([message("other"), rich("amid")])[1])
        #expect([alone.seq, amid.seq] == [1, 3])
        let rows = try await fixture.store.pool.query(
            """
            SELECT (to_jsonb(m) - '{id,seq,nonce}'::text[])::text,
                (SELECT (e.data::jsonb - '{id,seq,nonce}'::text[])::text || e.type || e.hops || e.actor_id
                 FROM events e WHERE e.type = 'message.created' AND e.subject_id = m.id AND e.app_id = m.app_id)
            FROM messages m WHERE m.id = ANY ($1)
            """, [alone.id.rawValue, amid.id.rawValue])
        let texts = try rows.map { [try $0.decode(0, as: String.self), try $0.decode(1, as: String.self)] }
        #expect(texts.count == 2 && texts.first == texts.last, "\(texts)")
    }

    @Test func `a lone message is refused or answered as one among others is`() async throws {
        let first = try #require(try await append([message("one", nonce: "n")])[0])
        let again = try #require(try await append([message("again", nonce: "n")])[0])
        #expect(again.id == first.id && again.seq == 1 && again.isRepeat)
        #expect(again.createdAt == 1_700_000_000_123)
        let foreign = try await fixture.tenant()
        #expect(try await append([message("foreign", app: foreign.app.id, nonce: "new")]) == [nil])
        #expect(try await append([message("two")])[0]?.seq == 2)
        #expect(try await tenant.messages(in: channel).map(\.text) == ["one", "two"])
    }

    @Test func `words too long for the index are stored all the same`() async throws {
        let word = String(repeating: "x", count: 16_000)
        #expect(try await append([message(word)])[0]?.seq == 1)
        #expect(try await tenant.messages(in: channel).first?.text == word)
    }
}
