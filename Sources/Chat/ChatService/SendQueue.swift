import ChatModel
import ChatStore
import EventLoop
import Lifecycle
import Postgres
import Synchronization
import Telemetry

/// Gathers messages that arrive at the same time and has them stored by one statement.
///
/// Nothing waits for company: a message that finds its lane idle goes at once, and what comes while a commit is under
/// way goes together in the next one. A channel always uses the same lane, so what one sender writes in it keeps its order.
/// Large messages, which cost the database as much as a hundred others, go a few at a time, in turn with the rest: nobody waits
/// long for somebody else's. The sender's answer waits for the commit.
final class SendQueue: Sendable {
    private struct Pending {
        let message: NewMessage
        let sender: UserID
        /// Numbers what a lane was given.
        let ticket: Int
        let answer: @Sendable (Result<StoredPlace, any Error>) -> Void
    }

    /// Messages that wait for one commit after the other; its work is done on one loop, beside a connection to the
    /// database that lives there.
    private final class Lane: Sendable {
        let loop: EventLoop
        let state = Mutex(LaneState())

        init(loop: EventLoop) { self.loop = loop }
    }

    private struct LaneState {
        var waiting: [Pending] = []
        /// Large messages, and what their senders have said after them.
        var large: [Pending] = []
        /// How many of ``large`` are whose.
        var largeSenders: [UserID: Int] = [:]
        /// Whether the last commit was of large messages.
        var wasLarge = false
        var lastTicket = 0
        var isRunning = false
        var idle: [CheckedContinuation<Void, Never>] = []
    }

    private struct RepeatKey: Hashable {
        let channel: ChannelID
        let author: UserID
        /// nil of a message after which its author waits.
        let nonce: String?
    }

    private static let lanes = 2
    private static let maximumBatch = 500
    private static let maximumBatchBytes = 4 << 20
    /// A message of more bytes is large; of them no more go with one commit, but one.
    private static let large = 4 << 10
    private static let maximumLargeBytes = 128 << 10
    /// Beyond it senders are told to come back later.
    private static let maximumWaiting = 10_000

    private let lanes: [Lane]
    private let store: ChatStore
    private let logger: Logger
    private let sent: Counter
    private let repeats: Counter
    private let commits: Histogram

    init(store: ChatStore, metrics: Metrics, logger: Logger) {
        self.store = store
        self.logger = logger.named("send")
        lanes = (0..<Self.lanes).map { _ in Lane(loop: store.pool.loops.next()) }
        sent = metrics.counter("martlet_messages_sent_total", "Messages stored.")
        repeats = metrics.counter("martlet_messages_repeated_total", "Sends that were answered from an earlier one.")
        commits = metrics.histogram("martlet_messages_commit_seconds", "Duration of one commit of messages.")
    }

    /// Takes a message; messages of one sender in a channel are stored in the order of these calls.
    ///
    /// - Parameters:
    ///   - sender: Who asks, in whose name it may be.
    ///   - answer: Called once, when the message is committed or refused. After a lost connection it is not known whether the message was stored: sending
    ///   again with the same nonce finds out.
    func append(
        _ message: NewMessage, from sender: UserID, answer: @escaping @Sendable (Result<StoredPlace, any Error>) -> Void
    ) {
        let lane = lanes[Int(message.channelID.rawValue.magnitude % UInt64(Self.lanes))]
        enum Step { case join, start, refuse }
        let step = lane.state.withLock { lane -> Step in
            guard lane.waiting.count + lane.large.count < Self.maximumWaiting else { return .refuse }
            lane.lastTicket += 1
            let pending = Pending(message: message, sender: sender, ticket: lane.lastTicket, answer: answer)
            if message.size > Self.large || lane.largeSenders[sender] != nil {
                lane.large.append(pending)
                lane.largeSenders[sender, default: 0] += 1
            } else {
                lane.waiting.append(pending)
            }
            defer { lane.isRunning = true }
            return lane.isRunning ? .join : .start
        }
        switch step {
        case .join: break
        case .start:
            // Ends by itself when nothing waits; `drain` waits for it. It must outlive the sender's own task.
            Task(executorPreference: lane.loop) { await self.run(lane) }
        case .refuse:
            answer(
                .failure(
                    ChatError(
                        .overloaded, "overloaded", "Too many messages are waiting to be stored; try again soon.",
                        retryAfter: .seconds(1))))
        }
    }

    /// Waits until nothing is under way.
    func drain() async {
        for lane in lanes {
            await withCheckedContinuation { continuation in
                let isIdle = lane.state.withLock { lane in
                    if lane.isRunning { lane.idle.append(continuation) }
                    return !lane.isRunning
                }
                if isIdle { continuation.resume() }
            }
        }
    }

