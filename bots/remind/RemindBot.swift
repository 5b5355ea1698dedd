import MartletBot

/// Reminds people at the time they asked for, also when the bot was restarted in between.
@main
struct RemindBot {
    static func main() async throws { try await make().run() }

    /// The bot as it runs; tests put it into a chat.
    static func make() -> Bot {
        Bot(name: "remind") {
            Remind.self
            List.self
            Forget.self
            Every(.seconds(5)) { context in try await Delivery.run(context) }
            Help("I remind people: `!remind me 2h tea`.")
        }
    }
}
