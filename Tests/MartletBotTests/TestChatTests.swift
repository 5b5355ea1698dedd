import Foundation
import MartletBot
import MartletTesting
import Synchronization
import Testing

private struct Echo: Command {
    static let name = "echo"
    static let summary = "Say it again"
    static let aliases = ["say"]
    @Rest var text: String
    func run(_ context: CommandContext) async throws { try await context.reply(text) }
}

private struct Kick: Command {
    static let name = "kick"
    static let summary = "Remove somebody"
    static let details = "They can come back."
    @Argument var who: UserRef
    @Argument var reason = "no reason given"
    func run(_ context: CommandContext) async throws { try await context.reply("kicked \(who.handle): \(reason)") }
}

private struct Count: Command {
    static let name = "count"
    static let summary = "Count"
    func run(_ context: CommandContext) async throws {
        let count = try await context.store.update("count", default: 0) {
            $0 += 1
            return $0
        }
        try await context.reply("\(count)")
    }
}

private struct Twice: Command {
    static let name = "twice"
    static let summary = "Answer twice"
    func run(_ context: CommandContext) async throws {
        try await context.reply("one")
        try await context.reply("two")
    }
}

private struct Broken: Error {}

@Suite(.timeLimit(.minutes(1)))
struct TestChatTests {
    private func bot(_ change: (inout BotOptions) -> Void = { _ in }) -> Bot {
        var options = BotOptions()
        change(&options)
        return Bot(name: "helper", options: options) {
            Echo.self
            Count.self
            Twice.self
            Group("mod", summary: "Keep order") {
                Use(OnlyFor(roles: .moderator, .owner))
                Kick.self
            }
            On(.message, where: .contains("ping") && !.from("mia")) { context in try await context.reply("pong") }
            On(.message, where: .channel("support") || .mentionsBot) { context in try await context.react("👀") }
            On(.memberAdded) { context in try await context.post("Welcome, \(context.payload.user.name)!") }
            On(.reactionAdded, where: .emoji("📌")) { context in
                try await context.post("\(context.payload.user.handle) pinned \(context.payload.messageID)")
            }
            Help("I help.")
        }
    }

    // MARK: Commands

    @Test func `commands answer to their names, aliases and the bot's name`() async throws {
        let chat = TestChat(bot())
        #expect(try await chat.says("ann", "!echo  \"hi\"  there").map(\.text) == ["\"hi\"  there"])
        #expect(try await chat.says("ann", "!SAY x").map(\.text) == ["x"])
        #expect(try await chat.says("ann", "@helper: echo y").map(\.text) == ["y"])
        #expect(try await chat.says("ann", "echo z").isEmpty)
    }

    @Test func `wrong arguments are answered with a line and the usage`() async throws {
        let chat = TestChat(bot())
        #expect(try await chat.says("ann", "!echo").map(\.text) == ["text: is missing\nUsage: `!echo <text…>`"])
        #expect(chat.deadLetters.isEmpty)
    }

