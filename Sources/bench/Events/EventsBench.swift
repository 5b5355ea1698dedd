import BridgeRuntime
import ChatModel
import ChatService
import ChatStore
import EventLog
import Foundation
import Postgres
import Redis
import Synchronization

/// Measures the event log and the bridges: how fast, how late, how large.
struct EventsBench {
    let house: EventHouse
    let note: (String) -> Void

    private static let bridges = 200
    private static let backlog = 1_000_000
    private static let sunk = 300_000
    private static let rate = 2000
    private static let seconds = 10

    func run() async throws -> [Figure] {
        let app = try await house.store.ensureApp(named: ChatService.defaultApp).app
        let user = try await house.store.insertUser(NewUser(handle: "admin", name: "Admin", role: .admin), in: app.id)
        let admin = Principal(appID: app.id, user: user)
        var figures: [Figure] = []
        figures += try await house.withNode { service in
            note("loading \(Self.bridges) bridges and changing one")
            return try await loading(service)
        }
        figures += try await house.withNode { service in
            note("sending \(Self.rate) messages a second for \(Self.seconds) s to a consumer group")
            return try await delivery(service, admin)
        }
        note("writing \(Self.backlog) events, then filling an emptied Redis with them")
        figures += try await refill(app.id, user.id)
        return figures
    }

    // MARK: Bridges

    private func loading(_ service: ChatService) async throws -> [Figure] {
        let folder = house.folder + "/many"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let before = EventHouse.residentBytes()
        for number in 0..<Self.bridges {
            let secret = Data(repeating: UInt8(number % 256), count: 32).base64EncodedString()
            try """
            bridge: webhook
            where: { channel: ["team-\(number)", "customer-*"], text: { contains: [refund, "order \(number)"] } }
            settings: { url: "http://127.0.0.1:9/\(number)", secret: whsec_\(secret), allow: [127.0.0.0/8] }
            """.write(toFile: "\(folder)/hook-\(number).yaml", atomically: true, encoding: .utf8)
        }
        return try await house.withBridges(folder, service) { runtime in
            let start = ContinuousClock.now
            try await EventHouse.wait(for: "the start of \(Self.bridges) bridges") {
                try await Task.sleep(for: .milliseconds(20))
                return try await runtime.status().count { $0.state == .running } == Self.bridges
            }
            let loaded = (ContinuousClock.now - start).seconds
            let memory = EventHouse.residentBytes() - before
            var reloads: [Double] = []
            for round in 0...10 {
                let starts = SinkBridge.starts.load(ordering: .relaxed)
                let start = ContinuousClock.now
                try "bridge: sink\nsettings: { note: round \(round) }\n".write(
                    toFile: "\(folder)/sink.yaml", atomically: true, encoding: .utf8)
                try await EventHouse.wait(for: "the reload of a file") {
                    SinkBridge.starts.load(ordering: .relaxed) > starts
                }
                // The first is a new file.
                if round > 0 { reloads.append((ContinuousClock.now - start).seconds * 1000) }
                try await EventHouse.wait(for: "the bridge") {
                    try await runtime.status().contains { $0.name == "sink" && $0.state == .running }
                }
            }
            return [
                Figure("\(Self.bridges) bridges loaded, further memory", memory / 1_000_000, "MB", goal: .atMost(100)),
                Figure("\(Self.bridges) bridges loaded, time", loaded, "s"),
                Figure("reload of one bridge file, longest of 10", reloads.max() ?? 0, "ms", goal: .atMost(200)),
            ]
        }
    }

    // MARK: Delivery

    private struct Times {
        var committed: [ContinuousClock.Instant?]
        var delivered: [ContinuousClock.Instant?]
        var committedCount = 0
        var deliveredCount = 0
    }

