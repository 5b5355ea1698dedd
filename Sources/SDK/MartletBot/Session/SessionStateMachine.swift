/// What one connection of the stream has come to: hello, start, ready, events.
struct SessionStateMachine {
    /// What follows from a frame.
    enum Action: Equatable {
        case none
        /// Ask for the events.
        case start
        /// Events follow.
        ///
        /// - isOther: The log is another one than the bot has shown cursors of: a backup was put back.
        case begin(bot: Author, cursor: Cursor, epoch: String, isOther: Bool)
        /// The log goes on under another name.
        case rename(String)
        case handle(Event)
        /// Events between the two were lost on the server.
        case reportGap(from: String, to: String, reason: String)
        /// Close and connect again.
        case reconnect(String)
        /// Close for good.
        case end(BotError.Code, String)
    }

    private enum Phase {
        case opened, greeted, ready
    }

    private var phase = Phase.opened
    private(set) var maxInFlight = 1
    private var isOther = false

    /// Whether the server takes acknowledgements.
    var isReady: Bool { phase == .ready }

    mutating func received(_ frame: ServerFrame) -> Action {
        switch (phase, frame) {
        case (.opened, .hello(let maxInFlight, _)):
            phase = .greeted
            self.maxInFlight = maxInFlight
            return .start
        case (.greeted, .reload):
            isOther = true
            return .none
        case (.greeted, .ready(let bot, let cursor, let epoch)):
            phase = .ready
            return .begin(bot: bot, cursor: cursor, epoch: epoch, isOther: isOther)
        case (.ready, .event(let event)): return .handle(event)
        case (.ready, .epoch(let epoch)): return .rename(epoch)
        case (.ready, .gap(let from, let to, let reason)): return .reportGap(from: from, to: to, reason: reason)
        case (_, .bye(let code, let detail, let retry)):
            let text = detail.isEmpty ? code : "\(code): \(detail)"
            return retry ? .reconnect(text) : .end(.refused, text)
        case (_, .unknown): return .none
        default: return .reconnect("the server sent a frame out of turn")
        }
    }
}
