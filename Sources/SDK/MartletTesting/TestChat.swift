public import Foundation
public import MartletBot
import Synchronization
import Telemetry

/// A server in memory, with people, channels and a clock, in which one bot lives.
///
/// The bot runs with the code that serves it in production: session, order, acknowledgement, retries. Only the network
/// is left out. Each method returns when the bot has come to rest.
///
/// ```swift
/// let chat = TestChat(makeBot())
/// let replies = try await chat.says("ann", "!remind @bob --after 2h tea")
/// #expect(replies.map(\.text) == ["I shall remind Bob."])
/// try await chat.advance(by: .seconds(7200))
/// ```
///
/// People and channels come into being when they are named first. Time stands still unless the bot waits before
/// another try or ``advance(by:)`` is called.
public final class TestChat: Sendable {
    private struct Run {
        var session: BotSession
        var task: Task<Void, Never>
    }

    private let makeBot: @Sendable () -> Bot
    private let server: TestChatServer
    private let run = Mutex<Run?>(nil)

    /// Makes a chat; the bot starts with the first thing that happens.
    ///
    /// - Parameter bot: Evaluated for each start of the bot, so that nothing but its state survives a restart.
    public init(_ bot: @autoclosure @escaping @Sendable () -> Bot) {
        makeBot = bot
        server = TestChatServer(botHandle: bot().name)
    }

    deinit {
        // The only owner of the task that runs the bot.
        run.withLock { $0?.task.cancel() }
    }

    // MARK: What people do

    /// Somebody writes a message.
    ///
    /// - Parameters:
    ///   - who: The handle.
    ///   - text: What is written.
    ///   - channel: The channel's name.
    ///   - thread: The message whose thread it joins.
    ///   - kind: How it is meant.
    ///   - hops: How many automations it came through.
    /// - Returns: What the bot said until it came to rest, in any channel.
    /// - Throws: ``BotError`` when the server refused the bot; ``TestChatError`` when the bot does not come to rest.
    @discardableResult
    public func says(
        _ who: String, _ text: String, in channel: String = "general", thread: Message? = nil,
        kind: Message.Kind = .text, hops: Int = 0
    ) async throws -> [Message] {
        try await act { $0.say(who, text, in: channel, thread: thread?.id, kind: kind, hops: hops) }
    }

    /// Another bot writes a message.
    @discardableResult
    public func botSays(_ who: String, _ text: String, in channel: String = "general", hops: Int = 0) async throws
        -> [Message]
    {
        try await act { state in
            state.user(who, kind: .bot)
            state.say(who, text, in: channel, thread: nil, kind: .text, hops: hops)
        }
    }

    /// Somebody reacts to a message.
    ///
    /// - Returns: What the bot said until it came to rest.
    @discardableResult
    public func reacts(_ who: String, _ emoji: String, to message: Message) async throws -> [Message] {
        try await act { $0.react($0.user(who), emoji, message.id, isAdded: true) }
    }

    /// Somebody takes a reaction back.
    @discardableResult
    public func unreacts(_ who: String, _ emoji: String, from message: Message) async throws -> [Message] {
        try await act { $0.react($0.user(who), emoji, message.id, isAdded: false) }
    }

    /// Somebody becomes a member of a channel.
    @discardableResult
    public func joins(_ who: String, _ channel: String = "general") async throws -> [Message] {
        try await act { $0.join(who, channel) }
    }

    /// Gives somebody a role in a channel; the bot notices when it asks.
    public func setRole(_ role: Membership.Role, of who: String, in channel: String = "general") {
        server.change { $0.setRole(role, of: who, in: channel) }
    }

    /// Gives somebody a role in the app; the bot notices when it asks, at most a minute later.
    public func setAppRole(_ role: User.Role, of who: String) {
        server.change { $0.setAppRole(role, of: who) }
    }

    // MARK: Time and trouble

    /// The time in the chat.
    public var now: Date { server.read { $0.now } }

    /// Lets time pass; timers run when they are due, one after another.
    ///
    /// - Returns: What the bot said meanwhile.
    @discardableResult
    public func advance(by duration: Duration) async throws -> [Message] {
        try await start()
        let mark = server.read { $0.messages.count }
        let end = now + duration.timeInterval
        while server.wakeSleeper(dueBy: end) { try await settle() }
        server.change { $0.now = max($0.now, end) }
        return server.read { $0.said(since: mark) }
    }

    /// Kills the bot at the next moment of this kind and starts it again.
    public func crash(after point: CrashPoint) { server.change { $0.crashPoint = point } }

