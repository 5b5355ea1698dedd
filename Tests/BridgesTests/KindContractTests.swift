import BridgeKit
import BridgeRuntime
import BridgeTestSupport
import Bridges
import ChatModel
import ChatStore
import ChatTestSupport
import Foundation
import Settings
import TestSupport
import Testing

/// What every kind of bridge that comes with Martlet has to do.
@Suite(.timeLimit(.minutes(1)))
struct KindContractTests {
    @Test(arguments: KindUnderTest.allCases)
    func `every message reaches the target under an identifier of its own`(kind: KindUnderTest) async throws {
        let tenant = try await BridgeTenant()
        let harness = try await kind.harness(tenant)
        let channel = try await tenant.chat.channel()
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        for number in 1...5 { _ = try await tenant.say("message \(number)", in: channel) }
        try await eventually("all are there") { harness.effects().count == 5 }
        #expect(harness.effects().map(\.text) == (1...5).map { "message \($0)" })
        #expect(Set(harness.effects().map(\.id)).count == 5)
        await node.stop()
        await harness.stop()
    }

    @Test(arguments: KindUnderTest.allCases)
    func `a target that fails for the moment gets the message later`(kind: KindUnderTest) async throws {
        let tenant = try await BridgeTenant()
        let harness = try await kind.harness(tenant)
        let channel = try await tenant.chat.channel()
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        harness.failOnce()
        _ = try await tenant.say("patience", in: channel)
        try await eventually("it is there") { try await node.status(of: tenant.name)?.handled == 1 }
        #expect(harness.effects().last?.text == "patience")
        #expect(Set(harness.effects().map(\.id)).count == 1)
        #expect(try await node.runtime.deadLetters(of: tenant.name).isEmpty)
        await node.stop()
        await harness.stop()
    }

    @Test(arguments: KindUnderTest.allCases)
    func `what the target will never take becomes a dead letter and the next goes on`(
        kind: KindUnderTest
    ) async throws {
        let tenant = try await BridgeTenant()
        let harness = try await kind.harness(tenant)
        let channel = try await tenant.chat.channel()
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        harness.refuseOnce()
        _ = try await tenant.say("bad", in: channel)
        try await eventually("it was given up") {
            try await node.runtime.deadLetters(of: tenant.name).count == 1
        }
        _ = try await tenant.say("good", in: channel)
        try await eventually("the next is there") { harness.effects().last?.text == "good" }
        let letter = try #require(try await node.runtime.deadLetters(of: tenant.name).first)
        try await node.runtime.retryDeadLetter(letter.id, of: tenant.name, by: tenant.chat.admin)
        try await eventually("the bad one is there after all") { harness.effects().contains { $0.text == "bad" } }
        await node.stop()
        await harness.stop()
    }

    @Test(arguments: KindUnderTest.allCases)
    func `a repeat has the identifier of the first time`(kind: KindUnderTest) async throws {
        let tenant = try await BridgeTenant()
        let harness = try await kind.harness(tenant)
        let channel = try await tenant.chat.channel()
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        let message = try await tenant.say("once", in: channel)
        try await eventually("it is there") { try await node.status(of: tenant.name)?.handled == 1 }
        let first = try #require(harness.effects().first)
        // A dead letter that is sent again is the same event once more.
        let store = tenant.fixture.store
        let event = try #require(
            try await store.settledEvents(after: .beginning, limit: 100_000)
                .first { $0.type == .messageCreated && $0.subjectID == message.id.rawValue })
        try await store.insertDeadLetter(bridge: tenant.name, event: event, error: "made up", attempts: 1)
        let letter = try #require(try await node.runtime.deadLetters(of: tenant.name).first)
        try await node.runtime.retryDeadLetter(letter.id, of: tenant.name, by: tenant.chat.admin)
        #expect(Set(harness.effects().map(\.id)) == [first.id])
        await node.stop()
        await harness.stop()
    }

    @Test(arguments: BridgeRegistry.standard.kinds)
    func `settings are documented and no secret has a default`(kind: String) throws {
        let type = try #require(BridgeRegistry.standard[kind])
        #expect(type.summary.hasSuffix("."))
        for key in type.settings.keys {
            #expect(key.documentation.count > 5, "\(key.name)")
            #expect(!key.isSecret || key.defaultValue == nil || key.name == "headers", "\(key.name)")
        }
    }

    @Test(arguments: BridgeRegistry.standard.kinds)
    func `the example in the repository can be read`(kind: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../bridges").standardized.path
        let path = "\(folder)/\(kind).yaml"
        let (file, problems) = BridgeFile.read(
            try String(contentsOfFile: path, encoding: .utf8), path: path, registry: .standard,
            environment: [
                "WEBHOOK_SECRET": webhookSecret, "SMTP_PASSWORD": "quite secret",
                "ELASTICSEARCH_PASSWORD": "quite secret",
            ])
        #expect(problems.isEmpty, "\(problems)")
        let settings = try #require(file?.settings)
        #expect(!settings.description.contains("quite secret"))
        #expect(!settings.description.contains("whsec_"))
    }
}
