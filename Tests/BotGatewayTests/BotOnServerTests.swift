import ChatModel
import ChatService
import EventLoop
import Foundation
import Lifecycle
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import MartletBot

/// Bots of the SDK on a real server.
@Suite(.timeLimit(.minutes(1)))
struct BotOnServerTests {
    private struct Echo: Command {
        static let name = "echo"
        static let summary = "Say it again"
        @Rest var text: String
        func run(_ context: CommandContext) async throws { try await context.reply(text) }
    }

    private struct Whois: Command {
        static let name = "whois"
        static let summary = "Tell about somebody"
        @Argument var who: UserRef
        @Argument var channel: ChannelRef
        func run(_ context: CommandContext) async throws {
            let role = try await context.role(of: who.id, in: channel.id)
            try await context.reply("\(who.name) \(role?.rawValue ?? "no member") of \(channel.name)")
        }
    }

    /// A bot that runs; the state file is the test's.
    private final class Process: Sendable {
        let loop: EventLoop
        let session: BotSession
        let task: Task<Void, any Error>

        init(_ bot: Bot, in place: BotChannel, state: String) throws {
            loop = place.node.group.next()
            let transport = ServerTransport(
                address: try ServerAddress(place.node.address), token: place.token, loop: loop,
                logger: .silent)
            session = BotSession(
                bot: bot, transport: transport, clock: SystemClock(),
                store: StateStore(file: DiskStateFile(path: state)), token: place.token, logger: .silent)
            task = Task { [session] in try await session.run() }
        }

        func stop() async throws {
            session.shutdown()
            try await task.value
        }

        /// As a crash: handlers are cut off, nothing is acknowledged.
        func kill() async {
            task.cancel()
            _ = await task.result
        }
    }

    private func bot() -> Bot {
        Bot(name: "test") {
            Echo.self
            Whois.self
            On(.message, where: .contains("react")) { context in try await context.react("👍") }
        }
    }

    @Test func `a bot answers, looks up and reacts`() async throws {
        let place = try await BotServer.shared().botChannel()
        let process = try Process(bot(), in: place, state: try temporaryDirectory() + "/state")
        try await eventually("the bot has started") { try await place.storedCursor() != nil }
        try await place.say("!echo \"hi\" there")
        try await eventually("it answers") { try await place.texts().last == "\"hi\" there" }
        #expect(try await place.messages().last?.hops == 1)
        try await place.say("!whois @\(place.person.user.handle) #\(place.channel.name)")
        try await eventually("it answers") { try await place.texts().last == "Ann member of \(place.channel.name)" }
        try await place.say("react")
        try await eventually("it reacts") { try await place.messages().last?.reactions.first?.emoji == "👍" }
        try await process.stop()
    }

    @Test func `what was said while the bot was away is answered when it is back, once and in order`() async throws {
        let place = try await BotServer.shared().botChannel()
        let state = try temporaryDirectory() + "/state"
        let first = try Process(bot(), in: place, state: state)
        try await eventually("the bot has started") { try await place.storedCursor() != nil }
        try await first.stop()
        for number in 0..<100 { try await place.say("!echo \(number)") }
        let second = try Process(bot(), in: place, state: state)
        try await eventually("all are answered") { try await place.texts().count == 200 }
        #expect(try await place.texts().suffix(100) == (0..<100).map { "\($0)" })
        try await second.stop()
        let third = try Process(bot(), in: place, state: state)
        try await place.say("!echo end")
        try await eventually("it answers") { try await place.texts().last == "end" }
        #expect(try await place.texts().suffix(101).dropLast(2) == (0..<100).map { "\($0)" }.suffix(99))
        try await third.stop()
    }

    @Test func `a bot that is killed after its reply does not reply again`() async throws {
        let place = try await BotServer.shared().botChannel()
        let state = try temporaryDirectory() + "/state"
        let replied = Latch()
        let runs = Mutex(0)
        func bot(blocks: Bool) -> Bot {
            Bot(name: "test") {
                On(.message) { context in
                    runs.withLock { $0 += 1 }
                    try await context.reply("reply")
                    replied.open()
                    if blocks { try await Task.sleep(for: .seconds(3600)) }
                }
            }
        }
        let first = try Process(bot(blocks: true), in: place, state: state)
        try await eventually("the bot has started") { try await place.storedCursor() != nil }
        try await place.say("hello")
        await replied.wait()
        await first.kill()
        let second = try Process(bot(blocks: false), in: place, state: state)
        try await eventually("it was delivered again") { runs.withLock { $0 } == 2 }
        try await place.say("once more")
        try await eventually("it answers") { try await place.texts().count == 4 }
        #expect(try await place.texts() == ["hello", "reply", "once more", "reply"])
        try await second.stop()
    }

    @Test func `handlers and timers run beside the loop of the connection`() async throws {
        let place = try await BotServer.shared().botChannel()
        let process = Mutex<Process?>(nil)
        let places = Mutex<[String: Bool]>([:])
        let note: @Sendable (String) -> Void = { name in
            let isOnLoop = process.withLock { $0?.loop.isCurrent }
            places.withLock { $0[name] = isOnLoop }
        }
        let bot = Bot(name: "test") {
            Every(.seconds(1)) { _ in note("timer") }
            On(.message) { context in
                note("handler")
                try await context.reply("reply")
                note("after its reply")
            }
        }
        let started = try Process(bot, in: place, state: try temporaryDirectory() + "/state")
        process.withLock { $0 = started }
        try await eventually("the bot has started") { try await place.storedCursor() != nil }
        try await place.say("hello")
        try await eventually("both have run") {
            places.withLock { $0 } == ["timer": false, "handler": false, "after its reply": false]
        }
        try await started.stop()
    }

    @Test func `a bot whose token ends is told so`() async throws {
        let place = try await BotServer.shared().botChannel()
        _ = try await place.node.service.replaceBotToken(place.bot.id, by: place.node.admin)
        let process = try Process(bot(), in: place, state: try temporaryDirectory() + "/state")
        let error = await #expect(throws: BotError.self) { try await process.task.value }
        #expect(error?.code == .refused)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", "ws://127.0.0.1:8080"),
        ("HTTPS://chat.example.org/martlet", "https://chat.example.org/martlet", "wss://chat.example.org/martlet"),
    ]) func `an address has two spellings`(text: String, http: String, webSocket: String) throws {
        let address = try ServerAddress(text)
        #expect(address.http == http && address.webSocket == webSocket)
    }

    @Test(arguments: [
        "", "chat.example.org", "ftp://x", "http://", "http:///x", "http://a b", "http://u@x", "http://x?y",
    ])
    func `what is no address is refused`(text: String) {
        #expect(throws: BotError.self) { try ServerAddress(text) }
    }
}