    /// Makes the bot's next request to the server go wrong; several calls line up.
    public func failNext(_ failure: RequestFailure, times: Int = 1) {
        server.change { $0.failures += Array(repeating: failure, count: times) }
    }

    /// Cuts the stream of events; the bot connects again.
    public func disconnect() async throws {
        _ = try await act { $0.dropLink() }
    }

    /// Says goodbye to the bot, as a server does.
    ///
    /// - Throws: ``BotError`` with the code `refused` when the bot may not come back.
    public func sayGoodbye(code: String, retry: Bool) async throws {
        _ = try await act { $0.sayGoodbye(code: code, retry: retry) }
    }

    /// Stops the bot as a signal does and starts it again, with the state it left.
    public func restart() async throws {
        try await start()
        let run = run.withLock { $0 }
        run?.session.shutdown()
        await run?.task.value
        self.run.withLock { $0 = nil }
        try await start()
    }

    // MARK: What can be seen

    /// The messages of a channel that were not deleted, the oldest first.
    public func messages(in channel: String = "general") -> [Message] {
        server.read { state in
            state.messages.filter { $0.channelID == state.channels[channel]?.id && $0.deletedAt == nil }
        }
    }

    /// The emoji under a message.
    public func reactions(to message: Message) -> [String] {
        server.read { state in state.message(message.id)?.reactions.map(\.emoji) ?? [] }
    }

    /// How long the bot waited before other tries.
    public var waits: [Duration] { server.read { $0.waits } }

    /// The events that the bot gave up.
    public var deadLetters: [DeadLetter] { server.read { $0.deadLetters } }

    /// How often the event of a message was sent to the bot.
    public func deliveries(of message: Message) -> Int {
        server.read { state in
            let event = state.events.first { $0.type == .messageCreated && $0.subjectID == message.id.rawValue }
            return event.flatMap { state.deliveries[$0.cursor] } ?? 0
        }
    }

    /// The most events that were sent to the bot and not acknowledged at one time.
    public var mostInFlight: Int { server.read { $0.mostInFlight } }

    // MARK: Running the bot

    private func act(_ change: (inout TestChatState) throws -> Void) async throws -> [Message] {
        try await start()
        let mark = server.read { $0.messages.count }
        try server.change(change)
        try await settle()
        return server.read { $0.said(since: mark) }
    }

    /// Lets several things happen before the bot can come to rest, as in a busy channel.
    ///
    /// - Returns: What the bot said until it came to rest.
    @discardableResult
    public func atOnce(_ messages: [(who: String, text: String, channel: String)]) async throws -> [Message] {
        try await act { state in
            for message in messages {
                state.say(message.who, message.text, in: message.channel, thread: nil, kind: .text, hops: 0)
            }
        }
    }

    private func start() async throws {
        guard run.withLock({ $0 }) == nil else { return }
        let bot = makeBot()
        let process = server.beginProcess(timers: bot.timerCount)
        let session = BotSession(
            bot: bot, transport: process, clock: process, store: StateStore(file: process), token: "mbt_test",
            logger: .silent, onDeadLetter: { [server] in server.bury($0, process.number) })
        let task = Task { [server] in
            do {
                try await session.run()
                server.processEnded(process.number, with: nil)
            } catch {
                server.processEnded(process.number, with: error)
            }
        }
        run.withLock { $0 = Run(session: session, task: task) }
        try await settle()
    }

    private func settle() async throws {
        while true {
            switch try await server.waitForRest() {
            case .rest: return
            case .failed(let error):
                await end()
                throw error
            case .crashed:
                await end()
                try await start()
            }
        }
    }

    private func end() async {
        let run = run.withLock { run in
            defer { run = nil }
            return run
        }
        run?.task.cancel()
        await run?.task.value
    }
}

/// When ``TestChat/crash(after:)`` kills the bot.
public enum CrashPoint: Sendable, CaseIterable {
    /// An event arrived, nothing was done.
    case delivery
    /// A message was stored, its sender does not know it yet.
    case post
    /// The handler's changes are on the disk, nothing was acknowledged.
    case stateWrite
    /// The handler ended; the acknowledgement never arrives.
    case handlerBeforeAck
}

/// What ``TestChat/failNext(_:times:)`` does to a request.
public enum RequestFailure: Sendable {
    /// Status 429 with `Retry-After`.
    case rateLimited(after: Duration)
    /// A status with a problem document of this code.
    case status(Int, code: String)
    /// The request never arrived.
    case connectionLost
    /// The request was served, the answer never arrived.
    case answerLost
}

/// Why a chat cannot go on.
public struct TestChatError: Error, CustomStringConvertible {
    /// A sentence for the author of the test.
    public let description: String
}
