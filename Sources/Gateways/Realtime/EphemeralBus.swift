import ChatModel
package import EventLog
import EventLoop
import Lifecycle
package import Redis
import Synchronization
package import Telemetry
import WebSocket

/// What is worth telling only now: who types, who is there.
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

    private struct Person: Hashable {
        let app: AppID
        let user: UserID
    }

    private let redis: RedisClient
    private let subscriber: RedisSubscriber
    private let hub: EventHub
    private let node: String
    private let logger: Logger
    private let local = Mutex<[Person: Int]>([:])
    private let stopping = Latch()

    package init(redis: RedisClient, subscriber: RedisSubscriber, hub: EventHub, node: String, logger: Logger) {
        self.redis = redis
        self.subscriber = subscriber
        self.hub = hub
        self.node = node
        self.logger = logger.named("ephemeral")
    }

    func typing(in channel: ChannelID, user: UserID, app: AppID) {
        publish("t \(app) \(user) \(channel)")
    }

    func connected(_ user: UserID, in app: AppID) {
        let person = Person(app: app, user: user)
        let isFirst = local.withLock { local in
            local[person, default: 0] += 1
            return local[person] == 1
        }
        guard isFirst else { return }
        // Presence is a courtesy: a failure is logged, and the next renewal repairs the mark.
        Task {
            do {
                let others = try await redis.send("ZCOUNT", Self.key(person), Timestamp.nowMilliseconds(), "+inf")
                try await mark([person])
                if others.integer == 0 { publish("o \(app) \(user) 1") }
            } catch {
                logger.debug("presence.failed", ["error": .error(error)])
            }
        }
    }

    func disconnected(_ user: UserID, in app: AppID) {
        let person = Person(app: app, user: user)
        let isLast = local.withLock { local in
            let count = (local[person] ?? 1) - 1
            local[person] = count == 0 ? nil : count
            return count == 0
        }
        guard isLast else { return }
        Task {
            do {
                _ = try await redis.send("ZREM", Self.key(person), node)
                let others = try await redis.send("ZCOUNT", Self.key(person), Timestamp.nowMilliseconds(), "+inf")
                if others.integer == 0 { publish("o \(app) \(user) 0") }
            } catch {
                logger.debug("presence.failed", ["error": .error(error)])
            }
        }
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
            await stopping.wait()
            await subscriber.close()
            group.cancelAll()
        }
    }

    package func shutdown() { stopping.open() }

    private func listen() async {
        let events = subscriber.subscribe([Self.channel])
        for await event in events {
            if case .message(_, let bytes) = event { deliver(String(decoding: bytes, as: UTF8.self)) }
        }
    }

    private func renew() async {
        while !stopping.isOpen {
            _ = await stopping.wait(until: .now + Self.renewal)
            let people = local.withLock { Array($0.keys) }
            guard !people.isEmpty, !stopping.isOpen else { continue }
            do {
                try await mark(people)
            } catch {
                logger.debug("presence.failed", ["error": .error(error)])
            }
        }
    }

    private func deliver(_ message: String) {
        let parts = message.split(separator: " ")
        guard parts.count == 4, let app = Int64(parts[1]), let user = Int64(parts[2]), let last = Int64(parts[3])
        else { return }
        switch parts[0] {
        case "t":
            let frame = WebSocketFrame.text(ServerFrame.typing(channel: ChannelID(last), user: UserID(user)))
            hub.deliver(frame, toMembersOf: ChannelID(last), except: UserID(user))
        case "o":
            let frame = WebSocketFrame.text(ServerFrame.presence(user: UserID(user), isOnline: last == 1))
            hub.deliver(frame, toUsersOf: AppID(app))
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
