/// What a handler of ``Every`` works with; it belongs to no event and no channel.
public struct TimerContext: BotContext {
    /// The means of the running handler.
    public let scope: HandlerScope
}