    private func run(_ lane: Lane) async {
        while let batch = next(lane) {
            await store(batch)
        }
    }

    private func next(_ lane: Lane) -> [Pending]? {
        let (batch, idle) = lane.state.withLock { lane in
            guard !lane.waiting.isEmpty || !lane.large.isEmpty else {
                lane.isRunning = false
                defer { lane.idle = [] }
                return ([Pending]?.none, lane.idle)
            }
            // The two lines take turns; a large message passes nothing that came before it, which may be its sender's.
            let oldest = lane.waiting.first?.ticket ?? .max
            let isReady = lane.large.first.map { $0.ticket < oldest } ?? false
            lane.wasLarge = isReady && (lane.waiting.isEmpty || !lane.wasLarge)
            guard lane.wasLarge else { return (Self.take(from: &lane.waiting, bytes: Self.maximumBatchBytes), []) }
            let batch = Self.take(from: &lane.large, bytes: Self.maximumLargeBytes, before: oldest)
            for pending in batch {
                let left = (lane.largeSenders[pending.sender] ?? 1) - 1
                lane.largeSenders[pending.sender] = left > 0 ? left : nil
            }
            return (batch, [])
        }
        for continuation in idle { continuation.resume() }
        return batch
    }

    /// Takes those that go together: bounded in number and size, and no nonce twice.
    private static func take(
        from waiting: inout [Pending], bytes limit: Int, before ticket: Int = .max
    ) -> [Pending] {
        var keys: Set<RepeatKey> = []
        var bytes = 0
        var count = 0
        for pending in waiting.prefix(maximumBatch) {
            let message = pending.message
            bytes += message.size
            if pending.ticket >= ticket || count > 0 && bytes > limit { break }
            if let nonce = message.nonce {
                let key = RepeatKey(channel: message.channelID, author: message.author.id, nonce: nonce)
                if !keys.insert(key).inserted { break }
            }
            count += 1
        }
        defer { waiting.removeFirst(count) }
        return Array(waiting[..<count])
    }

    /// Whether the database refused the content and undid all of it, which says nothing of the messages one by one.
    ///
    /// Not so when the server was stopped or is out of resources (classes 57 and 53): the outcome may be unknown.
    private static func isRefusal(_ error: PostgresError) -> Bool {
        guard let state = error.sqlState else { return false }
        return !state.hasPrefix("57") && !state.hasPrefix("53") && !state.hasPrefix("08")
    }

    /// Why a message that was allowed a moment ago was not stored.
    private func refusal(of message: NewMessage) async -> any Error {
        do {
            let access = try await store.access(of: message.author.id, to: message.channelID, in: message.appID)
            guard let access else { return ChatError.channelNotFound }
            if access.isArchived { return ChatError.channelIsArchived }
            if message.slowMode > 0 {
                let wait = try await store.slowWait(
                    of: message.author.id, in: message.channelID, app: message.appID)
                if let wait { return ChatError.slowMode(message.slowMode, wait: .milliseconds(wait)) }
                // The wait ended in this moment, unless what it answers was deleted.
                if message.threadRootID == nil { return ChatError.slowMode(message.slowMode, wait: .zero) }
            }
            return message.threadRootID == nil ? ChatError.channelIsArchived : ChatError.messageDeleted
        } catch {
            return error
        }
    }

    private func store(_ batch: [Pending]) async {
        let start = ContinuousClock.now
        do {
            let messages = batch.map(\.message)
            let places = try await store.pool.withConnection { connection in
                try await self.store.append(messages, on: connection)
            }
            commits.record(ContinuousClock.now - start)
            let count = places.reduce(0) { $0 + ($1.map { $0.isRepeat ? 0 : 1 } ?? 0) }
            sent.add(count)
            repeats.add(batch.count - count)
            for (pending, place) in zip(batch, places) {
                if let place {
                    pending.answer(.success(place))
                } else {
                    pending.answer(.failure(await refusal(of: pending.message)))
                }
            }
        } catch let error as PostgresError where batch.count > 1 && Self.isRefusal(error) {
            // One message that the database will not take must not take the others with it.
            logger.warn("send.batch_refused", ["count": .int(batch.count), "error": .error(error)])
            for pending in batch { await store([pending]) }
        } catch {
            for pending in batch { pending.answer(.failure(error)) }
        }
    }
}

extension NewMessage {
    /// Bytes of what was written.
    fileprivate var size: Int { text.utf8.count + (content?.utf8.count ?? 0) }
}