    @Test func `unknown commands are answered only when this bot is meant`() async throws {
        let chat = TestChat(bot())
        #expect(try await chat.says("ann", "!weather").isEmpty)
        #expect(
            try await chat.says("ann", "!ehco x").map(\.text)
                == ["There is no command \"ehco\". Did you mean `!echo`?"])
        #expect(
            try await chat.says("ann", "@helper weather").map(\.text)
                == ["There is no command \"weather\". Try `!help`."])
        let silent = TestChat(bot { $0.unknownCommands = .never })
        #expect(try await silent.says("ann", "!ehco x").isEmpty)
        let talkative = TestChat(bot { $0.unknownCommands = .always })
        #expect(try await talkative.says("ann", "!weather").count == 1)
    }

    @Test func `help lists the commands and explains each`() async throws {
        let chat = TestChat(bot())
        let list = try await chat.says("ann", "!help").map(\.text).joined()
        #expect(list.hasPrefix("I help.\n- `!echo <text…>` Say it again\n"))
        #expect(list.contains("- `!mod …` Keep order"))
        #expect(
            try await chat.says("ann", "!help mod kick").map(\.text)
                == ["`!mod kick <who: @user> [reason: text]`\nRemove somebody\nThey can come back."])
        #expect(
            try await chat.says("ann", "!mod").map(\.text) == [
                "- `!mod kick <who: @user> [reason: text]` Remove somebody"
            ])
        #expect(try await chat.says("ann", "@helper").map(\.text).joined() == list)
    }

    @Test func `a group's middleware guards its commands and nothing else`() async throws {
        let chat = TestChat(bot())
        chat.setRole(.moderator, of: "mia")
        #expect(
            try await chat.says("ann", "!mod kick bob").map(\.text)
                == ["Sorry: needs the role moderator or owner in this channel."])
        #expect(try await chat.says("ann", "!echo x").map(\.text) == ["x"])
        _ = try await chat.says("bob", "hello")
        #expect(try await chat.says("mia", "!mod kick @bob \"too loud\"").map(\.text) == ["kicked bob: too loud"])
        chat.setAppRole(.admin, of: "root")
        #expect(try await chat.says("root", "!mod kick bob").map(\.text) == ["kicked bob: no reason given"])
    }

    @Test func `a cooldown holds one user back and lets others through`() async throws {
        let chat = TestChat(
            Bot(name: "helper") {
                Use(Cooldown(.seconds(60)))
                Echo.self
            })
        #expect(try await chat.says("ann", "!echo a").map(\.text) == ["a"])
        try await chat.advance(by: .seconds(20))
        #expect(try await chat.says("ann", "!echo b").map(\.text) == ["Sorry: wait 40 s more."])
        #expect(try await chat.says("bob", "!echo c").map(\.text) == ["c"])
        try await chat.advance(by: .seconds(40))
        #expect(try await chat.says("ann", "!echo d").map(\.text) == ["d"])
    }

    // MARK: Events

    @Test func `handlers get the events that their filters let through`() async throws {
        let chat = TestChat(bot())
        #expect(try await chat.says("ann", "a Ping!").map(\.text) == ["pong"])
        #expect(try await chat.says("mia", "ping").isEmpty)
        _ = try await chat.says("ann", "it broke", in: "support")
        #expect(chat.reactions(to: try #require(chat.messages(in: "support").first)) == ["👀"])
        #expect(try await chat.joins("zoe").map(\.text) == ["Welcome, Zoe!"])
        let message = try #require(chat.messages().first)
        #expect(try await chat.reacts("bob", "📌", to: message).map(\.text) == ["bob pinned \(message.id)"])
        #expect(try await chat.reacts("bob", "🎉", to: message).isEmpty)
    }

    @Test func `a command in a thread is answered there`() async throws {
        let chat = TestChat(bot())
        _ = try await chat.says("ann", "a question")
        let root = try #require(chat.messages().first)
        #expect(try await chat.says("bob", "!echo x", thread: root).map(\.threadRootID) == [root.id])
        #expect(try await chat.says("bob", "!echo x").map(\.threadRootID) == [nil])
    }

    @Test func `machines are not answered without end`() async throws {
        let chat = TestChat(bot())
        #expect(try await chat.botSays("other", "!echo x").isEmpty)
        #expect(try await chat.says("ann", "!echo ping", hops: 4).isEmpty)
        #expect(try await chat.says("ann", "!echo x", hops: 3).count == 1)
        #expect(try await chat.says("ann", "ping", kind: .notice).isEmpty)
        // Its own words would make it answer again.
        #expect(try await chat.says("ann", "!echo !echo ping").map(\.text) == ["!echo ping"])
        let sociable = TestChat(bot { $0.answersBots = true })
        #expect(try await sociable.botSays("other", "!echo x").count == 1)
    }

    @Test func `messages are changed, deleted and reacted to`() async throws {
        let chat = TestChat(
            Bot(name: "helper") {
                On(.message) { context in
                    let first = try await context.reply("first")
                    let changed = try await context.edit(first.id, to: "changed")
                    let second = try await context.reply("second: \(changed.text)")
                    try await context.delete(first.id)
                    try await context.delete(first.id)
                    try await context.react("👍", to: second.id)
                    try await context.react("x", to: second.id)
                    try await context.unreact("x", from: second.id)
                    let found = try await context.message(id: first.id)
                    try await context.replyInThread("found: \(found == nil ? "nothing" : "something")")
                }
            })
        _ = try await chat.says("ann", "go")
        let messages = chat.messages()
        #expect(messages.map(\.text) == ["go", "second: changed", "found: nothing"])
        #expect(chat.reactions(to: messages[1]) == ["👍"])
        #expect(messages[2].threadRootID == messages[0].id)
    }

    @Test func `timers run when they are due`() async throws {
        let chat = TestChat(
            Bot(name: "helper") {
                Every(.seconds(60)) { context in
                    let general = try await context.channel(name: "general")
                    try await context.post("tick", in: general!.id)
                }
                Every(.seconds(90)) { _ in throw Broken() }
            })
        #expect(try await chat.advance(by: .seconds(59)).isEmpty)
        #expect(try await chat.advance(by: .seconds(1)).count == 1)
        #expect(try await chat.advance(by: .seconds(600)).count == 10)
    }

    // MARK: Delivery

    @Test(arguments: CrashPoint.allCases)
    func `a crash never loses an event, repeats a reply or counts twice`(point: CrashPoint) async throws {
        let chat = TestChat(bot())
        _ = try await chat.says("ann", "!count")
        chat.crash(after: point)
        #expect(try await chat.says("ann", "!count").map(\.text) == ["2"])
        #expect(try await chat.says("ann", "!count").map(\.text) == ["3"])
        #expect(chat.messages().filter { $0.author.handle == "helper" }.map(\.text) == ["1", "2", "3"])
    }

    @Test func `a crash between two replies lets the second follow once`() async throws {
        let chat = TestChat(bot())
        chat.crash(after: .post)
        #expect(try await chat.says("ann", "!twice").map(\.text) == ["one", "two"])
        #expect(chat.messages().count == 3)
    }

    @Test func `what was not acknowledged is delivered again after a crash`() async throws {
        let chat = TestChat(bot())
        chat.crash(after: .handlerBeforeAck)
        #expect(try await chat.says("ann", "ping").map(\.text) == ["pong"])
        #expect(chat.deliveries(of: try #require(chat.messages().first)) == 2)
        #expect(chat.messages().map(\.text) == ["ping", "pong"])
    }

    @Test func `state outlives a restart`() async throws {
        let chat = TestChat(bot())
        _ = try await chat.says("ann", "!count")
        try await chat.restart()
        #expect(try await chat.says("ann", "!count").map(\.text) == ["2"])
    }

    @Test func `a lost connection is opened again and nothing is missed`() async throws {
        let chat = TestChat(bot())
        _ = try await chat.says("ann", "!count")
        try await chat.disconnect()
        #expect(chat.waits.count == 1)
        #expect(try await chat.says("ann", "!count").map(\.text) == ["2"])
        try await chat.sayGoodbye(code: "too_slow", retry: true)
        #expect(try await chat.says("ann", "!count").map(\.text) == ["3"])
    }

    @Test func `a goodbye for good ends the bot with an error`() async throws {
        let chat = TestChat(bot())
        _ = try await chat.says("ann", "!count")
        let error = await #expect(throws: BotError.self) { try await chat.sayGoodbye(code: "superseded", retry: false) }
        #expect(error?.code == .refused)
    }

    @Test func `a busy channel is answered in order, beside others`() async throws {
        let chat = TestChat(bot())
        let messages = (0..<300).map { (who: "ann", text: "!echo \($0)", channel: "c\($0 % 7)") }
        let replies = try await chat.atOnce(messages)
        #expect(replies.count == 300)
        for channel in Set(replies.map(\.channelID)) {
            let numbers = replies.filter { $0.channelID == channel }.compactMap { Int($0.text) }
            #expect(numbers == numbers.sorted())
        }
        #expect(chat.mostInFlight <= 64)
    }

    // MARK: Failures

    @Test func `a handler that throws is tried again and then given up`() async throws {
        let runs = Mutex(0)
        let chat = TestChat(
            Bot(name: "helper") {
                On(.message) { context in
                    let run = runs.withLock {
                        $0 += 1
                        return $0
                    }
                    try await context.reply("begun")
                    try await context.store.set("run", to: run)
                    if context.message.text == "always" || run < 3 { throw Broken() }
                    try await context.reply("done")
                }
            })
        #expect(try await chat.says("ann", "twice").map(\.text) == ["begun", "done"])
        #expect(runs.withLock { $0 } == 3)
        #expect(try await chat.says("ann", "always").map(\.text) == ["begun"])
        #expect(runs.withLock { $0 } == 6)
        #expect(chat.deadLetters.map(\.attempts) == [3])
        #expect(chat.waits.count == 4)
    }

    @Test func `the server's wish to wait is respected`() async throws {
        let chat = TestChat(bot())
        chat.failNext(.rateLimited(after: .seconds(1.5)))
        #expect(try await chat.says("ann", "!echo x").map(\.text) == ["x"])
        #expect(chat.waits == [.seconds(1.5)])
    }

    @Test func `a lost request or answer is repeated without repeating the message`() async throws {
        let chat = TestChat(bot())
        for failure in [
            RequestFailure.connectionLost, .answerLost, .status(503, code: "overloaded"),
            .status(500, code: "internal"),
        ] {
            chat.failNext(failure, times: 2)
            #expect(try await chat.says("ann", "!echo x").map(\.text) == ["x"])
        }
        #expect(chat.messages().count == 8)
        #expect(chat.waits.count == 8)
    }

    @Test func `a server that is down for minutes loses no event`() async throws {
        let chat = TestChat(bot())
        chat.failNext(.connectionLost, times: 100)
        #expect(try await chat.says("ann", "!echo x").map(\.text) == ["x"])
        #expect(chat.deadLetters.isEmpty)
    }

    @Test func `what the server forbids is not tried again`() async throws {
        let chat = TestChat(bot())
        chat.failNext(.status(403, code: "forbidden"))
        #expect(try await chat.says("ann", "!echo x").isEmpty)
        #expect(chat.waits.isEmpty)
        let error = try #require(chat.deadLetters.first?.error as? BotError)
        #expect(error.code == .forbidden && error.status == 403)
    }

    @Test func `a wait longer than a handler may take is the handler's to know`() async throws {
        let codes = Mutex<[BotError.Code]>([])
        let chat = TestChat(
            Bot(name: "helper") {
                On(.message) { context in
                    do {
                        try await context.reply("x")
                    } catch let error as BotError {
                        codes.withLock { $0.append(error.code) }
                        #expect(error.retryAfter == .seconds(3600))
                    }
                }
            })
        chat.failNext(.rateLimited(after: .seconds(3600)))
        _ = try await chat.says("ann", "go")
        #expect(codes.withLock { $0.count } == 1)
        #expect(chat.waits.isEmpty)
    }
}
