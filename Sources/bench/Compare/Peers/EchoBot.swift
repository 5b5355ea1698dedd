import MartletBot

/// The bot whose answers are timed: it says again what it hears.
///
/// Run as a process of its own; `MARTLET_URL` and the other variables of every bot say where.
enum EchoBot {
    static func run() async throws {
        var options = BotOptions()
        options.channelsSideBySide = 64
        try await Bot(name: "echo", options: options) {
            On(.message) { context in try await context.post(context.message.text) }
        }.run()
    }
}