    private func delivery(_ service: ChatService, _ admin: Principal) async throws -> [Figure] {
        let count = Self.rate * Self.seconds
        var channels: [Channel] = []
        for number in 0..<10 {
            channels.append(
                try await service.createChannel(
                    kind: .public, name: "events-\(number)", topic: nil, members: [], by: admin))
        }
        let times = Mutex<Times>.Shared(
            Times(committed: Array(repeating: nil, count: count), delivered: Array(repeating: nil, count: count)))
        let redis = house.client("group")
        _ = try await house.redis.send("XGROUP", "CREATE", EventStream.key, "bench", "$", "MKSTREAM")
        // Ends when everything has come, or with the client.
        let reading = Task {
            while times.value.withLock({ $0.deliveredCount < count }) {
                let answer = try await redis.blocking(
                    RedisCommand(
                        "XREADGROUP", "GROUP", "bench", "reader", "COUNT", "500", "BLOCK", "1000", "NOACK", "STREAMS",
                        EventStream.key, ">"), timeout: .seconds(10))
                let now = ContinuousClock.now
                let records = try RedisStreamEntry.byStream(answer).first?.entries.compactMap(EventStream.event) ?? []
                times.value.withLock { times in
                    for record in records {
                        guard let range = record.data.range(of: "\"text\":\"m"),
                            let number = Int(record.data[range.upperBound...].prefix { $0.isNumber })
                        else { continue }
                        times.delivered[number] = now
                        times.deliveredCount += 1
                    }
                }
            }
        }
        let start = ContinuousClock.now + .milliseconds(50)
        let interval = Duration.seconds(1) / Self.rate
        for number in 0..<count {
            let due = start + interval * number
            if due > ContinuousClock.now { try await Task.sleep(until: due, clock: .continuous) }
            await service.submit(
                MessageDraft(channelID: channels[number % channels.count].id, text: "m\(number)"), as: admin
            ) { result in
                guard (try? result.get()) != nil else { return }
                let now = ContinuousClock.now
                times.value.withLock { times in
                    times.committed[number] = now
                    times.committedCount += 1
                }
            }
        }
        try await EventHouse.wait(for: "the delivery of \(count) messages", within: .seconds(30)) {
            times.value.withLock { $0.deliveredCount == count && $0.committedCount == count }
        }
        try await reading.value
        await redis.close()
        _ = try await house.redis.send("XGROUP", "DESTROY", EventStream.key, "bench")
        let delays = times.value.withLock { times in
            zip(times.committed, times.delivered).compactMap { committed, delivered -> Double? in
                guard let committed, let delivered else { return nil }
                return max(0, (delivered - committed).seconds * 1000)
            }
        }.sorted()
        return [
            Figure("commit to XREADGROUP at \(Self.rate)/s, p50", delays[delays.count / 2], "ms"),
            Figure(
                "commit to XREADGROUP at \(Self.rate)/s, p99", delays[delays.count * 99 / 100], "ms",
                goal: .atMost(20)),
        ]
    }

    // MARK: Throughput

    private func refill(_ app: AppID, _ user: UserID) async throws -> [Figure] {
        let begin = try await house.store.head()
        try await house.store.setBridgeCursor(begin, of: "sink")
        for part in 0..<(Self.backlog / 10_000) {
            try await house.store.pool.execute(
                """
                INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                SELECT $1, 'message.created', 1 + n % 50, $2, n, json_build_object('id', n, 'seq', n / 50,
                    'channel_id', 1 + n % 50, 'author', json_build_object('id', $2, 'handle', 'admin', 'name', 'Admin',
                    'kind', 'person'), 'kind', 'text', 'text', 'message number ' || n || ' with a few words in it',
                    'reply_count', 0, 'reactions', json_build_array(), 'nonce', 'nonce-' || n, 'flags',
                    json_build_array(), 'hops', 0, 'created_at', '2026-01-01T00:00:00.000Z')
                FROM generate_series($3::bigint, $3 + 9999) AS n
                """, app.rawValue, user.rawValue, Int64(part * 10_000))
        }
        _ = try await house.redis.send(RedisCommand("FLUSHALL"), timeout: .seconds(60))
        let head = try await house.store.head()
        let start = ContinuousClock.now
        return try await house.withNode(stream: 2 * Self.backlog) { service in
            try await EventHouse.wait(for: "the filling of Redis") {
                guard
                    case .array(let fields)? = try await house.redis.pipeline([
                        RedisCommand("XINFO", "STREAM", EventStream.key)
                    ]).first, let index = fields.firstIndex(where: { $0.string == "last-generated-id" })
                else { return false }
                return fields[index + 1].string == head.description
            }
            let filled = (ContinuousClock.now - start).seconds
            note("feeding a bridge whose target is memory")
            return [
                Figure("refill of an emptied Redis with 1,000,000 events", filled, "s", goal: .atMost(60)),
                Figure("relay", Double(Self.backlog) / filled, "events/s", goal: .atLeast(20_000)),
                try await sink(service),
            ]
        }
    }

    private func sink(_ service: ChatService) async throws -> Figure {
        let folder = house.folder + "/one"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "bridge: sink\n".write(toFile: "\(folder)/sink.yaml", atomically: true, encoding: .utf8)
        return try await house.withBridges(folder, service) { _ in
            let before = SinkBridge.handled.load(ordering: .relaxed)
            try await EventHouse.wait(for: "the first event") { SinkBridge.handled.load(ordering: .relaxed) > before }
            let first = SinkBridge.handled.load(ordering: .relaxed)
            let start = ContinuousClock.now
            try await EventHouse.wait(for: "\(Self.sunk) events") {
                SinkBridge.handled.load(ordering: .relaxed) >= first + Self.sunk
            }
            let count = SinkBridge.handled.load(ordering: .relaxed) - first
            return Figure(
                "a bridge with a target in memory", Double(count) / (ContinuousClock.now - start).seconds, "events/s",
                goal: .atLeast(20_000))
        }
    }
}

extension Mutex where Value: Sendable {
    /// A lock with a place of its own, so that closures can share it.
    final class Shared: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }
}
