import MartletBot

/// Collects a team's stand-up answers in a channel and sums them up.
@main
struct StandupBot {
    static func main() async throws { try await make().run() }

    /// The bot as it runs; tests put it into a chat.
    static func make() -> Bot {
        Bot(name: "standup") {
            Group("standup", summary: "Collect what everybody is at") {
                Start.self
                Report.self
                Close.self
                Cancel.self
            }
            On(.message) { context in try await Answers.add(context) }
            On(.messageUpdated) { context in try await Answers.change(context, to: context.message.text) }
            On(.messageDeleted) { context in try await Answers.change(context, to: nil) }
            Every(.seconds(30)) { context in try await Deadlines.check(context) }
            Help("I collect stand-up answers: start one, let everybody write, and get the summary.")
        }
    }
}
