package import BridgeKit
package import BridgeRuntime
package import ChatModel
import ChatService
import ChatStore
package import ChatTestSupport
import EventLoop
import Foundation
import Postgres
import Redis
import Synchronization
package import Telemetry
import TestSupport

/// A tenant with a folder of bridges.
package struct BridgeTenant: Sendable {
    package let chat: ChatTenant
    package let folder: String
    /// Unique on the server, for bridges of this test.
    package let name: String

    package init(_ fixture: ChatFixture? = nil) async throws {
        let fixture = if let fixture { fixture } else { try await ChatFixture.shared() }
        chat = try await fixture.tenant("bridges")
        folder = try temporaryDirectory()
        name = fixture.servers.uniqueName("b")
    }

    package var fixture: ChatFixture { chat.fixture }
    package var box: RecordingBox { .named(name) }

    /// Writes or replaces a file.
    package func write(_ text: String, to file: String = "bridge.yaml") throws {
        try text.write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
    }

    /// The file of a recording bridge; `more` adds lines.
    package func recording(_ more: String = "") -> String {
        """
        bridge: recording
        name: \(name)
        app: \(chat.app.name)
        \(more)
        settings: { box: \(name) }
        """
    }

    package static var registry: BridgeRegistry {
        var registry = BridgeRegistry()
        registry.add(RecordingBridge.self)
        registry.add(AnsweringBridge.self)
        return registry
    }

    /// A node that runs the folder's bridges.
    package func node(
        _ nodeName: String = "node-1", registry: BridgeRegistry = registry, environment: [String: String] = [:],
        lease: Duration = .seconds(10), probe: Duration = .milliseconds(20), onlyFilters: Bool = false,
        namedFolders: [String] = [], required: BridgeRequirement = .none, clock: TestClock = TestClock()
    ) -> BridgeNode {
        BridgeNode(
            self, nodeName, registry: registry, environment: environment, lease: lease, probe: probe,
            onlyFilters: onlyFilters, namedFolders: namedFolders, required: required, clock: clock)
    }

    package func say(_ text: String, in channel: Channel, thread: MessageID? = nil) async throws -> Message {
        try await chat.service.send(
            MessageDraft(channelID: channel.id, text: text, threadRootID: thread), as: chat.admin
        ).message
    }
}

/// The time of day, which a test moves on.
package final class TestClock: Sendable {
    private let ahead = Atomic<Int64>(0)

    package init() {}

    /// Milliseconds since 1970.
    package var now: Int64 { Timestamp.nowMilliseconds() + ahead.load(ordering: .relaxed) }

    package func advance(by duration: Duration) {
        ahead.wrappingAdd(Int64(duration / .milliseconds(1)), ordering: .relaxed)
    }
}

/// One running ``BridgeRuntime`` with a connection to Redis of its own.
package final class BridgeNode: Sendable {
    package let runtime: BridgeRuntime
    package let metrics = Metrics()
    private let redis: RedisClient
    private let store: ChatStore
    private let task: Task<Void, any Error>

    init(
        _ tenant: BridgeTenant, _ name: String, registry: BridgeRegistry, environment: [String: String],
        lease: Duration,
        probe: Duration, onlyFilters: Bool, namedFolders: [String], required: BridgeRequirement, clock: TestClock
    ) {
        let fixture = tenant.fixture
        redis = RedisClient(fixture.redis, loop: fixture.group.next(), logger: .silent, name: name)
        var database = fixture.database
        database.poolSize = 2
        store = ChatStore(
            pool: PostgresPool(database, loops: fixture.group, logger: .silent), logger: .silent)
        var timing = BridgeTiming()
        timing.lease = lease
        timing.poll = .milliseconds(50)
        timing.persist = .milliseconds(50)
        timing.firstProbe = probe
        timing.longestProbe = probe * 5
        timing.grace = .seconds(2)
        timing.room = .milliseconds(50)
        timing.now = { clock.now }
        let runtime = BridgeRuntime(
            folders: [tenant.folder], registry: registry, service: fixture.service, store: store,
            log: fixture.log, redis: redis,
            loops: fixture.group, dataDirectory: tenant.folder, nodeName: name, logger: .silent, metrics: metrics,
            onlyFilters: onlyFilters, namedFolders: namedFolders, required: required, environment: environment,
            timing: timing)
        self.runtime = runtime
        // Ended by `stop` or `kill`.
        task = Task { try await runtime.run() }
    }

    package func stop() async {
        runtime.shutdown()
        _ = try? await task.value
        await redis.close()
        await store.pool.close()
    }

    /// Cuts the node off as a crash would: nothing of it reaches Redis or PostgreSQL any more.
    package func kill() async {
        await redis.close()
        await store.pool.close()
    }

    /// Waits until a bridge is in a state.
    package func wait(for state: BridgeStatus.State, of bridge: String) async throws {
        do {
            try await eventually("\(bridge) is \(state)") {
                try await self.status(of: bridge)?.state == state
            }
        } catch let error as NeverHappened {
            throw NeverHappened(
                description: "\(error.description); it is \(try await status(of: bridge).map { "\($0)" } ?? "unknown")")
        }
    }

    package func status(of bridge: String) async throws -> BridgeStatus? {
        try await runtime.status().first { $0.name == bridge }
    }
}
