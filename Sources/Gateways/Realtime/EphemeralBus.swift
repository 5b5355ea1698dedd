import ChatModel
package import ChatStore
package import EventLog
import EventLoop
import Lifecycle
package import Redis
import Synchronization
package import Telemetry
import WebSocket

/// What is worth telling only now: who types, who is there, who has read what.
///
/// Goes through Redis Pub/Sub, past PostgreSQL.
///
/// A user is online while one of the nodes has a connection; each node renews its mark in Redis, so that the marks of
/// a node that died end by themselves.
package final class EphemeralBus: Service {
    package let name = "ephemeral"

    private static let channel = "martlet:ephemeral"
    private static let markLifetime = 60
    private static let renewal = Duration.seconds(20)
    /// So many people are looked up, told of or marked in one go.
    private static let batch = 256

    private struct Person: Hashable {
        let app: AppID
        let user: UserID
    }

    private struct Local {
        /// How many connections of this node each person has.
        var connections: [Person: Int] = [:]
        /// Whose coming or going was not announced yet.
        var changed: Set<Person> = []
    }

    private let redis: RedisClient
    private let subscriber: RedisSubscriber
    private let hub: EventHub
    private let node: String
    private let logger: Logger
    private let local = Mutex(Local())
    private let changes = WakeSignal()
    private let stopping = Latch()
    /// Open once what is published is heard.
    private let listening = Latch()
    /// Redis may be away, and what goes through here is not worth a start.
    private static let patience = Duration.seconds(2)

    package init(redis: RedisClient, subscriber: RedisSubscriber, hub: EventHub, node: String, logger: Logger) {
        self.redis = redis
        self.subscriber = subscriber
        self.hub = hub
        // Processes of one name must not take away each other's marks.
        self.node = "\(node)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        self.logger = logger.named("ephemeral")
    }

    func typing(in channel: ChannelID, user: UserID, app: AppID) {
        publish("t \(app) \(user) \(channel)")
    }

    /// Tells the members of a channel how far some of them have got.
    ///
    /// - Parameter receipts: Of one channel, not none.
    package func tell(_ receipts: [MemberReceipt]) {
        guard let first = receipts.first else { return }
        publish("r \(first.app) \(first.channel) \(ServerFrame.receipts(receipts))")
    }

    func connected(_ user: UserID, in app: AppID) { count(Person(app: app, user: user), by: 1) }

    func disconnected(_ user: UserID, in app: AppID) { count(Person(app: app, user: user), by: -1) }

    private func count(_ person: Person, by step: Int) {
        let hasChanged = local.withLock { local in
            let before = local.connections[person] ?? 0
            let after = max(0, before + step)
            local.connections[person] = after == 0 ? nil : after
            guard (before == 0) != (after == 0) else { return false }
            local.changed.insert(person)
            return true
        }
        if hasChanged { changes.signal() }
    }

    /// Tells the others who came and who went: one change after the other, so that the last word is the true one.
    private func announce() async {
        while !stopping.isOpen {
            await changes.wait()
            while let people = nextChanged(), !stopping.isOpen {
                do {
                    try await announce(people)
                } catch {
                    // Presence is a courtesy: the next renewal repairs the mark, and an old mark ends by itself.
                    logger.debug("presence.failed", ["error": .error(error)])
                }
            }
        }
    }

    private func nextChanged() -> [Person]? {
        local.withLock { local in
            let people = Array(local.changed.prefix(Self.batch))
            local.changed.subtract(people)
            return people.isEmpty ? nil : people
        }
    }

    private func announce(_ people: [Person]) async throws {
        let here = local.withLock { local in Set(people.filter { local.connections[$0] != nil }) }
        let now = Timestamp.nowMilliseconds()
        // Those of other nodes decide whether this is news.
        let answers = try await redis.pipeline(
            people.flatMap { person in
                let key = Self.key(person)
                return [
                    RedisCommand("ZSCORE", key, node),
                    here.contains(person) ? RedisCommand("EXISTS", key) : RedisCommand("ZREM", key, node),
                    RedisCommand("ZCOUNT", key, now, "+inf"),
                ]
            })
        if !here.isEmpty { try await mark(Array(here)) }
        var notices: [RedisCommand] = []
        for (index, person) in people.enumerated() {
            let isHere = here.contains(person)
            let isMarked = (answers[index * 3].string.flatMap { Double($0) } ?? 0) >= Double(now)
            let others = (answers[index * 3 + 2].integer ?? 0) - (isHere && isMarked ? 1 : 0)
            guard others == 0, !(isHere && isMarked) else { continue }
            notices.append(
                RedisCommand(["PUBLISH", Self.channel, "o \(person.app) \(person.user) \(isHere ? 1 : 0)"]))
        }
        if !notices.isEmpty { _ = try await redis.pipeline(notices) }
    }

    /// Which of `users` have a connection to any node.
    func online(_ users: [UserID], in app: AppID) async throws -> Set<UserID> {
        guard !users.isEmpty else { return [] }
        let now = Timestamp.nowMilliseconds()
        let answers = try await redis.pipeline(
            users.map { RedisCommand("ZCOUNT", Self.key(Person(app: app, user: $0)), now, "+inf") })
        return Set(zip(users, answers).filter { ($0.1.integer ?? 0) > 0 }.map(\.0))
    }

    // MARK: Service

    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen() }
            group.addTask { await self.renew() }
            group.addTask { await self.announce() }
            await stopping.wait()
            changes.signal()
            await subscriber.close()
            group.cancelAll()
        }
    }

    package func shutdown() { stopping.open() }

    package func waitUntilReady() async {
        _ = await listening.wait(until: .now + Self.patience)
    }

    private func listen() async {
        let events = subscriber.subscribe([Self.channel])
        for await event in events {
            switch event {
            case .gap: listening.open()
            case .message(_, let bytes): deliver(String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    private func renew() async {
        while !stopping.isOpen {
            _ = await stopping.wait(until: .now + Self.renewal)
            let people = local.withLock { Array($0.connections.keys) }
            guard !people.isEmpty, !stopping.isOpen else { continue }
            do {
                for start in stride(from: 0, to: people.count, by: Self.batch) where !stopping.isOpen {
                    try await mark(Array(people[start..<min(start + Self.batch, people.count)]))
                }
            } catch {
                logger.debug("presence.failed", ["error": .error(error)])
            }
        }
    }

    private func deliver(_ message: String) {
        let parts = message.split(separator: " ", maxSplits: 3)
        guard parts.count == 4, let app = Int64(parts[1]), let user = Int64(parts[2]) else { return }
        if parts[0] == "r" {
            let frame = WebSocketFrame.text(String(parts[3]))
            return hub.deliver(frame, toMembersOf: ChannelID(user), except: nil)
        }
        guard let last = Int64(parts[3]) else { return }
        switch parts[0] {
        case "t":
            let frame = WebSocketFrame.text(ServerFrame.typing(channel: ChannelID(last), user: UserID(user)))
            hub.deliver(frame, toMembersOf: ChannelID(last), except: UserID(user))
        case "o":
            let frame = WebSocketFrame.text(ServerFrame.presence(user: UserID(user), isOnline: last == 1))
            hub.deliver(frame, toWatchersOf: UserID(user), in: AppID(app))
        default: break
        }
    }

    private func publish(_ message: String) {
        // Ends with the answer; a notice that is lost is not missed.
        Task { _ = try? await redis.send("PUBLISH", Self.channel, message) }
    }

    private func mark(_ people: [Person]) async throws {
        let expiry = Timestamp.nowMilliseconds() + Int64(Self.markLifetime) * 1000
        var commands: [RedisCommand] = []
        for person in people {
            commands.append(RedisCommand("ZADD", Self.key(person), expiry, node))
            commands.append(RedisCommand("EXPIRE", Self.key(person), Self.markLifetime))
        }
        _ = try await redis.pipeline(commands)
    }

    private static func key(_ person: Person) -> String { "martlet:presence:\(person.app):\(person.user)" }
}
