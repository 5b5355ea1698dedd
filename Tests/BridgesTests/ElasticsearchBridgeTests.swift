import BridgeRuntime
import BridgeTestSupport
import Bridges
import ChatModel
import ChatService
import ChatTestSupport
import ElasticsearchDouble
import HTTPTypes
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ElasticsearchBridgeTests {
    /// Waits until the index says what the channel says.
    private func settled(_ harness: ElasticsearchHarness, _ tenant: BridgeTenant, _ channel: Channel) async throws {
        try await eventually("the index is what the channel is") {
            let messages = try await tenant.chat.messages(in: channel)
            let documents = harness.double.documents
            return documents.count == messages.count
                && messages.allSatisfy { message in
                    let document = documents[message.id.description]
                    return document?["deleted"]?.bool == (message.deletedAt != nil)
                        && (message.deletedAt != nil || document?["text"]?.string == message.text)
                }
        }
    }

    @Test func `the index follows edits and deletions through every fault`() async throws {
        let tenant = try await BridgeTenant()
        let harness = try ElasticsearchHarness(tenant)
        let channel = try await tenant.chat.channel()
        try tenant.write(harness.file(tenant).replacing("attempts: 3", with: "attempts: 100"))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        harness.double.failNextItem(429)
        harness.double.failNextItem(503)
        var messages: [Message] = []
        for number in 1...40 {
            messages.append(try await tenant.say("message \(number)", in: channel))
            if number == 10 { harness.double.failRequests(429, 502) }
            if number == 20 { harness.double.deleteIndices() }
            if number == 30 { harness.double.limitRequests(toBytes: 700) }
        }
        for message in messages.suffix(15) {
            harness.double.failItems(id: message.id.description, 429)
            _ = try await tenant.chat.service.edit(message.id, text: "edited \(message.seq)", by: tenant.chat.admin)
        }
        for message in messages.suffix(5) {
            _ = try await tenant.chat.service.delete(message.id, by: tenant.chat.admin)
        }
        try await eventually("all events are handled") { try await node.status(of: tenant.name)?.handled == 60 }
        #expect(try await node.runtime.deadLetters(of: tenant.name).isEmpty)
        let documents = harness.double.documents
        for message in try await tenant.chat.messages(in: channel).suffix(20) {
            let document = documents[message.id.description]
            #expect(document?["deleted"]?.bool == (message.deletedAt != nil))
            #expect(document?["text"]?.string == (message.deletedAt == nil ? message.text : nil))
        }
        await node.stop()
        await harness.stop()
    }

    @Test func `an older event does not undo a newer one`() async throws {
        let tenant = try await BridgeTenant()
        let harness = try ElasticsearchHarness(tenant)
        let channel = try await tenant.chat.channel()
        try tenant.write(harness.file(tenant))
        let message = try await tenant.say("first", in: channel)
        _ = try await tenant.chat.service.edit(message.id, text: "second", by: tenant.chat.admin)
        harness.double.failItems(id: message.id.description, 429)
        try tenant.write(harness.file(tenant).replacing("retry:", with: "start: beginning\nretry:"))
        let node = tenant.node(registry: .standard)
        try await eventually("both events are handled") { try await node.status(of: tenant.name)?.handled == 2 }
        try await settled(harness, tenant, channel)
        #expect(harness.double.documents[message.id.description]?["text"] == "second")
        await node.stop()
        await harness.stop()
    }

    @Test func `searches are answered from the index and from the database when it is away`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let harness = try ElasticsearchHarness(tenant)
        let channel = try await tenant.chat.channel()
        let secret = try await tenant.chat.channel("secret", kind: .private)
        try tenant.write(harness.file(tenant).replacing("  search: false", with: ""))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        let person = try await tenant.chat.person("ann")
        _ = try await tenant.chat.service.join(channel.id, by: person)
        let first = try await tenant.say("release notes of swift", in: channel)
        let second = try await tenant.say("more release notes", in: channel)
        _ = try await tenant.say("secret release notes", in: secret)
        let gone = try await tenant.say("deleted release notes", in: channel)
        _ = try await tenant.chat.service.delete(gone.id, by: tenant.chat.admin)
        try await eventually("all are indexed") { try await node.status(of: tenant.name)?.handled == 5 }
        func search(_ query: String, before: MessageID? = nil) async throws -> (ids: [MessageID], engine: String) {
            let (messages, engine) = try await fixture.service.search(
                query, in: nil, before: before, limit: 10, for: person)
            return (messages.map(\.id), engine)
        }
        let found = try await search("release notes")
        #expect(found.engine == "elasticsearch")
        #expect(found.ids == [second.id, first.id])
        #expect(try await search("notes swift").ids == [first.id])
        #expect(try await search("release", before: second.id).ids == [first.id])
        harness.double.failRequests(503)
        let fallback = try await search("release notes")
        #expect(fallback.engine == "postgresql")
        await node.stop()
        #expect(try await search("release notes").engine == "postgresql")
        await harness.stop()
        await fixture.stop()
    }

    @Test func `a bridge waits for its cluster before it reads`() async throws {
        let tenant = try await BridgeTenant()
        let harness = try ElasticsearchHarness(tenant)
        let channel = try await tenant.chat.channel()
        harness.double.failRequests(503)
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("here", in: channel)
        try await eventually("it is there") { harness.effects().map(\.text) == ["here"] }
        await node.stop()
        await harness.stop()
    }

    @Test(arguments: [
        ("{}\n{}\n", 400),
        ("{\"index\":{\"_index\":\"a\",\"_id\":\"1\",\"version\":1,\"version_type\":\"external\"}}\n{}", 400),
        ("", 400), ("{\"delete\":{\"_index\":\"a\",\"_id\":\"1\"}}\n{}\n", 400),
    ])
    func `the double refuses what Elasticsearch refuses`(body: String, status: Int) {
        let response = ElasticsearchDouble().answer(
            HTTPRequest(
                method: .post, path: "/_bulk", headers: ["Content-Type": "application/x-ndjson"], body: Array(body.utf8)
            ))
        #expect(response.status == status)
    }
}
