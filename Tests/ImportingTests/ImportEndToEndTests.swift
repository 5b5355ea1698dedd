import ChatModel
import ChatService
import ChatTestSupport
import EventLoop
import Foundation
import GatewayKit
import HTTPRouting
import HTTPServer
import HTTPTypes
import Lifecycle
import MartletClient
import Realtime
import Redis
import RestAPI
import Synchronization
import Telemetry
import TestSupport
import Testing
import WebSocket

@testable import Importing

@Suite(.timeLimit(.minutes(1)))
struct ImportEndToEndTests {
    /// The gateways of a server, which can be closed and opened again at the same address.
    private struct Gateways {
        let server: HTTPServer
        let services: ServiceGroup
        let running: Task<Void, any Error>

        init(_ fixture: ChatFixture, port: UInt16 = 0) throws {
            let redis = RedisClient(fixture.redis, loop: fixture.group.next(), logger: .silent, name: "gateways")
            let ephemeral = EphemeralBus(
                redis: redis,
                subscriber: RedisSubscriber(
                    fixture.redis, loop: fixture.group.next(), logger: .silent, name: "gateways"),
                hub: fixture.hub, node: "test", logger: .silent)
            let realtime = RealtimeGateway(
                service: fixture.service, log: fixture.log, ephemeral: ephemeral, allowedOrigins: nil, logger: .silent,
                metrics: Metrics())
            let service = fixture.service
            let router = Router(
                routes: RestAPI(service: service, log: fixture.log).routes + realtime.routes,
                authenticate: { try await Authentication.principal(of: $0, service) }, metrics: Metrics(),
                logger: .silent)
            var configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: port))
            configuration.drainTimeout = .milliseconds(100)
            server = HTTPServer(configuration, group: fixture.group, logger: .silent, metrics: Metrics()) {
                await router.handle($0)
            }
            try server.start()
            let services = ServiceGroup([ephemeral, realtime, server], logger: .silent)
            self.services = services
            running = Task { try await services.run() }
        }

        var port: UInt16 { if case .tcp(_, let port) = server.address { port } else { 0 } }

        func close() async {
            services.shutdown()
            _ = try? await running.value
        }
    }

    private let fixture: ChatFixture
    private let tenant: ChatTenant

    init() async throws {
        fixture = try await ChatFixture(encode: { WebSocketFrame.text($0) })
        tenant = try await fixture.tenant(named: ChatService.defaultApp)
        _ = try await tenant.session("boss", role: .admin)
    }

    private func file(_ name: String, _ text: String) throws -> String {
        let path = try temporaryDirectory() + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func run(_ files: [String], port: UInt16, _ more: [String] = []) async throws -> ImportSummary {
        try await ImportCommand(
            arguments: ["irc"] + files + ["--channel", "#ubuntu", "--url", "http://127.0.0.1:\(port)"] + more,
            environment: ["MARTLET_USER": "boss", "MARTLET_PASSWORD": ChatTenant.password]
        ).perform(loop: fixture.group.next())
    }

    private func archive(_ kind: String, _ path: String, port: UInt16) async throws -> ArchiveSummary {
        try await ImportCommand(
            arguments: [kind, path, "--url", "http://127.0.0.1:\(port)"],
            environment: ["MARTLET_USER": "boss", "MARTLET_PASSWORD": ChatTenant.password]
        ).performArchive(loop: fixture.group.next())
    }

    @Test func `an export of Slack comes once, with its threads, people and times`() async throws {
        let gateways = try Gateways(fixture)
        let path = try temporaryDirectory() + "/slack.zip"
        try Data(TestZip.bytes(SlackExportTests.files)).write(to: URL(fileURLWithPath: path))
        let first = try await archive("slack", path, port: gateways.port)
        #expect(first.messages.created == 6 && first.users.created == 4 && first.channels.created == 2)
        #expect(first.leftOut["joins and parts"] == 1)
        let again = try await archive("slack", path, port: gateways.port)
        #expect(again.messages.created == 0 && again.messages.existing == 6 && again.users.created == 0)
        #expect(again.members.created == 0 && again.reactions == 0)
        let channel = try await fixture.service.channel(named: "general", for: tenant.admin)
        let messages = try await tenant.messages(in: channel)
        #expect(messages.map(\.author.handle) == ["ada", "ben", "ben", "deploys", "ada"])
        #expect(messages[0].text == "hello @ben, **see** [docs](https://example.org) & more 👋")
        #expect(messages[0].createdAt == "2024-01-01T00:00:00.123Z" && messages[0].replyCount == 1)
        #expect(messages[0].reactions == [ReactionCount(emoji: "👍", count: 2)])
        #expect(messages[1].threadRootID == messages[0].id && messages[1].editedAt == "2024-01-01T00:02:00.000Z")
        #expect(messages[2].text == "File: plan.pdf" && messages[3].author.kind == .bot)
        #expect(messages[4].kind == .action)
        #expect(try await fixture.service.user(handle: "ben", for: tenant.admin).isActive == false)
        await gateways.close()
        await fixture.stop()
    }

    @Test func `a bulk export of Mattermost comes once`() async throws {
        let gateways = try Gateways(fixture)
        let path = try file("mattermost.jsonl", MattermostExportTests.lines)
        let first = try await archive("mattermost", path, port: gateways.port)
        #expect(first.messages.created == 4 && first.users.created == 2 && first.channels.created == 2)
        let again = try await archive("mattermost", path, port: gateways.port)
        #expect(again.messages.created == 0 && again.messages.existing == 4 && again.channels.created == 0)
        let channel = try await fixture.service.channel(named: "town-square", for: tenant.admin)
        let messages = try await tenant.messages(in: channel)
        #expect(messages.map(\.text) == ["hello", "between", "answer\nFile: a.png"])
        #expect(messages[2].threadRootID == messages[0].id && messages[0].reactions.first?.emoji == "👍")
        #expect(messages[0].createdAt == "2024-01-01T00:00:00.001Z" && messages[0].author.handle == "ada")
        #expect(try await fixture.service.user(handle: "ben", for: tenant.admin).isActive == false)
        await gateways.close()
        await fixture.stop()
    }

    private func stored() async throws -> (channel: Channel, messages: [Message]) {
        let channel = try await fixture.service.channel(named: "ubuntu", for: tenant.admin)
        return (channel, try await tenant.messages(in: channel))
    }

    @Test func `every line becomes one message of its person, once`() async throws {
        let gateways = try Gateways(fixture)
        let path = try file(
            "2004-12-25.txt",
            """
            === Ada [~a@host]  has joined #ubuntu
            [23:59] <ada> hello "all"

            [23:59]  * ben waves
            [00:01] -bot:#ubuntu- welcome
            [00:01] <ben>
            === [A] ndy is now known as andy
            garbage
            """)
        let summary = try await run([path], port: gateways.port)
        #expect(summary.lines == 8 && summary.blank == 1 && summary.total == 7 && summary.people == 4)
        #expect(summary.messages == ["text": 1, "action": 1, "notice": 1, "system": 4])
        #expect(summary.renamed == ["[A] ndy": "[A]ndy"] && summary.duplicates == 0)
        let (channel, messages) = try await stored()
        #expect(channel.lastSeq == 7)
        #expect(messages.map(\.author.handle) == ["Ada", "Ada", "ben", "bot", "boss", "[A]ndy", "boss"])
        #expect(
            messages.map(\.text) == [
                "Ada [~a@host]  has joined #ubuntu", "hello \"all\"", "waves", "welcome", "[00:01] <ben>",
                "[A] ndy is now known as andy", "garbage",
            ])
        #expect(messages[1].createdAt == "2004-12-25T23:59:00.000Z")
        #expect(messages[3].createdAt == "2004-12-26T00:01:00.000Z")
        #expect(messages.map(\.kind) == [.system, .text, .action, .notice, .system, .system, .system])

        let again = try await run([path], port: gateways.port)
        #expect(again.total == 0 && again.duplicates == 7)
        #expect(try await stored().channel.lastSeq == 7)
        await gateways.close()
        await fixture.stop()
    }

    /// Lets a number of messages through and holds the next ones back until it is opened.
    private final class Gate: MessageFilter {
        let name = "gate"
        let deadline = Duration.seconds(60)
        let whenFailing = FilterFailure.allow
        private let left: Mutex<Int>
        private let opened = Latch()

        init(after count: Int) { left = Mutex(count) }

        func open() { opened.open() }

        func judge(_ draft: FilterInput) async throws -> FilterVerdict {
            let passes = left.withLock { left in
                left -= 1
                return left >= 0
            }
            if !passes { await opened.wait() }
            return .allow(flags: [])
        }
    }

    @Test func `an import outlives a restart of the server without a loss, a repeat or a change of order`() async throws
    {
        let first = try Gateways(fixture)
        let port = first.port
        let count = 4000
        let lines = (1...count).map { "[10:00] <nick\($0 % 50)> line \($0)" }
        let path = try file("2005-01-01.txt", lines.joined(separator: "\n"))
        let gate = Gate(after: 1500)
        fixture.service.filters.add(gate)
        let importing = Task { try await run([path], port: port) }
        try await eventually("messages arrived") {
            ((try? await fixture.service.channel(named: "ubuntu", for: tenant.admin))?.lastSeq ?? 0) >= 1000
        }
        await first.close()
        gate.open()
        let second = try Gateways(fixture, port: port)
        let summary = try await importing.value
        // What was stored when the connection broke, but not acknowledged, is found again by its nonce.
        #expect(summary.total + summary.duplicates == count && summary.reconnects >= 1)
        let (channel, _) = try await stored()
        #expect(channel.lastSeq == Int64(count))
        var seq: Int64 = 0
        while seq < count {
            let page = try await fixture.service.messages(
                in: channel.id, before: nil, after: seq, limit: 200, for: tenant.admin)
            for message in page {
                seq += 1
                #expect(message.seq == seq && message.text == "line \(seq)")
            }
            try #require(!page.isEmpty)
        }
        await second.close()
        await fixture.stop()
    }

    @Test func `a server that stays away ends the import with a sentence that helps`() async throws {
        let gateways = try Gateways(fixture)
        let port = gateways.port
        let path = try file("a.txt", (1...4000).map { "[10:00] <ada> line \($0)" }.joined(separator: "\n"))
        let gate = Gate(after: 1500)
        fixture.service.filters.add(gate)
        let importing = Task { try await run([path], port: port, ["--patience", "1"]) }
        try await eventually("messages arrived") {
            ((try? await fixture.service.channel(named: "ubuntu", for: tenant.admin))?.lastSeq ?? 0) >= 1000
        }
        await gateways.close()
        let error = await #expect(throws: ImportError.self) { try await importing.value }
        gate.open()
        #expect(error?.description.contains("goes on where it stopped") == true)
        let nobody = await #expect(throws: ImportError.self) { try await run([path], port: port) }
        #expect(nobody?.description.contains("martlet serve") == true)
        await fixture.stop()
    }

    private struct Blocker: MessageFilter {
        let name = "blocker"
        let whenFailing = FilterFailure.block
        func judge(_ draft: FilterInput) async throws -> FilterVerdict {
            draft.text.contains("heron") ? .block(reason: "No herons.", rules: ["birds"]) : .allow(flags: [])
        }
    }

    @Test func `a refused line stops the import at its place unless it may be skipped`() async throws {
        fixture.service.filters.add(Blocker())
        let gateways = try Gateways(fixture)
        let path = try file("a.txt", "[10:00] <ada> one\n[10:00] <ada> a heron\n[10:00] <ada> three\n")
        let error = await #expect(throws: ImportError.self) { try await run([path], port: gateways.port) }
        #expect(error?.description.contains("a.txt:2 was refused: message_blocked: No herons.") == true)
        let summary = try await run([path], port: gateways.port, ["--skip-refused"])
        #expect(summary.refused == 1 && summary.total + summary.duplicates == 2)
        #expect(try await stored().messages.map(\.text) == ["one", "three"])
        await gateways.close()
        await fixture.stop()
    }

    @Test func `what cannot be imported is told before anything is sent`() async throws {
        let gateways = try Gateways(fixture)
        let long = try file("long.txt", "[10:00] <ada> x\n[10:00] <ada> \(String(repeating: "a", count: 16_001))")
        let fine = try file("fine.txt", "[10:00] <ada> x")
        let twin = try file("fine.txt", "[10:00] <ada> y")
        let tooLong = await #expect(throws: ImportError.self) { try await run([fine, long], port: gateways.port) }
        #expect(tooLong?.description.contains("long.txt:2 has 16001 characters") == true)
        for files in [[fine, twin], [fine, "/nowhere/x.txt"]] {
            await #expect(throws: ImportError.self) { try await run(files, port: gateways.port) }
        }
        let member = try await tenant.session("eve")
        await #expect(throws: ImportError.self) {
            try await ImportCommand(
                arguments: [
                    "irc", fine, "--channel", "ubuntu", "--url", "http://127.0.0.1:\(gateways.port)", "--token",
                    member.accessToken,
                ], environment: [:]
            ).perform(loop: fixture.group.next())
        }
        await #expect(throws: ChatError.self) { try await stored() }
        await gateways.close()
        await fixture.stop()
    }
}
